import JSONModel from "sap/ui/model/json/JSONModel";
import { createChat, deleteChats, listChats, restoreChats, updateChat } from "../backend/chats";
import type { Chat, ChatDeletion, ChatSettings, Failure } from "../backend/studio";
import { paced } from "./pace";

const PAGE = 50;
/** The most rows one call reads. */
const MOST_AT_ONCE = 500;
const SEARCH_AFTER_MS = 150;

interface ChatsState {
    items: Chat[];
    next: string | null;
    loaded: boolean;
    search: string;
    problem: Failure | null;
    /** Deleted in this window and not yet restored, the last one last. */
    deletions: ChatDeletion[];
}

/** The chats there are, as far as they were scrolled to, and the undo of deletions. */
export default class Chats {
    readonly model = new JSONModel({
        items: [],
        next: null,
        loaded: false,
        search: "",
        problem: null,
        deletions: [],
    } satisfies ChatsState);
    private readonly readAgain = paced<void>(() => void this.refresh());
    /** Counts the queries, so that a late answer to an older one is recognised. */
    private asked = 0;
    private typing = 0;

    get items(): Chat[] {
        return this.state.items;
    }

    get loaded(): boolean {
        return this.state.loaded;
    }

    /** Something in some chat changed. */
    changed(): void {
        this.readAgain();
    }

    async refresh(): Promise<void> {
        const asked = ++this.asked;
        const limit = Math.min(MOST_AT_ONCE, Math.max(PAGE, this.items.length));
        await this.attempt(async () => {
            const { items, next } = await listChats(this.state.search, limit);
            if (asked === this.asked) {
                this.set({ items, next: next ?? null, loaded: true, problem: null });
            }
        });
    }

    async more(): Promise<void> {
        const { next, search } = this.state;
        const asked = this.asked;
        if (next !== null) {
            await this.attempt(async () => {
                const page = await listChats(search, PAGE, next);
                if (asked === this.asked) {
                    this.set({ items: [...this.items, ...page.items], next: page.next ?? null });
                }
            });
        }
    }

    /** Searches once typing pauses. */
    search(search: string): void {
        clearTimeout(this.typing);
        this.set({ search });
        this.typing = window.setTimeout(() => void this.refresh(), SEARCH_AFTER_MS);
    }

    /** A new chat, held like another one; null when there could be none. */
    async create(settings: ChatSettings): Promise<Chat | null> {
        let chat: Chat | null = null;
        await this.attempt(async () => {
            chat = await createChat(settings);
            await this.refresh();
        });
        return chat;
    }

    async rename(chat: Chat, title: string): Promise<void> {
        await this.attempt(async () => {
            await updateChat(chat.id, { ...chat.settings, title });
            await this.refresh();
        });
    }

    async remove(chat: string): Promise<boolean> {
        return this.attempt(async () => {
            const deletion = await deleteChats([chat]);
            this.set({
                items: this.items.filter(({ id }) => id !== chat),
                deletions: deletion.chats > 0 ? [...this.state.deletions, deletion] : this.state.deletions,
            });
        });
    }

    /** Brings back what was deleted last. */
    async undo(): Promise<void> {
        const last = this.state.deletions.at(-1);
        if (last) {
            await this.attempt(async () => {
                await restoreChats(last.deletion);
                this.set({ deletions: this.state.deletions.filter((each) => each !== last) });
                await this.refresh();
            });
        }
    }

    dismissUndo(): void {
        this.set({ deletions: [] });
    }

    private async attempt(action: () => Promise<void>): Promise<boolean> {
        try {
            await action();
            return true;
        } catch (error) {
            this.set({ problem: error as Failure });
            return false;
        }
    }

    private get state(): ChatsState {
        return this.model.getData() as ChatsState;
    }

    private set(change: Partial<ChatsState>): void {
        this.model.setData({ ...this.state, ...change });
    }
}
