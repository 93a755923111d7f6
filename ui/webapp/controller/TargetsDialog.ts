import type List from "sap/m/List";
import FragmentDialog from "./FragmentDialog";

/** A dialog in which some of several models and modes are chosen in lists. */
export default abstract class TargetsDialog extends FragmentDialog {
    /** What was chosen the last time stays chosen. */
    protected preselect(list: string, model: string, id: string | undefined): void {
        if (this.selected(list, model).length === 0) {
            const items = this.control<List>(list).getItems();
            items.find((item) => item.getBindingContext(model)?.getProperty("id") === id)?.setSelected(true);
        }
    }

    /** The identifiers of what is chosen in a list that is bound to `model`. */
    protected selected(list: string, model: string): string[] {
        return this.control<List>(list)
            .getSelectedItems()
            .map((item) => item.getBindingContext(model)?.getProperty("id") as string);
    }
}
