import type {
    Change,
    Comparison,
    Cost,
    Deletion,
    Failure,
    Run,
    RunFacets,
    RunFilter,
    RunPage,
    RunQuery,
    RunSelection,
    RunSummary,
    Score,
    SideBySide,
    Weights,
    Winner,
} from "../../backend/studio";
import { recorded } from "./recorded";

export interface HistoryScenario {
    runs?: number;
    /** Milliseconds that each reading of a page takes, the first one first; none beyond. */
    pagePace?: number[];
    historyProblem?: Failure;
    exportProblem?: Failure;
    /** Milliseconds between steps of an export. */
    exportPace?: number;
}

const MICROS = 1000;
const TIE = 0.01;
const COUNTED = 10_000;
const STEPS = 10;

/** The recorded runs and everything that is asked about them, as the real backend answers. */
export class FakeHistory {
    runs: Run[] = [];
    readonly comparisons: Comparison[] = [];
    private readonly deletions = new Map<number, Run[]>();
    private counter = 0;

    constructor(
        private readonly scenario: HistoryScenario,
        private readonly tell: (change: Change) => void,
    ) {
        for (let index = 0; index < (scenario.runs ?? 0); index++) {
            this.runs.unshift(this.next(index));
        }
    }

    /** A run with an identifier of its own, later than all before. */
    next(index: number): Run {
        this.counter += 1;
        return recorded(this.counter, index);
    }

    find(id: string): Run {
        const run = this.runs.find((each) => each.id === id);
        if (!run) {
            throw { code: "not_found", message: `No run ${id}: it may have been deleted.`, details: { run: id } };
        }
        return run;
    }

    operations(): Record<string, (input: never) => unknown> {
        const operations = {
            list_runs: (input: { query: RunQuery; page: { limit: number; after?: string } }) => this.list(input),
            count_runs: ({ filter }: { filter: RunFilter }) => this.count(filter),
            run_facets: () => this.facets(),
            get_run: ({ run }: { run: string }) => ({ ...this.find(run) }),
            rate_run: ({ run, rating }: { run: string; rating: number | null }) => this.change(run, { rating }),
            tag_run: ({ run, tags }: { run: string; tags: string[] }) => this.change(run, { tags: [...tags].sort() }),
            delete_runs: ({ selection }: { selection: RunSelection }) => this.remove(selection),
            restore_runs: ({ deletion }: { deletion: number }) => this.restore(deletion),
            export_runs: (input: { query: RunQuery; path: string }) => this.export(input),
            compare_runs: ({ a, b, weights }: { a: string; b: string; weights: Weights }) => this.compare(a, b, weights),
            save_comparison: (input: Saved) => this.save(input),
        };
        return operations;
    }

    private async list({ query, page }: { query: RunQuery; page: { limit: number; after?: string } }): Promise<RunPage> {
        await pause(this.scenario.pagePace?.shift() ?? 0);
        if (this.scenario.historyProblem) {
            throw this.scenario.historyProblem;
        }
        const runs = this.matching(query.filter).sort(order(query));
        const from = page.after ? runs.findIndex((run) => run.id === page.after) + 1 : 0;
        const items = runs.slice(from, from + page.limit);
        const more = from + items.length < runs.length;
        return { items: items.map(summary), ...(more && { next: items.at(-1)?.id }) };
    }

    private count(filter: RunFilter) {
        const found = this.matching(filter).length;
        return { count: Math.min(found, COUNTED), at_least: found > COUNTED };
    }

    private facets(): RunFacets {
        const facets = (of: (run: Run) => { id: string; name: string } | null) => [
            ...new Map(this.runs.flatMap((run) => of(run) ?? []).map((facet) => [facet.id, facet])).values(),
        ];
        return {
            models: facets((run) => ({ id: run.model, name: run.model_name })),
            modes: facets((run) => run.mode ?? null),
            tags: [...new Set(this.runs.flatMap(({ tags }) => tags))].sort(),
        };
    }

    private change(id: string, change: Partial<Run>): void {
        Object.assign(this.find(id), change);
        this.tell({ kind: "history" });
    }

    private remove(selection: RunSelection): Deletion {
        const meant = selection.kind === "runs" ? this.runs.filter(({ id }) => selection.runs.includes(id)) : this.matching(selection.filter);
        const gone = meant.filter(({ outcome }) => outcome !== "running");
        const deletion = Date.now() * MICROS + this.deletions.size;
        this.deletions.set(deletion, gone);
        this.runs = this.runs.filter((run) => !gone.includes(run));
        this.tell({ kind: "history" });
        return { deletion, runs: gone.length };
    }

    private restore(deletion: number): { runs: number } {
        const back = this.deletions.get(deletion) ?? [];
        this.deletions.delete(deletion);
        this.runs = [...this.runs, ...back].sort((one, other) => (one.id < other.id ? 1 : -1));
        this.tell({ kind: "history" });
        return { runs: back.length };
    }

    private async export({ query, path }: { query: RunQuery; path: string }): Promise<{ path: string; rows: number }> {
        if (this.scenario.exportProblem) {
            throw this.scenario.exportProblem;
        }
        const rows = this.matching(query.filter).length;
        const task = { id: 900, kind: "export_runs" as const, subject: path.split("/").at(-1) ?? path, total: rows, started_at: 0 };
        for (let step = 0; step < STEPS; step++) {
            this.tell({ kind: "tasks", tasks: [{ ...task, done: Math.floor((rows * step) / STEPS) }] });
            await pause(this.scenario.exportPace ?? 0);
        }
        this.tell({ kind: "tasks", tasks: [] });
        return { path, rows };
    }

    private compare(a: string, b: string, weights: Weights): SideBySide {
        const [one, other] = [{ ...this.find(a) }, { ...this.find(b) }];
        return { a: one, b: other, score: score(one, other, weights), differences: differences(one.answer, other.answer) };
    }

    private save({ a, b, weights, winner, note }: Saved): Comparison {
        const [one, other] = [this.find(a), this.find(b)];
        const scored = score(one, other, weights);
        const comparison: Comparison = {
            id: `0193d5e2-7c00-7000-9000-${String(this.comparisons.length).padStart(12, "0")}`,
            at: Date.now() * MICROS,
            run_a: a,
            run_b: b,
            model_a: one.model_name,
            model_b: other.model_name,
            prompt: one.prompt,
            weights,
            score: scored,
            winner: winner ?? scored.winner ?? null,
            overridden: winner !== null && winner !== scored.winner,
            note,
        };
        this.comparisons.unshift(comparison);
        return comparison;
    }

    private matching(filter: RunFilter): Run[] {
        return this.runs.filter((run) => matches(run, filter));
    }
}

interface Saved {
    a: string;
    b: string;
    weights: Weights;
    winner: Winner | null;
    note: string;
}

function matches(run: Run, { search, models, modes, outcomes, tags, min_rating, from, until }: RunFilter): boolean {
    const any = (wanted: string[], ...have: (string | undefined)[]) =>
        wanted.length === 0 || have.some((each) => each !== undefined && wanted.includes(each));
    return (
        found(run, search ?? "") &&
        any(models, run.model) &&
        any(modes, run.mode?.id) &&
        any(outcomes, run.outcome) &&
        any(tags, ...run.tags) &&
        (run.rating ?? 0) >= (min_rating ?? 0) &&
        run.started_at >= (from ?? 0) &&
        run.started_at < (until ?? Infinity)
    );
}

/** Every word, the last one possibly only begun. */
function found(run: Run, search: string): boolean {
    const words = (text: string) => plain(text).match(/[\p{L}\p{N}]+/gu) ?? [];
    const known = words(`${run.prompt} ${run.answer}`);
    const wanted = words(search);
    return wanted.every((word, at) => known.some((each) => (at === wanted.length - 1 ? each.startsWith(word) : each === word)));
}

function plain(text: string): string {
    return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Those without the value come last, whichever way. */
function order({ sort, ascending }: RunQuery): (one: Run, other: Run) => number {
    const value = (run: Run) => {
        switch (sort) {
            case "time":
                return run.started_at;
            case "rating":
                return run.rating ?? null;
            default:
                return run.measures[sort] ?? null;
        }
    };
    const sign = ascending ? 1 : -1;
    return (one, other) => {
        const [a, b] = [value(one), value(other)];
        if (a === null || b === null) {
            return Number(a === null) - Number(b === null) || sign * one.id.localeCompare(other.id);
        }
        return sign * (a - b || one.id.localeCompare(other.id));
    };
}

export function score(a: Run, b: Run, weights: Weights): Score {
    const sameCurrency = a.cost?.currency === b.cost?.currency;
    const paid = (cost: Cost | null | undefined) => (sameCurrency ? (cost?.amount ?? null) : null);
    const values = [
        { criterion: "latency" as const, a: a.measures.total_ms ?? null, b: b.measures.total_ms ?? null, less: true },
        { criterion: "quality" as const, a: a.rating ?? null, b: b.rating ?? null, less: false },
        { criterion: "cost" as const, a: paid(a.cost), b: paid(b.cost), less: true },
    ];
    const counting = values.filter((line) => line.a !== null && line.b !== null);
    const total = counting.reduce((sum, { criterion }) => sum + weights[criterion], 0);
    const lines = values.map(({ criterion, less, ...line }) => {
        const known = line.a !== null && line.b !== null;
        const whole = (line.a ?? 0) + (line.b ?? 0);
        const share = known ? (whole === 0 ? 0.5 : ((less ? line.b : line.a) ?? 0) / whole) : null;
        const weight = known && total > 0 ? weights[criterion] / total : 0;
        return { criterion, ...line, weight, share_a: share, share_b: share === null ? null : 1 - share };
    });
    if (total === 0) {
        return { lines, a: null, b: null, winner: null };
    }
    const sum = (of: "share_a" | "share_b") => lines.reduce((all, line) => all + line.weight * (line[of] ?? 0), 0);
    const difference = sum("share_a") - sum("share_b");
    const winner = Math.abs(difference) < TIE ? "tie" : difference > 0 ? "a" : "b";
    return { lines, a: sum("share_a"), b: sum("share_b"), winner };
}

/** By the longest common sequence of words; good enough for short texts. */
export function differences(a: string, b: string): SideBySide["differences"] {
    const [as, bs] = [a, b].map((text) => text.split(/(?<=\s)|(?=\s)/)) as [string[], string[]];
    const longest = as.map(() => new Array<number>(bs.length + 1).fill(0)).concat([new Array<number>(bs.length + 1).fill(0)]);
    const at = (i: number, j: number) => longest[i]?.[j] ?? 0;
    for (let i = as.length - 1; i >= 0; i--) {
        for (let j = bs.length - 1; j >= 0; j--) {
            longest[i]![j] = as[i] === bs[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
        }
    }
    const pieces: SideBySide["differences"] = [];
    const add = (change: (typeof pieces)[number]["change"], text: string | undefined) => {
        const last = pieces.at(-1);
        if (last?.change === change) {
            last.text += text;
        } else {
            pieces.push({ change, text: text ?? "" });
        }
    };
    for (let i = 0, j = 0; i < as.length || j < bs.length; ) {
        if (i < as.length && j < bs.length && as[i] === bs[j]) {
            add("same", as[i++]);
            j++;
        } else if (j >= bs.length || (i < as.length && at(i + 1, j) >= at(i, j + 1))) {
            add("only_a", as[i++]);
        } else {
            add("only_b", bs[j++]);
        }
    }
    return pieces;
}

function summary({ prompt, ...run }: Run): RunSummary {
    const { id, started_at, model, model_name, mode, outcome, measures, cost, rating, tags } = run;
    return { id, started_at, model, model_name, mode, outcome, measures, cost, rating, tags, prompt_start: prompt.slice(0, 200) };
}

function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
