import type Dialog from "sap/m/Dialog";
import type View from "sap/ui/core/mvc/View";
import type { KeptProfile } from "../backend/studio";
import Profile from "../model/Profile";
import FragmentDialog from "./FragmentDialog";

/** Edits a connection profile and tries it. */
export default class ProfileDialog extends FragmentDialog {
    private readonly profile = new Profile();

    constructor(
        view: View,
        private readonly saved: () => void,
    ) {
        super(view, "Profile");
    }

    async open(kept: KeptProfile | null, copy = false): Promise<void> {
        this.profile.edit(kept, copy);
        await this.show();
    }

    onKind(): void {
        this.profile.kindChanged();
    }

    onTest(): void {
        void this.profile.test();
    }

    async onSave(): Promise<void> {
        if (await this.profile.save()) {
            this.saved();
            await this.onClose();
        }
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.profile.model, "profile");
        // What was typed as a password is nowhere when the dialog is gone.
        dialog.attachAfterClose(() => this.profile.edit(null));
    }
}
