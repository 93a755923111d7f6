import type Dialog from "sap/m/Dialog";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import type { Failure, SentPrompt } from "../backend/studio";
import { copy } from "../model/clipboard";
import FragmentDialog from "./FragmentDialog";

interface State {
    sent: SentPrompt | null;
    busy: boolean;
    problem: Failure | null;
}

/** Shows a prompt exactly as it would be sent. */
export default class PreviewDialog extends FragmentDialog {
    private readonly state = new JSONModel({ sent: null, busy: false, problem: null } satisfies State);

    constructor(view: View) {
        super(view, "Preview");
    }

    async open(read: () => Promise<SentPrompt | null>): Promise<void> {
        this.state.setData({ sent: null, busy: true, problem: null });
        await this.show();
        try {
            this.state.setData({ sent: (await read()) ?? null, busy: false, problem: null });
        } catch (error) {
            this.state.setData({ sent: null, busy: false, problem: error as Failure });
        }
    }

    onCopyPreview(): void {
        void copy((this.state.getData() as State).sent?.text ?? "");
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.state, "preview");
    }
}
