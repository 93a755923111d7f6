import JSONModel from "sap/ui/model/json/JSONModel";
import { cancelTask, unloadModel, type EngineStatus, type Failure, type Task } from "../backend/studio";
import { IDLE } from "./engine";
import { paced } from "./pace";
import { Progress } from "./progress";

/** Long work under way, as the bar at the bottom shows it. */
export interface WorkItem {
    key: string;
    kind: Task["kind"] | "load_model";
    /** The task's number; null for a load, which is the engine's. */
    task: number | null;
    /** What it is about: a file's or model's name. */
    subject: string;
    /** The model that is loaded. */
    model: string | null;
    done: number;
    total: number | null;
    /** In what the kind counts, per second. */
    rate: number | null;
    /** Until the end, as fast as now, seconds. */
    remaining: number | null;
    cancelling: boolean;
}

/** The long work under way: the backend's tasks, and the load of a model. */
export default class Tasks {
    readonly model = new JSONModel({ items: [] as WorkItem[], problem: null as Failure | null });
    private tasks: Task[] = [];
    private engine = IDLE;
    private readonly progresses = new Map<string, Progress>();
    private readonly cancelled = new Set<string>();
    private readonly show = paced<WorkItem[]>(
        (items) => void this.model.setProperty("/items", items),
        (shown, next) => shown.map(identity).join() !== next.map(identity).join(),
    );

    constructor(private readonly now: () => number = () => performance.now()) {}

    onTasks(tasks: Task[]): void {
        this.tasks = tasks;
        this.refresh();
    }

    onEngine(engine: EngineStatus): void {
        this.engine = engine;
        this.refresh();
    }

    /** Asks an item to end; it stays until it has. */
    async cancel({ key, task, model }: Pick<WorkItem, "key" | "task" | "model">): Promise<void> {
        this.mark(key, true);
        this.model.setProperty("/problem", null);
        try {
            await (task === null ? unloadModel(model ?? "") : cancelTask(task));
        } catch (error) {
            this.mark(key, false);
            // What ended by itself in the meantime needs no cancelling.
            const problem = error as Failure;
            this.model.setProperty("/problem", problem.code === "not_found" ? null : problem);
        }
    }

    private mark(key: string, cancelled: boolean): void {
        if (cancelled) {
            this.cancelled.add(key);
        } else {
            this.cancelled.delete(key);
        }
        this.refresh();
    }

    private refresh(): void {
        const items = [...this.loads(), ...this.tasks.map((task) => this.item(task))];
        const keys = new Set(items.map(({ key }) => key));
        for (const key of [...this.progresses.keys(), ...this.cancelled]) {
            if (!keys.has(key)) {
                this.progresses.delete(key);
                this.cancelled.delete(key);
            }
        }
        this.show(items);
    }

    private item({ id, kind, subject, done, total }: Task): WorkItem {
        return this.measured(`task-${id}`, { kind, task: id, subject, model: null, done, total: total ?? null });
    }

    private loads(): WorkItem[] {
        const loading = this.engine.models.filter(({ state }) => state === "loading");
        return loading.map(({ model, model_name: subject, progress }) => {
            const done = progress?.bytes_read ?? 0;
            const total = progress?.bytes_total || null;
            return this.measured(`load-${model}`, { kind: "load_model", task: null, subject, model, done, total });
        });
    }

    private measured(key: string, item: Omit<WorkItem, "key" | "rate" | "remaining" | "cancelling">): WorkItem {
        const progress = this.progresses.get(key) ?? new Progress();
        this.progresses.set(key, progress);
        progress.reached(item.done, this.now());
        const { rate } = progress;
        return { ...item, key, rate, remaining: progress.remaining(item.total), cancelling: this.cancelled.has(key) };
    }
}

function identity(item: WorkItem): string {
    return `${item.key}${item.cancelling}`;
}
