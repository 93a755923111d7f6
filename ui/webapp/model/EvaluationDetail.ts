import JSONModel from "sap/ui/model/json/JSONModel";
import { cancelEvaluation, getEvaluation, listEvaluatedItems, resumeEvaluation } from "../backend/evaluations";
import type { EvaluatedItem, EvaluationFigures, Failure, Verdict } from "../backend/studio";

const PAGE = 50;

interface DetailState {
    figures: EvaluationFigures | null;
    items: EvaluatedItem[];
    next: string | null;
    /** "all" or a verdict. */
    verdict: Verdict | "all";
    problem: Failure | null;
}

/** One evaluation with its items, as far as they were scrolled to. */
export default class EvaluationDetail {
    readonly model = new JSONModel(initial());
    private id: string | null = null;
    private asked = 0;

    async open(id: string): Promise<void> {
        this.id = id;
        this.model.setData(initial());
        await this.refresh();
    }

    async filter(verdict: Verdict | "all"): Promise<void> {
        this.set({ verdict, items: [], next: null });
        await this.refresh();
    }

    /** Reads what is shown again. */
    async refresh(): Promise<void> {
        const { id } = this;
        const asked = ++this.asked;
        if (id === null) {
            return;
        }
        await this.attempt(async () => {
            const limit = Math.min(500, Math.max(PAGE, this.state.items.length));
            const [figures, page] = await Promise.all([getEvaluation(id), listEvaluatedItems(id, this.wanted, limit)]);
            if (asked === this.asked) {
                this.set({ figures, items: page.items, next: page.next ?? null });
            }
        });
    }

    async more(): Promise<void> {
        const { next, items } = this.state;
        const { id, asked } = this;
        if (id !== null && next !== null) {
            await this.attempt(async () => {
                const page = await listEvaluatedItems(id, this.wanted, PAGE, next);
                if (asked === this.asked) {
                    this.set({ items: [...items, ...page.items], next: page.next ?? null });
                }
            });
        }
    }

    async cancel(): Promise<void> {
        const { id } = this;
        if (id !== null) {
            await this.attempt(() => cancelEvaluation(id));
        }
    }

    async resume(): Promise<void> {
        const { id } = this;
        if (id !== null) {
            await this.attempt(() => resumeEvaluation(id));
            await this.refresh();
        }
    }

    async attempt(action: () => Promise<unknown>): Promise<void> {
        this.set({ problem: null });
        try {
            await action();
        } catch (error) {
            this.set({ problem: error as Failure });
        }
    }

    get state(): DetailState {
        return this.model.getData() as DetailState;
    }

    private get wanted(): Verdict | null {
        return this.state.verdict === "all" ? null : this.state.verdict;
    }

    private set(change: Partial<DetailState>): void {
        this.model.setData({ ...this.state, ...change });
    }
}

function initial(): DetailState {
    return { figures: null, items: [], next: null, verdict: "all", problem: null };
}
