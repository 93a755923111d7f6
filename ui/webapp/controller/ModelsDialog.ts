import type Control from "sap/ui/core/Control";
import type Dialog from "sap/m/Dialog";
import type List from "sap/m/List";
import type { ListBase$SelectionChangeEvent } from "sap/m/ListBase";
import type ResponsivePopover from "sap/m/ResponsivePopover";
import type { SearchField$LiveChangeEvent } from "sap/m/SearchField";
import type View from "sap/ui/core/mvc/View";
import type ListBinding from "sap/ui/model/ListBinding";
import JSONModel from "sap/ui/model/json/JSONModel";
import { loadModel, removeModel, renameModel, restoreModel, unloadModel, type Failure, type Model } from "../backend/studio";
import { openPath } from "../backend/window";
import { copy } from "../model/clipboard";
import { qualityFacts } from "../model/evaluationFormat";
import type Evaluations from "../model/Evaluations";
import type Live from "../model/Live";
import { deletion, filesText, modelFacts, type Fact } from "../model/modelFacts";
import { modelFilter } from "../model/modelFilter";
import type { ModelRow } from "../model/models";
import { isolated, text } from "../model/texts";
import FragmentDialog from "./FragmentDialog";

interface State {
    search: string;
    /** The model shown, and what is known of it now; null when it has gone. */
    id: string | null;
    row: ModelRow | null;
    facts: Fact[];
    /** The quality with each set. */
    qualities: Fact[];
    files: string;
    problem: Failure | null;
    /** The name under edit, and why it was refused. */
    name: string;
    nameProblem: Failure | null;
    deletion: string;
    /** The model removed last without its files. */
    removed: string | null;
    removedText: string;
}

/** What the dialog leads to. */
export interface Leads {
    configure(model: string): void;
    importModel(): void;
    getModels(): void;
    embedTexts(model: ModelRow): void;
    /** Registers a model that answers elsewhere, or changes one. */
    register(model: Model | null): void;
}

/** Every model with all that is known of it, and what can be done with it. */
export default class ModelsDialog extends FragmentDialog {
    private readonly detail = new JSONModel({
        search: "",
        id: null,
        row: null,
        facts: [],
        qualities: [],
        files: "",
        problem: null,
        name: "",
        nameProblem: null,
        deletion: "",
        removed: null,
        removedText: "",
    } satisfies State);

    constructor(
        view: View,
        private readonly live: Live,
        private readonly evaluations: Evaluations,
        private readonly leads: Leads,
    ) {
        super(view, "ModelsDialog");
        live.model.bindProperty("/models").attachChange(() => this.refresh());
        evaluations.model.bindProperty("/qualities").attachChange(() => this.refresh());
    }

    async open(model?: string): Promise<void> {
        const wanted = model ?? this.state.id ?? this.live.chosen?.id ?? this.rows[0]?.id ?? null;
        this.select(wanted);
        await this.show();
        await this.evaluations.open();
    }

    onSearch(event: SearchField$LiveChangeEvent): void {
        const search = event.getParameter("newValue") ?? "";
        this.set({ search });
        (this.control<List>("modelsList").getBinding("items") as ListBinding).filter(modelFilter(search));
    }

    onSelect(event: ListBase$SelectionChangeEvent): void {
        const row = event.getParameter("listItem")?.getBindingContext("live")?.getObject() as ModelRow;
        this.select(row.id);
    }

    onLoad(): void {
        const { row } = this.state;
        if (row) {
            const loaded = row.state === "ready" || row.state === "busy" || row.state === "loading";
            void this.attempt(() => (loaded ? unloadModel(row.id) : loadModel(row.id)));
        }
    }

    onConfigure(): void {
        if (this.state.id !== null) {
            this.leads.configure(this.state.id);
        }
    }

    onEmbedTexts(): void {
        if (this.state.row) {
            this.leads.embedTexts(this.state.row);
        }
    }

    onImport(): void {
        this.leads.importModel();
    }

    onGetModels(): void {
        this.leads.getModels();
    }

    onAddRemote(): void {
        this.leads.register(null);
    }

    onEditRemote(): void {
        this.leads.register(this.state.row?.model ?? null);
    }

    onCopyHash(): void {
        void copy(this.state.row?.model.sha256 ?? "");
    }

    onOpenFolder(): void {
        const { id } = this.state;
        if (id !== null) {
            void this.attempt(() => openPath(`${this.folder}/${id}`));
        }
    }

    onOpenModelsFolder(): void {
        void this.attempt(() => openPath(this.folder));
    }

    onRename(): void {
        this.set({ name: this.state.row?.model.alias ?? this.state.row?.name ?? "", nameProblem: null });
        this.control<ResponsivePopover>("renamePopover").openBy(this.control<Control>("renameButton"));
    }

    async onRenamed(): Promise<void> {
        const { id, name } = this.state;
        if (id === null) {
            return;
        }
        try {
            await renameModel(id, name.trim() || null);
            this.onRenameCancel();
        } catch (error) {
            this.set({ nameProblem: error as Failure });
        }
    }

    onRenameCancel(): void {
        this.control<ResponsivePopover>("renamePopover").close();
    }

    onRemove(): void {
        const { row } = this.state;
        if (row) {
            void this.attempt(async () => {
                await this.takeOff(row.id, false);
                const told = text(row.model.remote ? "remoteRemoved" : "modelRemoved", isolated(row.name));
                this.set({ removed: row.id, removedText: told });
            });
        }
    }

    onUndo(): void {
        const { removed } = this.state;
        if (removed !== null) {
            void this.attempt(async () => {
                await restoreModel(removed);
                this.onForgetUndo();
                this.select(removed);
            });
        }
    }

    onForgetUndo(): void {
        this.set({ removed: null, removedText: "" });
    }

    onDelete(): void {
        const { row } = this.state;
        if (row) {
            this.set({ deletion: deletion(row.model) });
            this.control<Dialog>("deleteDialog").open();
        }
    }

    onDeleteConfirmed(): void {
        const { id } = this.state;
        this.onDeleteCancel();
        if (id !== null) {
            void this.attempt(() => this.takeOff(id, true));
        }
    }

    onDeleteCancel(): void {
        this.control<Dialog>("deleteDialog").close();
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.detail, "detail");
    }

    /** Removes a model; the next one in the list takes its place. */
    private async takeOff(id: string, files: boolean): Promise<void> {
        const { rows } = this;
        const index = rows.findIndex((row) => row.id === id);
        const next = rows[index + 1] ?? rows[index - 1];
        await removeModel(id, files);
        this.select(next?.id ?? null);
    }

    private select(id: string | null): void {
        this.set({ id, problem: null });
        this.refresh();
    }

    /** What is shown follows the backend's list. */
    private refresh(): void {
        const row = this.rows.find((each) => each.id === this.state.id) ?? null;
        const { sets, qualities } = this.evaluations.state;
        this.set({
            row,
            facts: row ? modelFacts(row.model) : [],
            qualities: row ? qualityFacts(row.id, sets, qualities) : [],
            files: row ? filesText(row.model) : "",
        });
    }

    private async attempt(action: () => Promise<unknown>): Promise<void> {
        this.set({ problem: null });
        try {
            await action();
        } catch (error) {
            const problem = error as Failure;
            // A load that was cancelled here is no problem to tell.
            this.set({ problem: problem.code === "cancelled" ? null : problem });
        }
    }

    private get rows(): ModelRow[] {
        return this.live.model.getProperty("/models") as ModelRow[];
    }

    private get folder(): string {
        return this.live.model.getProperty("/folder") as string;
    }

    private get state(): State {
        return this.detail.getData() as State;
    }

    private set(change: Partial<State>): void {
        this.detail.setData({ ...this.state, ...change });
    }
}
