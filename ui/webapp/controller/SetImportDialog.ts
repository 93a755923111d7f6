import type Dialog from "sap/m/Dialog";
import type Control from "sap/ui/core/Control";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import { importPromptSet } from "../backend/evaluations";
import type { Failure, PromptSet } from "../backend/studio";
import { chooseFile } from "../backend/window";
import { text } from "../model/texts";
import FragmentDialog from "./FragmentDialog";

interface State {
    path: string;
    name: string;
    replace: boolean;
    busy: boolean;
    problem: Failure | null;
    /** The field that was refused. */
    field: string | null;
}

/** Brings a prompt set in from a file. */
export default class SetImportDialog extends FragmentDialog {
    private readonly state = new JSONModel(initial());

    constructor(
        view: View,
        private readonly imported: (set: PromptSet) => void,
    ) {
        super(view, "SetImport");
    }

    async open(): Promise<void> {
        this.state.setData(initial());
        await this.show();
    }

    onEdit(): void {
        this.set({ problem: null, field: null });
    }

    async onBrowse(): Promise<void> {
        try {
            const path = await chooseFile(text("setImportTitle"), { name: text("setFiles"), extensions: ["csv", "jsonl", "ndjson"] });
            if (path !== null) {
                this.set({ path, problem: null, field: null });
            }
        } catch (error) {
            this.set({ problem: error as Failure });
        }
    }

    async onImport(): Promise<void> {
        const { path, name, replace, busy } = this.data;
        if (busy || path.trim() === "") {
            return;
        }
        this.set({ busy: true, problem: null, field: null });
        try {
            const set = await importPromptSet(path.trim(), name.trim() || null, replace);
            this.set({ busy: false });
            await this.onClose();
            this.imported(set);
        } catch (error) {
            const problem = error as Failure;
            const field = typeof problem.details.field === "string" ? problem.details.field : null;
            this.set({ busy: false, problem, field });
            this.control<Control>(field === "name" ? "setName" : "setPath").focus();
        }
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.state, "import");
    }

    private get data(): State {
        return this.state.getData() as State;
    }

    private set(change: Partial<State>): void {
        this.state.setData({ ...this.data, ...change });
    }
}

function initial(): State {
    return { path: "", name: "", replace: false, busy: false, problem: null, field: null };
}
