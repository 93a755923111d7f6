import type {
    Change,
    EngineStatus,
    Failure,
    Level,
    MemoryReport,
    Model,
    ModelConfiguration,
    ModelList,
    Notification,
    Preset,
    RuntimeChoice,
    Settings,
    Task,
} from "../../backend/studio";
import type { DropEvent } from "../../backend/window";
import { DEFAULTS } from "../../model/configuration";
import { GEMMA, QWEN, SMOL } from "./models";
import { FakeRuntimes, type RuntimeScenario } from "./runtimes";

type Emit = (event: unknown) => void;
type Operation = (input: never, emit: Emit) => unknown;

/** How the shell of a scenario begins. */
export interface ShellScenario extends RuntimeScenario {
    models?: Model[];
    folderProblem?: Failure;
    settings?: Partial<Settings>;
    /** So many, newest first, of all levels and topics in turn. */
    notifications?: number;
    tasks?: Omit<Task, "started_at">[];
    /** Milliseconds between steps of an import. */
    importPace?: number;
    refuseImport?: Failure;
    presets?: Preset[];
    /** What each model is configured as from the start. */
    configured?: ModelConfiguration;
    availableBytes?: number;
    /** What the native dialogs answer. */
    chosenPath?: string;
    /** Whether something is held over the window from the start. */
    dropping?: boolean;
}

interface Around {
    tell(change: Change): void;
    engine(): EngineStatus;
}

export const FOLDER = "/home/ada/.local/share/nopenai-studio/models";
const MICROS = 1000;
const MINUTE_MS = 60_000;
const STEPS = 10;
const RUN = "0193d5e2-7c00-7000-8000-000000000001";
const TOLD: Pick<Notification, "level" | "topic" | "facts" | "subject">[] = [
    {
        level: "error",
        topic: "run_failed",
        facts: { model: SMOL.name, reason: "The engine's process was killed during the run. The next run starts a new one." },
        subject: { kind: "run", run: RUN },
    },
    { level: "info", topic: "model_imported", facts: { model: QWEN.name }, subject: { kind: "model", model: QWEN.id } },
    {
        level: "warning",
        topic: "import_failed",
        facts: { path: "/home/ada/Downloads/pytorch_model.bin", reason: "A pickle file can run code when it is read, so it is refused." },
        subject: null,
    },
    {
        level: "info",
        topic: "runs_exported",
        facts: { rows: 12_431, path: "/home/ada/exports/runs.jsonl" },
        subject: { kind: "file", path: "/home/ada/exports/runs.jsonl" },
    },
];

/** Models, settings, notifications, tasks and configurations, as the real backend answers them. */
export class FakeShell {
    private settings: Settings;
    private models: Model[];
    private hidden: Model[] = [];
    private notifications: Notification[];
    private tasks: Task[];
    private presets: Preset[];
    private readonly configurations = new Map<string, ModelConfiguration>();
    private readonly cancelled = new Set<number>();
    private readonly runtimes: FakeRuntimes;
    private drops: Emit = () => undefined;

    constructor(
        private readonly scenario: ShellScenario,
        private readonly around: Around,
    ) {
        this.settings = { ...INITIAL, ...scenario.settings };
        this.models = scenario.models ?? [SMOL, QWEN, GEMMA];
        this.tasks = (scenario.tasks ?? []).map((task) => ({ ...task, started_at: Date.now() * MICROS }));
        this.presets = scenario.presets ?? [];
        this.runtimes = new FakeRuntimes(scenario);
        this.notifications = Array.from({ length: scenario.notifications ?? 0 }, (_, index) => told(index));
    }

    list(): ModelList {
        const { folderProblem } = this.scenario;
        return { folder: this.folder, problem: folderProblem ?? null, models: folderProblem ? [] : this.models };
    }

    /** What a watcher is told first. */
    greet(emit: Emit): void {
        const changes: Change[] = [
            { kind: "settings", settings: this.settings },
            { kind: "tasks", tasks: this.tasks },
            { kind: "unread", unread: this.unread },
        ];
        changes.forEach(emit);
    }

    /** A model is in the list from now on, in place of the one of its identifier. */
    keep(model: Model): Model {
        this.setModels([...this.models.filter(({ id }) => id !== model.id), model]);
        return model;
    }

    /** Something is dragged over the window. */
    drag(event: DropEvent): void {
        this.drops(event);
    }

    notify(notification: Omit<Notification, "id" | "at" | "read">): void {
        const id = (this.notifications[0]?.id ?? 0) + 1;
        const added = { ...notification, id, at: Date.now() * MICROS, read: false };
        this.notifications = [added, ...this.notifications];
        this.around.tell({ kind: "notification", notification: added });
        this.around.tell({ kind: "unread", unread: this.unread });
    }

    operations(): Record<string, Operation> {
        return {
            ...this.settingOperations(),
            ...this.modelOperations(),
            ...this.notificationOperations(),
            ...this.configurationOperations(),
            window_choose_file: () => this.scenario.chosenPath ?? null,
            window_choose_folder: () => this.scenario.chosenPath ?? null,
            window_choose_save: () => this.scenario.chosenPath ?? null,
            window_open_path: () => undefined,
            window_notify: () => undefined,
            window_watch_drops: (_input, emit) => {
                this.drops = emit;
                if (this.scenario.dropping) {
                    emit({ kind: "over" } satisfies DropEvent);
                }
                return new Promise(() => undefined);
            },
        };
    }

    private settingOperations(): Record<string, Operation> {
        return {
            get_settings: () => this.settings,
            change_settings: ({ settings }: { settings: Settings }) => {
                const folder = settings.models_folder;
                if (folder !== null && !folder.startsWith("/")) {
                    throw refused("models_folder", `"${folder}" is not an absolute path.`);
                }
                this.settings = settings;
                this.around.tell({ kind: "settings", settings });
                return settings;
            },
            diagnostics: () => ({ text: "nOpenai Studio 0.1.0" }),
        };
    }

    private modelOperations(): Record<string, Operation> {
        return {
            import_model: ({ path, method }: { path: string; method: string }) => this.import(path, method),
            rename_model: ({ model, name }: { model: string; name: string | null }) => {
                const renamed = this.find(model);
                return this.replace({ ...renamed, alias: name, name: name ?? fileName(renamed.file) });
            },
            remove_model: ({ model, delete_files }: { model: string; delete_files: boolean }) => {
                this.hidden = delete_files ? this.hidden : [...this.hidden, this.find(model)];
                this.setModels(this.models.filter(({ id }) => id !== model));
            },
            restore_model: ({ model }: { model: string }) => {
                const back = this.hidden.find(({ id }) => id === model);
                this.setModels([...this.models, ...(back ? [back] : [])]);
                return back;
            },
            cancel_task: ({ task }: { task: number }) => {
                this.cancelled.add(task);
                this.setTasks(this.tasks.filter(({ id }) => id !== task || this.scenario.tasks === undefined));
            },
        };
    }

    private notificationOperations(): Record<string, Operation> {
        const changed = () => this.around.tell({ kind: "unread", unread: this.unread });
        const ofLevel = (level: Level | null) => this.notifications.filter((each) => level === null || each.level === level);
        return {
            list_notifications: ({ level, limit, after }: { level: Level | null; limit: number; after?: string }) => {
                const older = ofLevel(level).filter(({ id }) => after === undefined || id < Number(after));
                const items = older.slice(0, limit);
                return { items, next: older.length > limit ? String(items.at(-1)?.id) : null };
            },
            read_notifications: ({ up_to }: { up_to: number }) => {
                this.notifications = this.notifications.map((each) => ({ ...each, read: each.read || each.id <= up_to }));
                changed();
            },
            dismiss_notifications: ({ notifications }: { notifications: number[] }) => {
                this.notifications = this.notifications.filter(({ id }) => !notifications.includes(id));
                changed();
            },
            dismiss_all_notifications: ({ level }: { level: Level | null }) => {
                const gone = ofLevel(level);
                this.notifications = this.notifications.filter((each) => !gone.includes(each));
                changed();
            },
        };
    }

    private configurationOperations(): Record<string, Operation> {
        const { configured } = this.scenario;
        return {
            get_configuration: ({ model }: { model: string }) => {
                const saved = this.configurations.get(model) ?? configured;
                return { saved: Boolean(saved), configuration: saved ?? { parameters: DEFAULTS, memory_limit_bytes: null, pinned: false, runtime: "auto" } };
            },
            save_configuration: ({ model, configuration }: { model: string; configuration: ModelConfiguration }) =>
                void this.configurations.set(model, configuration),
            reset_configuration: ({ model }: { model: string }) => void this.configurations.delete(model),
            export_configuration: ({ path }: { path: string }) => {
                if (!path.startsWith("/")) {
                    throw refused("path", `"${path}" is not an absolute path.`);
                }
            },
            import_configuration: () => ({ parameters: { ...DEFAULTS, temperature: 0.25 }, memory_limit_bytes: 300_000_000, pinned: false, runtime: "auto" }),
            list_presets: () => this.presets,
            save_preset: ({ preset }: { preset: Preset }) => {
                const others = this.presets.filter(({ name }) => name !== preset.name);
                this.presets = [...others, preset].sort((a, b) => a.name.localeCompare(b.name));
            },
            remove_preset: ({ name }: { name: string }) => {
                this.presets = this.presets.filter((preset) => preset.name !== name);
            },
            estimate_memory: ({ model, context_length }: { model: string; context_length: number | null }) =>
                this.estimate(model, context_length),
            get_runtimes: ({ choice }: { choice: RuntimeChoice }) => this.runtimes.report(choice),
            embed_texts: ({ texts }: { texts: string[] }) => texts.map((text) => pointOf(text)),
            requantize_model: ({ form }: { form: string }) => this.runtimes.requantize(form),
            measure_runtimes: ({ model }: { model: string }) => this.runtimes.measure(model),
        };
    }

    private estimate(id: string, wanted: number | null): MemoryReport {
        const facts = this.find(id).facts;
        const loaded = this.around.engine().memory_bytes || null;
        const available = this.scenario.availableBytes ?? 6_400_000_000;
        const context = Math.min(wanted ?? Infinity, facts?.context_length ?? 2048);
        const weights = facts?.loaded_weight_bytes ?? 0;
        const cache = (facts?.layers ?? 0) * (facts?.kv_heads ?? 0) * (facts?.head_dim ?? 0) * 2 * 4 * context;
        const total = weights + cache + 60_000_000;
        const free = available + (loaded ?? 0);
        return {
            available_bytes: available,
            context_length: context,
            estimate: { weights_bytes: weights, kv_cache_bytes: cache, workspace_bytes: 60_000_000, total_bytes: total },
            limit_bytes: null,
            loaded_bytes: loaded,
            budget_bytes: this.settings.memory_budget_bytes ?? null,
            pinned_bytes: 0,
            total_bytes: 16_000_000_000,
            verdict: total > free ? "exceeds" : total > free * 0.9 ? "tight" : "fits",
        };
    }

    private async import(path: string, method: string): Promise<Model> {
        if (!path.startsWith("/")) {
            throw refused("path", `"${path}" is not an absolute path.`);
        }
        const file = path.split("/").at(-1) ?? path;
        const id = Math.max(0, ...this.tasks.map((task) => task.id)) + 1;
        for (let done = 0; done <= STEPS && !this.cancelled.has(id); done++) {
            const task: Task = { id, kind: "import_model", subject: file, done: done * 9_840_000, total: 98_400_000, started_at: 0 };
            this.setTasks([...this.tasks.filter((each) => each.id !== id), task]);
            await new Promise((resolve) => setTimeout(resolve, this.scenario.importPace ?? 5));
        }
        this.setTasks(this.tasks.filter((task) => task.id !== id));
        if (this.cancelled.has(id)) {
            throw { code: "cancelled", message: "Cancelled.", details: {} } satisfies Failure;
        }
        if (this.scenario.refuseImport) {
            throw this.scenario.refuseImport;
        }
        const model = { ...SMOL, id: file, name: fileName(file), file, link_target: method === "link" ? path : null };
        this.setModels([...this.models, model]);
        return model;
    }

    private get folder(): string {
        return this.settings.models_folder ?? FOLDER;
    }

    private get unread(): number {
        return this.notifications.filter(({ read }) => !read).length;
    }

    private find(id: string): Model {
        const model = this.models.find((each) => each.id === id);
        if (!model) {
            throw { code: "not_found", message: `No model ${id}.`, details: { model: id } } satisfies Failure;
        }
        return model;
    }

    private replace(model: Model): Model {
        this.setModels(this.models.map((each) => (each.id === model.id ? model : each)));
        return model;
    }

    private setModels(models: Model[]): void {
        this.models = models;
        this.around.tell({ kind: "models", models: this.list() });
    }

    private setTasks(tasks: Task[]): void {
        this.tasks = tasks;
        this.around.tell({ kind: "tasks", tasks });
    }
}

const INITIAL: Settings = {
    theme: "system",
    language: "system",
    density: "compact",
    models_folder: null,
    refresh_interval_s: 5,
    default_mode: "normal",
    system_notifications: true,
    memory_budget_bytes: null,
    idle_unload_minutes: 30,
};

/** The newest has the highest number; the first two are not read yet. */
function told(index: number): Notification {
    const told = TOLD[index % TOLD.length] ?? TOLD[0]!;
    const at = (Date.now() - (index * index * 7 + 2) * MINUTE_MS) * MICROS;
    return { ...told, id: 1000 - index, at, read: index > 1 };
}

function refused(field: string, message: string): Failure {
    return { code: "invalid_input", message, details: { field } };
}

function fileName(file: string): string {
    return file.replace(/\.gguf$/, "");
}

/** A point by the share of vowels, so that a test can tell which texts are near. */
function pointOf(text: string): { vector: number[]; tokens: number } {
    const share = (text.match(/[aeiou]/g)?.length ?? 0) / Math.max(1, text.length);
    return { vector: [Math.cos(share), Math.sin(share)], tokens: text.split(" ").length };
}
