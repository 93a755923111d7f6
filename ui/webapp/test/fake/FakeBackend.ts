import type { Change, EngineStatus, Failure, ModelStatus, Run, RunEvent } from "../../backend/studio";
import { IDLE } from "../../model/engine";
import { FakeChats } from "./chats";
import { engineWith, modelStatus } from "./engine";
import { FakeEvaluations } from "./evaluations";
import { FakeHistory, type HistoryScenario } from "./history";
import { FakeHub, type HubScenario } from "./hub";
import { SMOL } from "./models";
import { ANSWER } from "./recorded";
import { costOf, DEFAULTS, modeName, promptOperations } from "./prompts";
import { FakeRemote, type RemoteScenario } from "./remote";
import { FakeShell, FOLDER, type ShellScenario } from "./shell";
import { FakeTeam, type TeamScenario } from "./team";

type Emit = (event: unknown) => void;
// The bridge passes untyped objects; each operation knows its own.
type Input = Record<string, string>;
type Operation = (input: Input, emit: Emit) => unknown;

export interface Scenario extends ShellScenario, HistoryScenario, HubScenario, TeamScenario, RemoteScenario {
    loaded?: boolean;
    /** Milliseconds between pieces of the answer. */
    pace?: number;
    /** Milliseconds between steps of a load. */
    loadPace?: number;
    answer?: string;
    failRun?: Failure;
    refuse?: Failure;
}

const MICROS = 1000;
/** A backend without mathematics, with the real one's contract: for tests and for looking at the pages. */
export class FakeBackend {
    readonly calls: { operation: string; input: unknown }[] = [];
    readonly shell: FakeShell;
    readonly history: FakeHistory;
    readonly evaluations: FakeEvaluations;
    readonly hub: FakeHub;
    readonly chats: FakeChats;
    readonly team: FakeTeam;
    private readonly remote: FakeRemote;
    private engine = IDLE;
    private watchers: Emit[] = [];
    private stopped = new Set<string>();

    constructor(private readonly scenario: Scenario = {}) {
        this.shell = new FakeShell(scenario, { tell: (change) => this.tell(change), engine: () => this.engine });
        this.history = new FakeHistory(scenario, (change) => this.tell(change));
        this.evaluations = new FakeEvaluations((change) => this.tell(change));
        this.hub = new FakeHub(scenario, (change) => this.tell(change));
        this.chats = new FakeChats({
            tell: (change) => this.tell(change),
            run: (input, emit) => this.run(input as Input, emit as Emit),
            loaded: () => this.engine.models[0]?.model ?? null,
        });
        this.remote = new FakeRemote(scenario, (model) => this.shell.keep(model));
        this.team = new FakeTeam(scenario, (change) => this.tell(change));
        if (scenario.loaded) {
            this.engine = engineWith(modelStatus());
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
            ...promptOperations({
                tell: (change) => this.tell(change),
                loaded: () => this.engine.models[0]?.model ?? null,
            }),
            ...(this.history.operations() as unknown as Record<string, Operation>),
            ...(this.evaluations.operations() as unknown as Record<string, Operation>),
            ...(this.shell.operations() as Record<string, Operation>),
            ...(this.hub.operations() as unknown as Record<string, Operation>),
            ...(this.chats.operations() as unknown as Record<string, Operation>),
            ...(this.team.operations() as unknown as Record<string, Operation>),
            ...(this.remote.operations() as unknown as Record<string, Operation>),
            watch: (_input, emit) => {
                this.watchers.push(emit);
                this.shell.greet(emit);
                this.hub.greet(emit);
                this.team.greet(emit);
                emit({ kind: "engine", engine: this.engine } satisfies Change);
                emit({ kind: "models", models: this.shell.list() } satisfies Change);
                return new Promise(() => undefined);
            },
            load_model: async ({ model = "" }) => {
                await this.load(model, () => undefined);
                return this.engine;
            },
            unload_model: () => this.setEngine(IDLE),
            run_prompt: (input, emit) => this.run(input, emit),
            cancel_run: ({ run = "" }) => void this.stopped.add(run),
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

    private async load(model: string, step: (progress: ModelStatus["progress"]) => void): Promise<void> {
        for (let done = 0; done <= 10; done++) {
            const progress = {
                stage: done === 0 ? "starting" : done === 10 ? "preparing" : "reading",
                bytes_read: done * 9_840_000,
                bytes_total: 98_400_000,
            } as const;
            const loading = { state: "loading", memory_bytes: null, context_length: null, device: null, element_type: null } as const;
            this.setEngine(engineWith(modelStatus({ ...loading, model, progress })));
            step(progress);
            await pause(this.scenario.loadPace ?? 5);
        }
        this.setEngine(engineWith(modelStatus({ model })));
    }

    private async run(input: Input, emit: Emit): Promise<Run> {
        if (this.scenario.refuse) {
            throw this.scenario.refuse;
        }
        const run: Run = {
            ...this.history.next(this.history.runs.length),
            started_at: Date.now() * MICROS,
            prompt: input.prompt ?? "",
            answer: "",
            outcome: "running",
            measures: {},
            error: null,
            parameters: { ...DEFAULTS, seed: 4_711, ...Object(input.parameters) },
            model: String(input.model),
            model_name: this.shell.list().models.find(({ id }) => id === input.model)?.name ?? SMOL.name,
            mode: input.mode ? { id: input.mode, name: modeName(input.mode) } : null,
            streamed: Boolean(input.stream),
            cost: null,
            rating: null,
            tags: [],
        };
        let sequence = 0;
        const send = (event: object) => emit({ run: run.id, sequence: sequence++, ...event } as RunEvent);
        this.history.runs.unshift(run);
        send({ kind: "accepted" });
        this.tell({ kind: "history" });
        if (!this.engine.models.some(({ model, state }) => model === input.model && state === "ready")) {
            await this.load(String(input.model), (progress) => send({ kind: "loading", progress }));
        }
        const answering = { model: run.model, model_name: run.model_name };
        this.setEngine(engineWith(modelStatus({ ...answering, state: "busy", running: 1 })));
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
            if (run.streamed) {
                send({ kind: "token", text });
            }
        }
        const stopped = this.stopped.has(run.id);
        run.outcome = this.scenario.failRun ? "failed" : stopped ? "stopped" : "completed";
        run.finish_reason = stopped ? "cancelled" : "stop";
        run.error = this.scenario.failRun ?? null;
        const slower = run.mode ? ["fast", "normal", "expert", "research"].indexOf(run.mode.id) * 137 : 0;
        run.measures = {
            total_ms: 812.4 + Math.max(0, slower) * 3,
            ttft_ms: 95.2 + Math.max(0, slower),
            tokens_per_s: 41.23,
            tokens_in: 42,
            tokens_out: kept.length,
        };
        run.cost = costOf(run);
        this.setEngine(engineWith(modelStatus(answering)));
        send({ kind: "finished", result: { ...run } });
        this.tell({ kind: "history" });
        return { ...run };
    }

    private setEngine(engine: EngineStatus): EngineStatus {
        this.engine = engine;
        this.tell({ kind: "engine", engine });
        return engine;
    }

    private tell(change: Change): void {
        this.watchers.forEach((emit) => emit(change));
    }
}

function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
