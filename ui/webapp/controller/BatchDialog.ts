import type Dialog from "sap/m/Dialog";
import type List from "sap/m/List";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import { MOST_TARGETS } from "../model/Batch";
import FragmentDialog from "./FragmentDialog";

/** Chooses the modes and the models of a batch; their number is bounded. */
export default class BatchDialog extends FragmentDialog {
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

    /** What was chosen the last time stays chosen. */
    private preselect(list: string, model: string, id: string | undefined): void {
        if (this.selected(list, model).length === 0) {
            const items = this.control<List>(list).getItems();
            items.find((item) => item.getBindingContext(model)?.getProperty("id") === id)?.setSelected(true);
        }
    }

    private selected(list: string, model: string): string[] {
        return this.control<List>(list)
            .getSelectedItems()
            .map((item) => item.getBindingContext(model)?.getProperty("id") as string);
    }
}
