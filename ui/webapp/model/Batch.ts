import JSONModel from "sap/ui/model/json/JSONModel";
import { best } from "./best";
import PromptSession, { type Request } from "./PromptSession";
import { marked } from "./remoteFormat";

/** The most answers of one batch. */
export const MOST_TARGETS = 8;

/** One answer of a batch. */
export interface Column {
    key: string;
    title: string;
    session: PromptSession;
    request: Request;
}

interface BatchState {
    /** Whether the batch is shown in the answer's place. */
    open: boolean;
    running: boolean;
    stopping: boolean;
    done: number;
    total: number;
    /** What the view binds to; the sessions have models of their own. */
    columns: { key: string; title: string; ticked: boolean; waiting: boolean }[];
}

/** One prompt asked several times, one after the other, and its answers side by side. */
export default class Batch {
    readonly model = new JSONModel({
        open: false,
        running: false,
        stopping: false,
        done: 0,
        total: 0,
        columns: [],
    } satisfies BatchState);
    private list: Column[] = [];
    private started = 0;

    get running(): boolean {
        return this.state.running;
    }

    get columns(): readonly Column[] {
        return this.list;
    }

    column(key: string): Column | undefined {
        return this.list.find((column) => column.key === key);
    }

    /** The runs of the columns that are ticked, in their order. */
    get ticked(): string[] {
        const ticked = this.state.columns.filter((column) => column.ticked).map(({ key }) => key);
        return this.list.flatMap(({ key, session }) => (ticked.includes(key) && session.run ? [session.run] : []));
    }

    /** Asks all; resolves when the last has ended. Those of one model follow each other, so that it loads once. */
    async run(requests: Request[]): Promise<void> {
        const batch = ++this.started;
        const ordered = byModel(requests.slice(0, MOST_TARGETS));
        const titles = titlesOf(ordered);
        this.list = ordered.map((request, index) => ({
            key: `${batch}-${index}`,
            title: titles[index] ?? "",
            session: new PromptSession(),
            request,
        }));
        this.set({
            open: true,
            running: true,
            stopping: false,
            done: 0,
            total: this.list.length,
            columns: this.list.map(({ key, title }) => ({ key, title, ticked: false, waiting: true })),
        });
        for (const [index, { session, request }] of this.list.entries()) {
            if (this.state.stopping) {
                break;
            }
            this.model.setProperty(`/columns/${index}/waiting`, false);
            await session.ask(request);
            this.model.setProperty("/done", index + 1);
            this.mark();
        }
        this.set({ running: false, stopping: false });
    }

    /** Stops the answer under way and asks none of the rest. */
    async stop(): Promise<void> {
        if (this.running) {
            this.set({ stopping: true });
            await Promise.all(this.list.map(({ session }) => session.stop()));
        }
    }

    show(open: boolean): void {
        this.model.setProperty("/open", open);
    }

    private mark(): void {
        const marks = best(this.list.map(({ session }) => session));
        this.list.forEach(({ session }, index) => session.mark(marks[index] ?? {}));
    }

    private get state(): BatchState {
        return this.model.getData() as BatchState;
    }

    private set(change: Partial<BatchState>): void {
        this.model.setData({ ...this.state, ...change });
    }
}

/** What each is called beside the others: its mode, its model, or both where both differ. */
export function titlesOf(requests: Request[]): string[] {
    const oneModel = new Set(requests.map(({ model }) => model)).size === 1;
    const oneMode = new Set(requests.map(({ mode }) => mode?.id)).size === 1;
    return requests.map(({ mode, model, modelName }) => {
        const parts = [oneMode && !oneModel ? null : mode?.name, oneModel && mode ? null : marked(modelName, model)];
        return parts.filter(Boolean).join(" · ");
    });
}

/** In the order in which their models first appear. */
export function byModel(requests: Request[]): Request[] {
    const models = [...new Set(requests.map(({ model }) => model))];
    return models.flatMap((model) => requests.filter((request) => request.model === model));
}
