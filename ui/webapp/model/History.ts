import JSONModel from "sap/ui/model/json/JSONModel";
import { deleteRun, listRuns, restoreRun, type Failure, type RunSummary } from "../backend/studio";
import { paced } from "./pace";
import { withFirstPage, without, withNextPage, withRow, type Rows } from "./runs";

const PAGE = 50;

interface HistoryState extends Rows {
    loaded: boolean;
    loading: boolean;
    problem: Failure | null;
    /** Deleted in this window and not yet restored, the last one last. */
    deleted: RunSummary[];
}

/** The recorded runs, as far as they were scrolled to, and the undo of deletions. */
export default class History {
    readonly model = new JSONModel({
        items: [],
        next: null,
        loaded: false,
        loading: false,
        problem: null,
        deleted: [],
    } satisfies HistoryState);
    private readonly readFirstPage = paced<void>(() => void this.refresh());

    /** Something in the history changed. */
    changed(): void {
        this.readFirstPage();
    }

    async refresh(): Promise<void> {
        await this.attempt(async () => {
            const page = await listRuns(PAGE);
            this.set({ ...withFirstPage(this.state, page), loaded: true });
        });
    }

    async more(): Promise<void> {
        const { next, loading } = this.state;
        if (next === null || loading) {
            return;
        }
        this.set({ loading: true });
        await this.attempt(async () => {
            const page = await listRuns(PAGE, next);
            this.set(withNextPage(this.state, page));
        });
        this.set({ loading: false });
    }

    async remove(row: RunSummary): Promise<void> {
        await this.attempt(async () => {
            await deleteRun(row.id);
            this.set({ ...without(this.state, row.id), deleted: [...this.state.deleted, row] });
        });
    }

    /** Brings the run back that was deleted last. */
    async undo(): Promise<void> {
        const row = this.state.deleted.at(-1);
        if (!row) {
            return;
        }
        await this.attempt(async () => {
            await restoreRun(row.id);
            this.set({ ...withRow(this.state, row), deleted: this.state.deleted.filter((each) => each !== row) });
        });
    }

    dismissUndo(): void {
        this.set({ deleted: [] });
    }

    private get state(): HistoryState {
        return this.model.getData() as HistoryState;
    }

    private async attempt(action: () => Promise<void>): Promise<void> {
        try {
            await action();
            this.set({ problem: null });
        } catch (error) {
            this.set({ problem: error as Failure });
        }
    }

    private set(change: Partial<HistoryState>): void {
        this.model.setData({ ...this.state, ...change });
    }
}
