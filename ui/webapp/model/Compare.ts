import JSONModel from "sap/ui/model/json/JSONModel";
import {
    compareRuns,
    getRun,
    rateRun,
    saveComparison,
    type Comparison,
    type Failure,
    type Run,
    type SideBySide,
    type Weights,
    type Winner,
} from "../backend/studio";
import { counts, pairs, rows, type Pair, type Row } from "./compareFormat";

export type Slot = "a" | "b";

/** By whom the winner is decided: the score, or a person. */
export type Decision = "score" | Winner;

export interface CompareState {
    a: Run | null;
    b: Run | null;
    weights: Weights;
    /** Both runs with their score and differences; null until two are chosen and compared. */
    side: SideBySide | null;
    decision: Decision;
    note: string;
    /** Whether what is shown was saved as it is. */
    saved: boolean;
    busy: boolean;
    problem: Failure | null;
    /** The same as the dialog lists it. */
    slots: Record<Slot, { slot: Slot; run: Run | null }>;
    pairs: Pair[];
    rows: Row[];
    winner: Winner | null;
}

/** A weighted comparison of two runs: which, how it is weighted, and what a person decides. */
export default class Compare {
    readonly model: JSONModel;
    /** Counts what was asked for, so that a late answer to something older is recognised. */
    private asked = 0;

    constructor(weights: Weights) {
        this.model = new JSONModel({
            a: null,
            b: null,
            weights: { ...weights },
            side: null,
            decision: "score",
            note: "",
            saved: false,
            busy: false,
            problem: null,
            slots: { a: { slot: "a", run: null }, b: { slot: "b", run: null } },
            pairs: [],
            rows: [],
            winner: null,
        } satisfies CompareState);
        this.set({});
    }

    get weights(): Weights {
        return this.state.weights;
    }

    /** Starts a comparison of these runs, each of which can still be chosen. */
    async start(a: string | null, b: string | null): Promise<void> {
        this.set({ a: null, b: null, side: null, decision: "score", note: "", saved: false, problem: null });
        await this.load({ a, b });
    }

    async choose(slot: Slot, run: string): Promise<void> {
        this.set({ [slot]: null, side: null, decision: "score", saved: false });
        await this.load({ a: this.state.a?.id ?? null, b: this.state.b?.id ?? null, [slot]: run });
    }

    async swap(): Promise<void> {
        const { a, b, decision } = this.state;
        this.set({ a: b, b: a, side: null, decision: swapped(decision), saved: false });
        await this.score();
    }

    async weigh(change: Partial<Weights>): Promise<void> {
        this.set({ weights: { ...this.state.weights, ...change }, saved: false });
        await this.score();
    }

    decide(decision: Decision): void {
        this.set({ decision, saved: false });
    }

    remark(note: string): void {
        this.set({ note, saved: false });
    }

    /** Rates one of the two answers, 1 to 5; 0 takes the rating away. */
    async rate(slot: Slot, rating: number): Promise<void> {
        const run = this.state[slot];
        if (!run) {
            return;
        }
        try {
            await rateRun(run.id, rating || null);
            this.set({ [slot]: { ...run, rating: rating || null }, saved: false });
            await this.score();
        } catch (error) {
            this.set({ [slot]: { ...run }, problem: error as Failure });
        }
    }

    async save(): Promise<Comparison | null> {
        const { a, b, side, weights, decision, note } = this.state;
        if (!a || !b || !side) {
            return null;
        }
        try {
            const winner = decision === "score" ? null : decision;
            const saved = await saveComparison({ a: a.id, b: b.id, weights, winner, note: note.trim() });
            this.set({ saved: true, problem: null });
            return saved;
        } catch (error) {
            this.set({ problem: error as Failure });
            return null;
        }
    }

    private async load(ids: Record<Slot, string | null>): Promise<void> {
        const asked = ++this.asked;
        this.set({ busy: true, problem: null });
        try {
            const [a, b] = await Promise.all([this.read(ids.a), this.read(ids.b)]);
            if (asked === this.asked) {
                this.set({ a, b });
                await this.score();
            }
        } catch (error) {
            if (asked === this.asked) {
                this.set({ busy: false, problem: error as Failure });
            }
        }
    }

    private async read(id: string | null): Promise<Run | null> {
        const { a, b } = this.state;
        return id === null ? null : ([a, b].find((run) => run?.id === id) ?? (await getRun(id)));
    }

    private async score(): Promise<void> {
        const asked = ++this.asked;
        const { a, b, weights } = this.state;
        if (!a || !b || !counts(weights)) {
            this.set({ side: null, busy: false });
            return;
        }
        try {
            const side = await compareRuns(a.id, b.id, weights);
            if (asked === this.asked) {
                this.set({ side, a: side.a, b: side.b, busy: false, problem: null });
            }
        } catch (error) {
            if (asked === this.asked) {
                this.set({ side: null, busy: false, problem: error as Failure });
            }
        }
    }

    private get state(): CompareState {
        return this.model.getData() as CompareState;
    }

    private set(change: Partial<CompareState>): void {
        const next = { ...this.state, ...change };
        const { a, b, side, weights, decision } = next;
        this.model.setData({
            ...next,
            slots: { a: { slot: "a", run: a }, b: { slot: "b", run: b } },
            pairs: pairs(a, b),
            rows: rows(side, a, b, weights),
            winner: decision === "score" ? (side?.score.winner ?? null) : decision,
        });
    }
}

function swapped(decision: Decision): Decision {
    const other: Partial<Record<Decision, Decision>> = { a: "b", b: "a" };
    return other[decision] ?? decision;
}
