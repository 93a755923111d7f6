import JSONModel from "sap/ui/model/json/JSONModel";
import {
    listEvaluations,
    listPromptSetItems,
    listPromptSets,
    listQualities,
    removePromptSet,
    restorePromptSet,
} from "../backend/evaluations";
import type { EvaluationFigures, Failure, PromptSet, PromptSetItem } from "../backend/studio";
import { matrixOf, type MatrixRow } from "./evaluationMatrix";
import { paced } from "./pace";

const PAGE = 50;

interface EvaluationsState {
    loaded: boolean;
    problem: Failure | null;
    sets: PromptSet[];
    /** The set shown; null when there is none. */
    set: PromptSet | null;
    items: PromptSetItem[];
    moreItems: string | null;
    /** The set's evaluations, newest first. */
    list: EvaluationFigures[];
    moreList: string | null;
    /** Every model's quality with every set. */
    qualities: EvaluationFigures[];
    matrix: MatrixRow[];
    /** The set removed last. */
    removed: PromptSet | null;
}

/** The prompt sets, the evaluations of the one that is shown, and what models have made of all. */
export default class Evaluations {
    readonly model = new JSONModel({
        loaded: false,
        problem: null,
        sets: [],
        set: null,
        items: [],
        moreItems: null,
        list: [],
        moreList: null,
        qualities: [],
        matrix: [],
        removed: null,
    } satisfies EvaluationsState);
    private readonly readAgain = paced<void>(() => void this.refresh());
    /** Whether anybody has looked: what nobody looks at is not read. */
    private wanted = false;
    /** The set to show, which may be one that has not been read yet. */
    private chosen: string | null = null;
    /** Counts the reads, so that a late answer to an older one is recognised. */
    private asked = 0;

    /** The backend has others than before. */
    changed(): void {
        if (this.wanted) {
            this.readAgain();
        }
    }

    /** Reads everything, and from then on again whenever something changes. */
    async open(): Promise<void> {
        this.wanted = true;
        await this.refresh();
    }

    async choose(set: string): Promise<void> {
        this.chosen = set;
        const chosen = this.state.sets.find(({ id }) => id === set) ?? null;
        this.set({ set: chosen, items: [], moreItems: null, list: [], moreList: null });
        await this.refresh();
    }

    async moreItems(): Promise<void> {
        const { set, items, moreItems } = this.state;
        if (set && moreItems !== null) {
            await this.attempt(async () => {
                const page = await listPromptSetItems(set.id, PAGE, moreItems);
                if (this.shows(set)) {
                    this.set({ items: [...items, ...page.items], moreItems: page.next ?? null });
                }
            });
        }
    }

    async moreEvaluations(): Promise<void> {
        const { set, list, moreList } = this.state;
        if (set && moreList !== null) {
            await this.attempt(async () => {
                const page = await listEvaluations(set.id, PAGE, moreList);
                if (this.shows(set)) {
                    this.set({ list: [...list, ...page.items], moreList: page.next ?? null });
                }
            });
        }
    }

    async remove(): Promise<void> {
        const { set } = this.state;
        if (set) {
            await this.attempt(async () => {
                await removePromptSet(set.id);
                this.set({ removed: set });
                await this.refresh();
            });
        }
    }

    async restore(): Promise<void> {
        const { removed } = this.state;
        if (removed) {
            await this.attempt(async () => {
                await restorePromptSet(removed.id);
                this.set({ removed: null });
                await this.refresh();
                await this.choose(removed.id);
            });
        }
    }

    forgetRemoved(): void {
        this.set({ removed: null });
    }

    say(problem: Failure | null): void {
        this.set({ problem });
    }

    async attempt(action: () => Promise<unknown>): Promise<void> {
        this.set({ problem: null });
        try {
            await action();
        } catch (error) {
            this.set({ problem: error as Failure });
        }
    }

    /** The set shown stays where it is; its pages begin anew. */
    private async refresh(): Promise<void> {
        const asked = ++this.asked;
        try {
            const [sets, qualities] = await Promise.all([listPromptSets(), listQualities()]);
            const set = sets.find(({ id }) => id === this.chosen) ?? sets[0] ?? null;
            const known = set && set.revision === this.state.set?.revision && set.id === this.state.set.id;
            const [items, list] = await Promise.all([
                set && !(known && this.state.items.length > 0) ? listPromptSetItems(set.id, PAGE) : null,
                set ? listEvaluations(set.id, Math.max(PAGE, this.state.list.length)) : null,
            ]);
            if (asked !== this.asked) {
                return;
            }
            this.set({
                loaded: true,
                sets,
                set,
                qualities,
                matrix: matrixOf(sets, qualities),
                ...(items ? { items: items.items, moreItems: items.next ?? null } : {}),
                list: list?.items ?? [],
                moreList: list?.next ?? null,
            });
        } catch (error) {
            if (asked === this.asked) {
                this.set({ loaded: true, problem: error as Failure });
            }
        }
    }

    private shows(set: PromptSet): boolean {
        return this.state.set?.id === set.id && this.state.set.revision === set.revision;
    }

    get state(): EvaluationsState {
        return this.model.getData() as EvaluationsState;
    }

    private set(change: Partial<EvaluationsState>): void {
        this.model.setData({ ...this.state, ...change });
    }
}
