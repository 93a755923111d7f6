import JSONModel from "sap/ui/model/json/JSONModel";
import {
    dismissAllNotifications,
    dismissNotifications,
    listNotifications,
    readNotifications,
    type Failure,
    type Level,
    type Notification,
} from "../backend/studio";

const PAGE = 20;

/** "all", or one level. */
export type LevelFilter = "all" | Level;

interface State {
    unread: number;
    filter: LevelFilter;
    items: Notification[];
    /** Where the next page begins; null when all are here. */
    next: string | null;
    busy: boolean;
    problem: Failure | null;
    /** The moment relative times are told from, milliseconds. */
    now: number;
}

/** What a person should know, newest first, page by page. */
export default class Notifications {
    readonly model = new JSONModel({
        unread: 0,
        filter: "all",
        items: [],
        next: null,
        busy: false,
        problem: null,
        now: Date.now(),
    } satisfies State);
    private shown = false;
    private asked = 0;

    onUnread(unread: number): void {
        this.set({ unread });
    }

    /** One that just came: it joins the list that is open, and is read there. */
    onNotification(notification: Notification): void {
        const { filter, items } = this.state;
        if (!this.shown || (filter !== "all" && filter !== notification.level)) {
            return;
        }
        this.set({ items: [notification, ...items.filter(({ id }) => id !== notification.id)], now: Date.now() });
        void this.attempt(() => readNotifications(notification.id));
    }

    /** The list is on screen: what it shows counts as read. */
    async open(): Promise<void> {
        this.shown = true;
        // Unfiltered, so that the newest of all is among them.
        await this.filter("all");
        const newest = this.state.items[0];
        if (newest && this.state.unread > 0) {
            await this.attempt(() => readNotifications(newest.id));
        }
    }

    close(): void {
        this.shown = false;
    }

    async filter(filter: LevelFilter): Promise<void> {
        this.set({ filter });
        await this.load();
    }

    async more(): Promise<void> {
        const { items, next } = this.state;
        if (next !== null) {
            await this.read(items, next);
        }
    }

    async dismiss(id: number): Promise<void> {
        await this.attempt(async () => {
            await dismissNotifications([id]);
            this.set({ items: this.state.items.filter((item) => item.id !== id) });
        });
    }

    /** All of those shown: of the level that is filtered by. */
    async dismissAll(): Promise<void> {
        await this.attempt(async () => {
            await dismissAllNotifications(this.level);
            this.set({ items: [], next: null });
        });
    }

    /** Shows why something was refused, above the list. */
    say(problem: Failure): void {
        this.set({ problem });
    }

    /** Relative times grow old. */
    tick(): void {
        this.set({ now: Date.now() });
    }

    private async load(): Promise<void> {
        await this.read([]);
    }

    private async read(before: Notification[], after?: string): Promise<void> {
        const asked = ++this.asked;
        await this.attempt(async () => {
            this.set({ busy: true });
            const page = await listNotifications(this.level, PAGE, after);
            if (asked === this.asked) {
                this.set({ items: [...before, ...page.items], next: page.next ?? null, now: Date.now() });
            }
        });
        this.set({ busy: false });
    }

    private get level(): Level | null {
        const { filter } = this.state;
        return filter === "all" ? null : filter;
    }

    private async attempt(action: () => Promise<void>): Promise<void> {
        this.set({ problem: null });
        try {
            await action();
        } catch (error) {
            this.set({ problem: error as Failure });
        }
    }

    private get state(): State {
        return this.model.getData() as State;
    }

    private set(change: Partial<State>): void {
        this.model.setData({ ...this.state, ...change });
    }
}
