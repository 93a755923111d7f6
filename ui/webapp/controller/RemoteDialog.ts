import type Dialog from "sap/m/Dialog";
import type Event from "sap/ui/base/Event";
import type Control from "sap/ui/core/Control";
import type View from "sap/ui/core/mvc/View";
import type { Model } from "../backend/studio";
import RemoteModel from "../model/RemoteModel";
import FragmentDialog from "./FragmentDialog";

/** Registers a model that answers elsewhere, or changes one, and tries it. */
export default class RemoteDialog extends FragmentDialog {
    private readonly remote = new RemoteModel();

    constructor(
        view: View,
        private readonly saved: (model: string) => void,
    ) {
        super(view, "Remote");
    }

    async open(model: Model | null): Promise<void> {
        this.remote.edit(model);
        await this.show();
    }

    onTyped(): void {
        this.remote.typed();
    }

    onTest(): void {
        void this.remote.test();
    }

    onList(): void {
        void this.remote.list();
    }

    onIdentifier(event: Event): void {
        const source = event.getSource() as Control;
        this.remote.choose(source.getBindingContext("remote")?.getObject() as unknown as string);
    }

    onClearKey(): void {
        void this.remote.clearKey();
    }

    async onSave(): Promise<void> {
        const model = await this.remote.save();
        if (model) {
            this.saved(model.id);
            await this.onClose();
        }
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.remote.model, "remote");
        // What was typed as a key is nowhere when the dialog is gone.
        dialog.attachAfterClose(() => this.remote.edit(null));
    }
}
