import type Dialog from "sap/m/Dialog";
import type Select from "sap/m/Select";
import type View from "sap/ui/core/mvc/View";
import Prices from "../model/Prices";
import { marked } from "../model/remoteFormat";
import FragmentDialog from "./FragmentDialog";

/** Sets what tokens of a model cost from now on, and shows what they cost before. */
export default class PricesDialog extends FragmentDialog {
    private readonly prices = new Prices();

    constructor(view: View) {
        super(view, "Prices");
    }

    async open(models: { id: string; name: string }[], chosen: string | null): Promise<void> {
        await this.prices.open(models.map(({ id, name }) => ({ id, name: marked(name, id) })), chosen);
        await this.show();
    }

    onChoose(): void {
        this.prices.choose(this.control<Select>("priceModel").getSelectedKey());
    }

    onEdit(): void {
        this.prices.edited();
    }

    onSave(): void {
        void this.prices.save();
    }

    onRemove(): void {
        void this.prices.remove();
    }

    onUndo(): void {
        void this.prices.undo();
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.prices.model, "prices");
    }
}
