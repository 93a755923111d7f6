import Control from "sap/ui/core/Control";
import type RenderManager from "sap/ui/core/RenderManager";
import type { MetadataOptions } from "sap/ui/core/Element";
import { text } from "../model/texts";

const ICONS: Record<string, string> = {
    Good: "sap-icon://status-positive",
    Critical: "sap-icon://status-critical",
    Bad: "sap-icon://status-negative",
};

/**
 * One measured value as an instrument: label, value in tabular figures, lighter unit, and its source
 * on hover and on focus.
 *
 * @namespace nopenai.studio.control
 */
export default class Measure extends Control {
    static readonly metadata: MetadataOptions = {
        properties: {
            label: { type: "string", defaultValue: "" },
            value: { type: "string", defaultValue: "" },
            unit: { type: "string", defaultValue: "" },
            /** Where the value comes from; empty when there is no value. */
            source: { type: "string", defaultValue: "" },
            /** "Number" or "Pair" of numbers, of fixed width; or "Prose", which takes the room that is left. */
            size: { type: "string", defaultValue: "Number" },
            /** Where there is a target, how the value stands to it: "Good", "Critical" or "Bad". */
            target: { type: "string", defaultValue: "None" },
            /** Whether it is the best of several that stand beside each other. */
            best: { type: "boolean", defaultValue: false },
        },
    };

    static renderer = {
        apiVersion: 2,
        render(rm: RenderManager, control: Measure): void {
            const property = (name: string) => control.getProperty(name) as string;
            const source = property("source");
            const best = control.getProperty("best") as boolean;
            const target = property("target");
            const icon = ICONS[target];
            const label = best ? text("measureBest", property("label")) : property("label");
            const reading = [label, property("value"), property("unit")].filter(Boolean).join(" ");
            const spoken = icon ? `${reading}, ${text(`target.${target}`)}` : reading;

            rm.openStart("div", control).class("nopenaiMeasure").attr("tabindex", "0").attr("role", "group");
            rm.attr("aria-label", source ? `${spoken}, ${source}` : spoken);
            rm.class(`nopenaiMeasure${property("size")}`).class(`nopenaiTarget${target}`);
            if (best) {
                rm.class("nopenaiMeasureBest");
            }
            if (source) {
                rm.attr("data-source", source);
            }
            rm.openEnd();
            part(rm, "nopenaiMeasureLabel", label);
            rm.openStart("div").class("nopenaiMeasureReading").openEnd();
            if (icon) {
                rm.icon(icon, ["nopenaiMeasureTarget"], { "aria-hidden": "true", title: text(`target.${target}`) });
            }
            part(rm, "nopenaiMeasureValue", property("value"));
            part(rm, "nopenaiMeasureUnit", property("unit"));
            rm.close("div");
            rm.close("div");
        },
    };
}

function part(rm: RenderManager, style: string, content: string): void {
    rm.openStart("span").class(style).openEnd().text(content).close("span");
}
