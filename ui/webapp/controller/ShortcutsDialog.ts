import type Dialog from "sap/m/Dialog";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import { shortcuts } from "../model/shortcuts";
import FragmentDialog from "./FragmentDialog";

/** All keyboard shortcuts. */
export default class ShortcutsDialog extends FragmentDialog {
    constructor(view: View) {
        super(view, "Shortcuts");
    }

    async open(): Promise<void> {
        await this.show();
    }

    /** Groups stay as they were listed. */
    inOrder(): number {
        return 0;
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(new JSONModel(shortcuts()), "shortcuts");
    }
}
