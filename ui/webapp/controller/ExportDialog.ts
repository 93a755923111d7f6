import MessageToast from "sap/m/MessageToast";
import type Dialog from "sap/m/Dialog";
import type Event from "sap/ui/base/Event";
import type Control from "sap/ui/core/Control";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import { exportRuns, type ExportFormat, type Failure } from "../backend/studio";
import { chooseSave } from "../backend/window";
import { EXTENSIONS, exportKind, FORMATS, suggestedName, withExtension } from "../model/exportPath";
import { count } from "../model/format";
import type History from "../model/History";
import type Preferences from "../model/Preferences";
import type Tasks from "../model/Tasks";
import type { WorkItem } from "../model/Tasks";
import { text } from "../model/texts";
import FragmentDialog from "./FragmentDialog";

interface State {
    path: string;
    /** Index in FORMATS. */
    format: number;
    busy: boolean;
    problem: Failure | null;
    /** Whether the path itself was refused. */
    invalid: boolean;
}

/** Writes the runs that are listed to a file; this may go on after the dialog was closed. */
export default class ExportDialog extends FragmentDialog {
    private readonly state = new JSONModel({ path: "", format: 0, busy: false, problem: null, invalid: false } satisfies State);

    constructor(
        view: View,
        private readonly history: History,
        private readonly tasks: Tasks,
        private readonly preferences: Preferences,
    ) {
        super(view, "Export");
    }

    async open(): Promise<void> {
        if (!this.data.busy) {
            const format = Math.max(0, FORMATS.indexOf(this.preferences.getProperty("/exportFormat") as ExportFormat));
            const path = this.preferences.getProperty("/exportPath") as string;
            this.state.setData({ path, format, busy: false, problem: null, invalid: false });
        }
        await this.show();
    }

    onEdit(): void {
        this.set({ problem: null, invalid: false });
    }

    onFormat(): void {
        this.set({ path: withExtension(this.data.path, this.format), problem: null, invalid: false });
    }

    async onBrowse(): Promise<void> {
        try {
            const path = await chooseSave(text("exportTitle"), suggestedName(this.format), {
                name: text(exportKind(this.format)),
                extensions: [EXTENSIONS[this.format]],
            });
            if (path !== null) {
                this.set({ path, problem: null, invalid: false });
            }
        } catch (error) {
            this.set({ problem: error as Failure });
        }
    }

    async onExport(): Promise<void> {
        const { path, busy } = this.data;
        if (busy || path.trim() === "") {
            return;
        }
        this.set({ busy: true, problem: null, invalid: false });
        try {
            const { rows } = await exportRuns(this.history.query, this.format, path.trim());
            this.set({ busy: false });
            this.preferences.setProperty("/exportFormat", this.format);
            this.preferences.setProperty("/exportPath", path.trim());
            MessageToast.show(rows === 1 ? text("exportedOne", path.trim()) : text("exported", count(rows), path.trim()));
            await this.onClose();
        } catch (error) {
            const problem = error as Failure;
            // One that was cancelled here is no problem to tell.
            const told = problem.code === "cancelled" ? null : problem;
            this.set({ busy: false, problem: told, invalid: told?.details.field === "path" });
        }
    }

    onCancelTask(event: Event): void {
        void this.tasks.cancel((event.getSource() as Control).getBindingContext("tasks")?.getObject() as WorkItem);
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.state, "export");
    }

    private get format(): ExportFormat {
        return FORMATS[this.data.format] ?? "csv";
    }

    private get data(): State {
        return this.state.getData() as State;
    }

    private set(change: Partial<State>): void {
        this.state.setData({ ...this.data, ...change });
    }
}
