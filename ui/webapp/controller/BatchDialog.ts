import type Dialog from "sap/m/Dialog";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import { MOST_TARGETS } from "../model/Batch";
import TargetsDialog from "./TargetsDialog";

/** Chooses the modes and the models of a batch; their number is bounded. */
export default class BatchDialog extends TargetsDialog {
    private readonly choice = new JSONModel({ count: 0, most: MOST_TARGETS });

    constructor(
        view: View,
        private readonly run: (modes: string[], models: string[]) => void,
    ) {
        super(view, "BatchTargets");
    }

    async open(mode: string | undefined, model: string | undefined): Promise<void> {
        await this.show();
        this.preselect("targetModes", "modes", mode);
        this.preselect("targetModels", "live", model);
        this.onSelect();
    }

    onSelect(): void {
        this.choice.setProperty("/count", this.selected("targetModes", "modes").length * this.selected("targetModels", "live").length);
    }

    async onRun(): Promise<void> {
        const modes = this.selected("targetModes", "modes");
        const models = this.selected("targetModels", "live");
        await this.onClose();
        this.run(modes, models);
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.choice, "choice");
    }
}
