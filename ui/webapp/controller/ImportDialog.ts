import MessageToast from "sap/m/MessageToast";
import type Dialog from "sap/m/Dialog";
import type Event from "sap/ui/base/Event";
import type Control from "sap/ui/core/Control";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import { importModel, type Failure, type ImportMethod } from "../backend/studio";
import { chooseFile, chooseFolder } from "../backend/window";
import type { WorkItem } from "../model/Tasks";
import { text } from "../model/texts";
import FragmentDialog from "./FragmentDialog";

const METHODS: ImportMethod[] = ["link", "copy"];

interface State {
    path: string;
    /** Index in METHODS. */
    method: number;
    busy: boolean;
    problem: Failure | null;
    /** Whether the path itself was refused. */
    invalid: boolean;
    /** Dropped together with this one, and still to come. */
    waiting: string[];
    waitingText: string;
}

/** Brings a model file or folder from elsewhere on this machine into the models folder. */
export default class ImportDialog extends FragmentDialog {
    private readonly state = new JSONModel(initial([]));

    constructor(
        view: View,
        private readonly cancel: (item: WorkItem) => void,
        private readonly imported: (model: string) => void,
    ) {
        super(view, "Import");
    }

    async open(paths: string[] = []): Promise<void> {
        if (this.data.busy) {
            this.set({ waiting: [...this.data.waiting, ...paths] });
        } else {
            this.state.setData({ ...initial(paths), method: this.data.method });
        }
        const dialog = await this.loaded();
        dialog.setInitialFocus(this.control<Control>(this.data.busy ? "importClose" : "importPath"));
        dialog.open();
    }

    onEdit(): void {
        this.set({ problem: null, invalid: false });
    }

    onBrowseFile(): void {
        void this.browse(() => chooseFile(text("chooseModelFile"), { name: text("modelFiles"), extensions: ["gguf"] }));
    }

    onBrowseFolder(): void {
        void this.browse(() => chooseFolder(text("chooseModelFolder")));
    }

    onCancelTask(event: Event): void {
        this.cancel((event.getSource() as Control).getBindingContext("tasks")?.getObject() as WorkItem);
    }

    async onImport(): Promise<void> {
        const { path, method, busy } = this.data;
        if (busy || path.trim() === "") {
            return;
        }
        this.set({ busy: true, problem: null, invalid: false });
        try {
            const model = await importModel(path.trim(), METHODS[method] ?? "link");
            this.set({ busy: false });
            MessageToast.show(text("imported", model.name));
            this.imported(model.id);
            await this.next();
        } catch (error) {
            const problem = error as Failure;
            // One that was cancelled here is no problem to tell.
            const told = problem.code === "cancelled" ? null : problem;
            const invalid = told?.details.field === "path";
            this.set({ busy: false, problem: told, invalid });
            if (invalid) {
                this.control<Control>("importPath").focus();
            }
        }
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.state, "import");
    }

    private async next(): Promise<void> {
        const { waiting, method } = this.data;
        if (waiting.length > 0) {
            this.state.setData({ ...initial(waiting), method });
        } else {
            await this.onClose();
        }
    }

    private async browse(choose: () => Promise<string | null>): Promise<void> {
        try {
            const path = await choose();
            if (path !== null) {
                this.set({ path, problem: null, invalid: false });
            }
        } catch (error) {
            this.set({ problem: error as Failure });
        }
    }

    private get data(): State {
        return this.state.getData() as State;
    }

    private set(change: Partial<State>): void {
        for (const [name, value] of Object.entries(change)) {
            this.state.setProperty(`/${name}`, value);
        }
        this.state.setProperty("/waitingText", waitingText(this.data.waiting));
    }
}

function initial([path = "", ...waiting]: string[]): State {
    return { path, method: 0, busy: false, problem: null, invalid: false, waiting, waitingText: waitingText(waiting) };
}

function waitingText(waiting: string[]): string {
    return waiting.length > 0 ? text("importWaiting", waiting.length) : "";
}
