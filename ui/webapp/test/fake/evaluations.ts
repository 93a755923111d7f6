import type {
    Change,
    EvaluatedItem,
    Evaluation,
    EvaluationFigures,
    EvaluationTarget,
    Failure,
    ParameterOverrides,
    PromptSet,
    PromptSetItem,
    Verdict,
} from "../../backend/studio";

type Operation = (input: never) => unknown;

export const SETS: PromptSet[] = [
    {
        id: "math",
        name: "Math",
        description: "Arithmetic and word problems with one right number.",
        licence: "Apache-2.0",
        capability: "math",
        shipped: true,
        revision: 1,
        changed_at: 0,
        items: 60,
        expecting: 60,
        judged: 0,
    },
    {
        id: "0193d5e2-7c00-7000-8000-0000000000aa",
        name: "Mine",
        description: "",
        licence: "",
        capability: null,
        shipped: false,
        revision: 1,
        changed_at: 1_700_000_000_000_000,
        items: 3,
        expecting: 2,
        judged: 1,
    },
];

export function itemsOf(set: PromptSet): PromptSetItem[] {
    return Array.from({ length: set.items }, (_, index) => ({
        position: index + 1,
        prompt: `What is ${index} + 1?`,
        system: null,
        expectation: { kind: "exact", text: String(index + 1), case_sensitive: false },
    }));
}

/** Prompt sets and evaluations, as the real backend answers them. An evaluation ends when it is told to. */
export class FakeEvaluations {
    sets = SETS.map((set) => ({ ...set }));
    evaluations: Evaluation[] = [];
    private removed: PromptSet[] = [];

    constructor(private readonly tell: (change: Change) => void) {}

    /** Brings an evaluation to its end, so many of its items passed. */
    complete(id: string, passed: number): void {
        this.change(id, (evaluation) => ({
            state: "completed",
            ended_at: 1_700_000_100_000_000,
            tally: { ...evaluation.tally, passed, failed: evaluation.items - passed },
        }));
    }

    operations(): Record<string, Operation> {
        return {
            list_prompt_sets: () => this.sets,
            import_prompt_set: ({ path, name, replace }: { path: string; name: string | null; replace: boolean }) => this.import(path, name, replace),
            remove_prompt_set: ({ set }: { set: string }) => {
                this.removed.push(this.find(set));
                this.sets = this.sets.filter(({ id }) => id !== set);
                this.tell({ kind: "evaluations" });
            },
            restore_prompt_set: ({ set }: { set: string }) => {
                const restored = this.removed.find(({ id }) => id === set) ?? SETS[1]!;
                this.sets = [...this.sets, restored];
                this.tell({ kind: "evaluations" });
                return restored;
            },
            list_prompt_set_items: ({ set, page }: { set: string; page: Page }) => pageOf(itemsOf(this.find(set)), page),
            start_evaluations: (input: Start) => this.start(input),
            cancel_evaluation: ({ evaluation }: { evaluation: string }) => this.change(evaluation, () => ({ state: "cancelled" })),
            resume_evaluation: ({ evaluation }: { evaluation: string }) => figures(this.change(evaluation, () => ({ state: "running" }))),
            list_evaluations: ({ set, ...page }: { set: string } & Page) =>
                pageOf(this.evaluations.filter((each) => each.set === set).map(figures), page),
            get_evaluation: ({ evaluation }: { evaluation: string }) => figures(this.evaluation(evaluation)),
            list_evaluated_items: ({ evaluation, verdict, page }: { evaluation: string; verdict: Verdict | null; page: Page }) =>
                pageOf(this.evaluated(evaluation).filter(({ result }) => verdict === null || result?.verdict === verdict), page),
            list_qualities: () => this.evaluations.filter(({ state }) => state === "completed").map(figures),
            export_evaluation: ({ path }: { path: string }) => {
                if (!path.startsWith("/")) {
                    throw refused("path", "The file's path must be absolute.");
                }
                return { rows: 3 };
            },
        };
    }

    private import(path: string, name: string | null, replace: boolean): PromptSet {
        const called = name ?? path.split("/").at(-1)?.replace(/\.\w+$/, "") ?? path;
        const taken = this.sets.find((set) => set.name === called);
        if (!/\.(csv|jsonl)$/.test(path)) {
            throw refused("path", "A prompt set is a file .csv or .jsonl, named by its absolute path.");
        }
        if (taken && !replace) {
            throw { ...refused("name", "There is a set of that name already."), code: "already_exists" };
        }
        const set = { ...SETS[1]!, id: taken?.id ?? `set-${this.sets.length}`, name: called, revision: (taken?.revision ?? 0) + 1 };
        this.sets = [...this.sets.filter(({ id }) => id !== set.id), set];
        this.tell({ kind: "evaluations" });
        return set;
    }

    private start({ set, targets, judge, parameters }: Start): EvaluationFigures[] {
        const asked = this.find(set);
        const started = targets.map(
            ({ model, mode }, index): Evaluation => ({
                id: `evaluation-${this.evaluations.length + index}`,
                set,
                set_name: asked.name,
                set_revision: asked.revision,
                items: asked.items,
                model,
                model_name: model,
                mode: mode ? { id: mode, name: mode } : null,
                judge,
                parameters,
                state: "running",
                problem: null,
                started_at: 1_700_000_000_000_000,
                ended_at: null,
                tally: { passed: 0, failed: 0, not_judged: 0, not_run: 0, answered: 0, waiting: 0 },
            }),
        );
        this.evaluations = [...started, ...this.evaluations];
        this.tell({ kind: "evaluations" });
        return started.map(figures);
    }

    /** The first items passed, those behind them failed; the rest has not been asked. */
    private evaluated(id: string): EvaluatedItem[] {
        const evaluation = this.evaluation(id);
        const { passed, failed } = evaluation.tally;
        return itemsOf(this.find(evaluation.set)).map((item, index) => {
            const passes = index < passed;
            const answered = index < passed + failed;
            const result = {
                position: item.position,
                verdict: passes ? ("passed" as const) : ("failed" as const),
                reason: passes ? ("as_expected" as const) : ("different" as const),
                detail: null,
                run: "0193d5e2-7c00-7000-8000-000000000001",
                judge_run: null,
                answer: passes ? String(item.position) : "I do not know.",
            };
            return { item, result: answered ? result : null };
        });
    }

    private change(id: string, change: (evaluation: Evaluation) => Partial<Evaluation>): Evaluation {
        this.evaluations = this.evaluations.map((each) => (each.id === id ? { ...each, ...change(each) } : each));
        this.tell({ kind: "evaluations" });
        return this.evaluation(id);
    }

    private evaluation(id: string): Evaluation {
        return this.evaluations.find((each) => each.id === id) ?? lost(id);
    }

    private find(id: string): PromptSet {
        return [...this.sets, ...this.removed].find((set) => set.id === id) ?? lost(id);
    }
}

interface Page {
    limit: number;
    after?: string;
}

interface Start {
    set: string;
    targets: EvaluationTarget[];
    judge: string | null;
    parameters: ParameterOverrides;
}

function figures(evaluation: Evaluation): EvaluationFigures {
    const { passed, failed } = evaluation.tally;
    const judged = passed + failed;
    const share = passed / judged;
    const quality = judged > 0 ? { share, low: share / 2, high: (share + 1) / 2, judged } : null;
    return { evaluation, quality };
}

function pageOf<Row>(rows: Row[], { limit, after = "0" }: Page): { items: Row[]; next?: string } {
    const end = Number(after) + limit;
    const items = rows.slice(Number(after), end);
    return rows.length > end ? { items, next: String(end) } : { items };
}

function refused(field: string, message: string): Failure {
    return { code: "invalid_input", message, details: { field } };
}

function lost(id: string): never {
    throw { code: "not_found", message: `There is no ${id}.`, details: {} } satisfies Failure;
}
