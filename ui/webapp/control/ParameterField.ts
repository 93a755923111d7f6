import Button from "sap/m/Button";
import Input from "sap/m/Input";
import Label from "sap/m/Label";
import Text from "sap/m/Text";
import Control from "sap/ui/core/Control";
import type RenderManager from "sap/ui/core/RenderManager";
import type { MetadataOptions } from "sap/ui/core/Element";
import { series, text } from "../model/texts";

/**
 * A number to type, with what it means beneath, its default in sight and a way back to it.
 *
 * @namespace nopenai.studio.control
 */
export default class ParameterField extends Control {
    static readonly metadata: MetadataOptions = {
        properties: {
            label: { type: "string", defaultValue: "" },
            value: { type: "string", defaultValue: "", bindable: true },
            /** What it means, and its range. */
            meaning: { type: "string", defaultValue: "" },
            range: { type: "string", defaultValue: "" },
            /** The default as it would be typed; empty where none is typed. */
            byDefault: { type: "string", defaultValue: "" },
            /** What the default is called where it is not typed. */
            defaultText: { type: "string", defaultValue: "" },
            /** Why the value was refused; empty while it was not. */
            refusal: { type: "string", defaultValue: "" },
        },
        aggregations: {
            _label: { type: "sap.m.Label", multiple: false, visibility: "hidden" },
            _input: { type: "sap.m.Input", multiple: false, visibility: "hidden" },
            _reset: { type: "sap.m.Button", multiple: false, visibility: "hidden" },
            _meaning: { type: "sap.m.Text", multiple: false, visibility: "hidden" },
        },
        events: { edit: {} },
    };

    init(): void {
        const id = this.getId();
        const input = new Input(`${id}-input`, {
            textAlign: "End",
            ariaDescribedBy: [`${id}-meaning`],
            liveChange: (event) => this.edit(event.getParameter("value") ?? ""),
        });
        const reset = new Button(`${id}-reset`, {
            icon: "sap-icon://reset",
            type: "Transparent",
            press: () => {
                this.edit(this.read("byDefault"));
                input.focus();
            },
        });
        this.setAggregation("_label", new Label(`${id}-label`, { labelFor: input }));
        this.setAggregation("_input", input);
        this.setAggregation("_reset", reset);
        this.setAggregation("_meaning", new Text(`${id}-meaning`).addStyleClass("nopenaiSecondary"));
    }

    onBeforeRendering(): void {
        const input = this.getAggregation("_input") as Input;
        const refusal = this.read("refusal");
        const byDefault = this.read("defaultText") || this.read("byDefault");
        (this.getAggregation("_label") as Label).setText(this.read("label"));
        input.setPlaceholder(byDefault);
        input.setValueState(refusal ? "Error" : "None").setValueStateText(refusal);
        if (input.getValue() !== this.read("value")) {
            input.setValue(this.read("value"));
        }
        (this.getAggregation("_reset") as Button)
            .setTooltip(text("resetToDefault", this.read("label"), byDefault))
            .setEnabled(this.read("value") !== this.read("byDefault"));
        (this.getAggregation("_meaning") as Text).setText(
            series([this.read("meaning"), this.read("range"), text("byDefault", byDefault)]),
        );
    }

    focus(): void {
        (this.getAggregation("_input") as Input).focus();
    }

    private read(property: string): string {
        return this.getProperty(property) as string;
    }

    private edit(value: string): void {
        this.setProperty("value", value);
        this.fireEvent("edit");
    }

    static renderer = {
        apiVersion: 2,
        render(rm: RenderManager, control: ParameterField): void {
            rm.openStart("div", control).class("nopenaiParameterField").openEnd();
            rm.renderControl(control.getAggregation("_label") as Control);
            rm.openStart("div").class("nopenaiField").openEnd();
            rm.renderControl(control.getAggregation("_input") as Control);
            rm.renderControl(control.getAggregation("_reset") as Control);
            rm.close("div");
            rm.renderControl(control.getAggregation("_meaning") as Control);
            rm.close("div");
        },
    };
}
