import Button from "sap/m/Button";
import MessageStrip from "sap/m/MessageStrip";
import Control from "sap/ui/core/Control";
import type RenderManager from "sap/ui/core/RenderManager";
import type { MetadataOptions } from "sap/ui/core/Element";
import type { Failure } from "../backend/studio";
import { copy } from "../model/clipboard";
import { text } from "../model/texts";

/**
 * An error beside what failed: what happened and what to do, the facts behind it on demand, and a copy of all.
 * Takes no room while there is none.
 *
 * @namespace nopenai.studio.control
 */
export default class Problem extends Control {
    static readonly metadata: MetadataOptions = {
        properties: {
            failure: { type: "object", defaultValue: null },
            _open: { type: "boolean", defaultValue: false, visibility: "hidden" },
        },
        aggregations: {
            _strip: { type: "sap.m.MessageStrip", multiple: false, visibility: "hidden" },
            _details: { type: "sap.m.Button", multiple: false, visibility: "hidden" },
            _copy: { type: "sap.m.Button", multiple: false, visibility: "hidden" },
        },
    };

    init(): void {
        this.setAggregation("_strip", new MessageStrip({ type: "Error", showIcon: true }));
        this.setAggregation(
            "_details",
            new Button({ type: "Transparent", press: () => this.setProperty("_open", !this.getProperty("_open")) }),
        );
        this.setAggregation(
            "_copy",
            new Button({
                type: "Transparent",
                icon: "sap-icon://copy",
                tooltip: text("copyProblem"),
                press: () => copy(detailed(this.getFailure())),
            }),
        );
    }

    onBeforeRendering(): void {
        (this.getAggregation("_strip") as MessageStrip).setText(this.getFailure()?.message ?? "");
        (this.getAggregation("_details") as Button).setText(
            text(this.getProperty("_open") ? "hideDetails" : "showDetails"),
        );
    }

    getFailure(): Failure | null {
        return this.getProperty("failure") as Failure | null;
    }

    static renderer = {
        apiVersion: 2,
        render(rm: RenderManager, control: Problem): void {
            rm.openStart("div", control).class("nopenaiProblem").openEnd();
            if (control.getFailure()) {
                rm.openStart("div").class("nopenaiProblemLine").openEnd();
                for (const name of ["_strip", "_details", "_copy"]) {
                    rm.renderControl(control.getAggregation(name) as Control);
                }
                rm.close("div");
                if (control.getProperty("_open")) {
                    rm.openStart("pre").class("nopenaiProblemDetails").attr("tabindex", "0").openEnd();
                    rm.text(detailed(control.getFailure())).close("pre");
                }
            }
            rm.close("div");
        },
    };
}

function detailed(failure: Failure | null): string {
    return failure ? `${failure.code}: ${failure.message}\n${JSON.stringify(failure.details, null, 2)}` : "";
}
