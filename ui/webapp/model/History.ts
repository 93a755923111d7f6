import JSONModel from "sap/ui/model/json/JSONModel";
import {
    countRuns,
    deleteRuns,
    listRuns,
    restoreRuns,
    runFacets,
    type Deletion,
    type Failure,
    type RunCount,
    type RunFacets,
    type RunQuery,
    type RunSelection,
} from "../backend/studio";
import { isFiltered, noFilter, toFilter, type FilterFields } from "./historyFilter";
import { paced } from "./pace";
import { rowsToRefresh, withFirstPage, withNextPage, without, type Rows } from "./runs";

const PAGE = 50;
/** Typing pauses this long before a search. */
const SEARCH_AFTER_MS = 150;

export type Sort = RunQuery["sort"];

interface HistoryState extends Rows {
    loaded: boolean;
    /** Whether another query is under way. */
    renewing: boolean;
    /** Whether the next page is. */
    loading: boolean;
    problem: Failure | null;
    /** How many runs meet the filter; null until it is known. */
    count: RunCount | null;
    /** Whether the rows are those of a filter; without one, no row means that there is no run. */
    filtered: boolean;
    facets: RunFacets;
    fields: FilterFields;
    sort: Sort;
    ascending: boolean;
    selected: string[];
    /** Whether all that meet the filter are selected, loaded or not. */
    allSelected: boolean;
    /** Deleted in this window and not yet restored, the last one last. */
    deletions: Deletion[];
}

/** The recorded runs that meet a filter, as far as they were scrolled to, and the undo of deletions. */
export default class History {
    readonly model = new JSONModel({
        items: [],
        next: null,
        loaded: false,
        renewing: false,
        loading: false,
        problem: null,
        count: null,
        filtered: false,
        facets: { models: [], modes: [], tags: [] },
        fields: noFilter(),
        sort: "time",
        ascending: false,
        selected: [],
        allSelected: false,
        deletions: [],
    } satisfies HistoryState);
    private readonly readAgain = paced<void>(() => {
        void this.refresh();
        if (this.facetsWanted) {
            void this.readFacets();
        }
    });
    /** Counts the queries, so that a late answer to an older one is recognised. */
    private asked = 0;
    private typing = 0;
    private facetsWanted = false;

    /** Which runs are listed, in which order. */
    get query(): RunQuery {
        const { fields, sort, ascending } = this.state;
        return { filter: toFilter(fields), sort, ascending };
    }

    get selection(): RunSelection {
        const { allSelected, selected } = this.state;
        return allSelected ? { kind: "matching", filter: this.query.filter } : { kind: "runs", runs: selected };
    }

    /** Something in the history changed. */
    changed(): void {
        this.readAgain();
    }

    /** Reads again what is loaded, and how much there is. */
    async refresh(): Promise<void> {
        const asked = ++this.asked;
        const { items } = this.state;
        await this.attempt(asked, async () => {
            const page = await listRuns(this.query, rowsToRefresh(items.length, PAGE));
            if (asked === this.asked) {
                this.set({ ...withFirstPage(this.state, page), loaded: true, loading: false, renewing: false });
                this.keepSelected();
            }
        });
        await this.countAll(asked);
    }

    async more(): Promise<void> {
        const { next, loading } = this.state;
        if (next === null || loading) {
            return;
        }
        const { asked } = this;
        this.set({ loading: true });
        await this.attempt(asked, async () => {
            const page = await listRuns(this.query, PAGE, next);
            if (asked === this.asked) {
                this.set(withNextPage(this.state, page));
                this.keepSelected();
            }
        });
        if (asked === this.asked) {
            this.set({ loading: false });
        }
    }

    /** Searches once typing pauses. */
    search(search: string, atOnce = false): void {
        clearTimeout(this.typing);
        this.set({ fields: { ...this.state.fields, search } });
        this.typing = window.setTimeout(() => void this.renew(), atOnce ? 0 : SEARCH_AFTER_MS);
    }

    async filter(change: Partial<FilterFields>): Promise<void> {
        this.set({ fields: { ...this.state.fields, ...change } });
        await this.renew();
    }

    /** Lists everything again; the order stays. */
    async clearFilter(): Promise<void> {
        await this.filter(noFilter());
    }

    async sortBy(sort: Sort, ascending: boolean): Promise<void> {
        this.set({ sort, ascending });
        await this.renew();
    }

    /** Reads what the filters can choose from, now and whenever the history changes. */
    async readFacets(): Promise<void> {
        this.facetsWanted = true;
        try {
            this.set({ facets: await runFacets() });
        } catch (error) {
            this.set({ problem: error as Failure });
        }
    }

    select(selected: string[]): void {
        this.set({ selected, allSelected: false });
    }

    selectAll(): void {
        this.set({ selected: this.state.items.map(({ id }) => id), allSelected: true });
    }

    /** Deletes the selection, or other runs. */
    async remove(selection: RunSelection = this.selection): Promise<void> {
        await this.act(async () => {
            const deletion = await deleteRuns(selection);
            const gone = selection.kind === "runs" ? selection.runs : this.state.items.map(({ id }) => id);
            const selected = this.state.selected.filter((id) => !gone.includes(id));
            const deletions = deletion.runs > 0 ? [...this.state.deletions, deletion] : this.state.deletions;
            this.set({ ...without(this.state, gone), selected, allSelected: false, deletions });
        });
    }

    /** Brings back the runs that were deleted last. */
    async undo(): Promise<void> {
        const last = this.state.deletions.at(-1);
        if (last) {
            await this.act(async () => {
                await restoreRuns(last.deletion);
                this.set({ deletions: this.state.deletions.filter((each) => each !== last) });
            });
        }
    }

    dismissUndo(): void {
        this.set({ deletions: [] });
    }

    /** Another query: what is loaded no longer counts, but stays until its answer is there. */
    private async renew(): Promise<void> {
        clearTimeout(this.typing);
        const asked = ++this.asked;
        this.set({ renewing: true, loading: false, selected: [], allSelected: false });
        await this.attempt(asked, async () => {
            const { items, next } = await listRuns(this.query, PAGE);
            if (asked === this.asked) {
                const filtered = isFiltered(this.state.fields);
                this.set({ items, next: next ?? null, loaded: true, filtered, count: null });
            }
        });
        if (asked === this.asked) {
            this.set({ renewing: false });
            await this.countAll(asked);
        }
    }

    /** The count is slower than the first page where there is much; the page does not wait for it. */
    private async countAll(asked: number): Promise<void> {
        if (asked === this.asked) {
            const read = async () => {
                const count = await countRuns(this.query.filter);
                if (asked === this.asked) {
                    this.set({ count });
                }
            };
            await this.attempt(asked, read, false);
        }
    }

    /** Changes the history, and reads it again in any case. */
    private async act(action: () => Promise<void>): Promise<void> {
        try {
            await action();
        } catch (error) {
            this.set({ problem: error as Failure });
            return;
        }
        await this.refresh();
    }

    private async attempt(asked: number, action: () => Promise<void>, clears = true): Promise<void> {
        try {
            await action();
            if (clears && asked === this.asked) {
                this.set({ problem: null });
            }
        } catch (error) {
            if (asked === this.asked) {
                this.set({ problem: error as Failure });
            }
        }
    }

    /** A run that went away elsewhere is selected no longer. */
    private keepSelected(): void {
        const { items, selected, allSelected } = this.state;
        const ids = items.map(({ id }) => id);
        const known = new Set(ids);
        const kept = allSelected ? ids : selected.filter((id) => known.has(id));
        if (kept.length !== selected.length) {
            this.set({ selected: kept });
        }
    }

    private get state(): HistoryState {
        return this.model.getData() as HistoryState;
    }

    private set(change: Partial<HistoryState>): void {
        this.model.setData({ ...this.state, ...change });
    }
}
