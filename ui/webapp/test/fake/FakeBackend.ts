import type { Change, EngineStatus, Failure, Model, ModelList, Run, RunEvent, RunSummary } from "../../backend/studio";
import { GEMMA, QWEN, SMOL } from "./models";

type Emit = (event: unknown) => void;
// The bridge passes untyped objects; each operation knows its own.
type Input = Record<string, string>;
type Operation = (input: Input, emit: Emit) => unknown;

export interface Scenario {
    models?: Model[];
    folderProblem?: Failure;
    runs?: number;
    loaded?: boolean;
    /** Milliseconds between pieces of the answer. */
    pace?: number;
    /** Milliseconds between steps of a load. */
    loadPace?: number;
    answer?: string;
    failRun?: Failure;
    refuse?: Failure;
}

const FOLDER = "/home/ada/.local/share/nopenai-studio/models";

const MICROS = 1000;
const ANSWER =
    "The sky is blue because molecules of air scatter short wavelengths of sunlight more than long ones. " +
    "This is called Rayleigh scattering.\n\nAt sunset the light crosses more air, so most of the blue is gone:\n" +
    "  1. noon: blue\n  2. dusk: red\n\nالسماء زرقاء بسبب تشتت الضوء.\n";

/** A backend without mathematics, with the real one's contract: for tests and for looking at the pages. */
export class FakeBackend {
    readonly calls: { operation: string; input: unknown }[] = [];
    private engine: EngineStatus = { state: "idle", waiting: 0 };
    private watchers: Emit[] = [];
    private runs: Run[] = [];
    private deleted: Run[] = [];
    private stopped = new Set<string>();
    private counter = 0;

    constructor(private readonly scenario: Scenario = {}) {
        for (let index = 0; index < (scenario.runs ?? 0); index++) {
            this.runs.unshift(this.recorded(index));
        }
        if (scenario.loaded) {
            this.engine = this.ready();
        }
    }

    /** Stands where Tauri puts its bridge. */
    install(): void {
        const operations = this.operations();
        const calls = this.calls;
        class Channel<Event> {
            onmessage: (event: Event) => void = () => undefined;
        }
        window.__TAURI__ = {
            core: {
                Channel,
                async invoke<Output>(operation: string, args: Record<string, unknown>): Promise<Output> {
                    calls.push({ operation, input: args.input });
                    const channel = args.events as Channel<unknown> | undefined;
                    await Promise.resolve();
                    return (await operations[operation]?.(args.input as never, (event) =>
                        channel?.onmessage(event),
                    )) as Output;
                },
            },
        };
    }

    private operations(): Record<string, Operation> {
        return {
            watch: (_input, emit) => {
                this.watchers.push(emit);
                emit({ kind: "engine", engine: this.engine } satisfies Change);
                emit({ kind: "models", models: this.list() } satisfies Change);
                return new Promise(() => undefined);
            },
            load_model: async ({ model = "" }) => {
                await this.load(model, () => undefined);
                return this.engine;
            },
            unload_model: () => this.setEngine({ state: "idle", waiting: 0 }),
            run_prompt: (input, emit) => this.run(input, emit),
            cancel_run: ({ run = "" }) => void this.stopped.add(run),
            list_runs: ({ limit, after }) => {
                const from = after ? this.runs.findIndex((run) => run.id === after) + 1 : 0;
                const items = this.runs.slice(from, from + Number(limit));
                const more = from + items.length < this.runs.length;
                return { items: items.map(summary), ...(more && { next: items.at(-1)?.id }) };
            },
            get_run: ({ run = "" }) => this.find(run),
            delete_run: ({ run = "" }) => {
                this.deleted.push(this.find(run));
                this.runs = this.runs.filter((each) => each.id !== run);
                this.tell({ kind: "history" });
            },
            restore_run: ({ run = "" }) => {
                const back = this.deleted.find((each) => each.id === run);
                this.runs = [...this.runs, ...(back ? [back] : [])].sort((a, b) => (a.id < b.id ? 1 : -1));
                this.tell({ kind: "history" });
            },
            application_info: () => ({
                name: "nOpenai Studio",
                version: "0.1.0",
                data_folder: "/home/ada/.local/share/nopenai-studio",
                models_folder: FOLDER,
                database_file: "/home/ada/.local/share/nopenai-studio/studio.sqlite",
                schema_version: 1,
                worker: "/opt/nopenai-studio/nopenai-worker",
                sqlite_version: "3.50.4",
                target: "x86_64-linux",
            }),
        };
    }

    private list(): ModelList {
        const { models = [SMOL, QWEN, GEMMA], folderProblem } = this.scenario;
        return { folder: FOLDER, problem: folderProblem ?? null, models: folderProblem ? [] : models };
    }

    private async load(model: string, step: (engine: EngineStatus) => void): Promise<void> {
        for (let done = 0; done <= 10; done++) {
            step(
                this.setEngine({
                    state: "loading",
                    model,
                    model_name: SMOL.name,
                    waiting: 0,
                    progress: {
                        stage: done === 0 ? "starting" : done === 10 ? "preparing" : "reading",
                        bytes_read: done * 9_840_000,
                        bytes_total: 98_400_000,
                    },
                }),
            );
            await pause(this.scenario.loadPace ?? 5);
        }
        this.setEngine({ ...this.ready(), model });
    }

    private async run(input: Input, emit: Emit): Promise<Run> {
        if (this.scenario.refuse) {
            throw this.scenario.refuse;
        }
        const run: Run = {
            ...this.recorded(this.runs.length),
            started_at: Date.now() * MICROS,
            prompt: input.prompt ?? "",
            answer: "",
            outcome: "running",
            measures: {},
            error: null,
            parameters: { ...Object(input.parameters), seed: 4_711 },
        };
        let sequence = 0;
        const send = (event: object) => emit({ run: run.id, sequence: sequence++, ...event } as RunEvent);
        this.runs.unshift(run);
        send({ kind: "accepted" });
        this.tell({ kind: "history" });
        if (this.engine.state !== "ready") {
            await this.load(String(input.model), (engine) => send({ kind: "loading", progress: engine.progress }));
        }
        this.setEngine({ ...this.ready(), state: "busy" });
        await pause(this.scenario.pace ?? 5);
        send({ kind: "started", tokens_in: 42, seed: 4_711 });
        const pieces = (this.scenario.answer ?? ANSWER).split(/(?<=\s)/);
        const kept = this.scenario.failRun ? pieces.slice(0, 12) : pieces;
        for (const text of kept) {
            await pause(this.scenario.pace ?? 5);
            if (this.stopped.has(run.id)) {
                break;
            }
            run.answer += text;
            send({ kind: "token", text });
        }
        const stopped = this.stopped.has(run.id);
        run.outcome = this.scenario.failRun ? "failed" : stopped ? "stopped" : "completed";
        run.finish_reason = stopped ? "cancelled" : "stop";
        run.error = this.scenario.failRun ?? null;
        run.measures = { total_ms: 812.4, ttft_ms: 95.2, tokens_per_s: 41.23, tokens_in: 42, tokens_out: kept.length };
        this.setEngine(this.ready());
        send({ kind: "finished", result: { ...run } });
        this.tell({ kind: "history" });
        return { ...run };
    }

    private ready(): EngineStatus {
        return {
            state: "ready",
            model: SMOL.id,
            model_name: SMOL.name,
            memory_bytes: 142_000_000,
            context_length: 2048,
            device: "CPU, 2 threads",
            element_type: "F32",
            waiting: 0,
        };
    }

    private setEngine(engine: EngineStatus): EngineStatus {
        this.engine = engine;
        this.tell({ kind: "engine", engine });
        return engine;
    }

    private tell(change: Change): void {
        this.watchers.forEach((emit) => emit(change));
    }

    private find(id: string): Run {
        const run = this.runs.find((each) => each.id === id);
        if (!run) {
            throw { code: "not_found", message: `No run ${id}: it may have been deleted.`, details: { run: id } };
        }
        return run;
    }

    private recorded(index: number): Run {
        const outcomes = ["completed", "completed", "stopped", "completed", "failed", "interrupted"] as const;
        const outcome = outcomes[index % outcomes.length] ?? "completed";
        const prompts = [
            "Explain in two sentences why the sky is blue.",
            "Write a Rust function that reverses a linked list, and say what it costs in time and memory for a list of n nodes",
            "ما هي عاصمة فرنسا؟",
            "A train leaves at 9:40 and arrives at 13:05. How long does it take?",
        ];
        const answered = outcome !== "failed" && outcome !== "interrupted";
        this.counter += 1;
        return {
            id: `0193d5e2-7c00-7000-8000-${String(this.counter).padStart(12, "0")}`,
            started_at: (Date.now() - (400 - index) * 420_000) * MICROS,
            model: SMOL.id,
            model_name: SMOL.name,
            prompt: prompts[index % prompts.length] ?? "",
            answer: ANSWER,
            parameters: { temperature: 0.7, top_p: 0.95, max_tokens: 512, seed: 1000 + index },
            outcome,
            finish_reason: outcome === "stopped" ? "cancelled" : answered ? "stop" : null,
            error:
                outcome === "failed"
                    ? {
                          code: "engine_failed",
                          message: "The engine's process was killed during the run. The next run starts a new one.",
                          details: { signal: 9 },
                      }
                    : null,
            measures: answered
                ? {
                      total_ms: 612.4 + index * 131,
                      ttft_ms: 85 + (index % 7) * 11,
                      tokens_per_s: 38.1 + (index % 5),
                      tokens_in: 42,
                      tokens_out: 30 + (index % 90),
                  }
                : {},
        };
    }
}

function summary({ id, started_at, model_name, prompt, outcome, measures }: Run): RunSummary {
    return { id, started_at, model_name, prompt_start: prompt.slice(0, 200), outcome, measures };
}

function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
