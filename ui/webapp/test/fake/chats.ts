import type {
    Attachment,
    Change,
    Chat,
    ChatAnswer,
    ChatContents,
    ChatEvent,
    ChatMessage,
    ChatSettings,
    Run,
    RunEvent,
} from "../../backend/studio";

type Emit = (event: ChatEvent) => void;

/** What the chats need of the rest of the fake. */
interface Surroundings {
    tell(change: Change): void;
    run(input: Record<string, unknown>, emit: (event: RunEvent) => void): Promise<Run>;
    loaded(): string | null;
}

/** What functions gave back that an answer calls. */
interface Given {
    chat: string;
    message: string;
    results: string[];
    model: string | null;
}

interface Saying {
    chat: string;
    text: string;
    attachments: Attachment[];
    model: string | null;
}

const NOTHING: ChatSettings = { title: "", model: null, mode: null, parameters: {}, context_policy: "refuse" };

/** Chats as the real backend keeps them. */
export class FakeChats {
    readonly contents: ChatContents[] = [];
    private deleted = new Map<number, ChatContents[]>();
    private ids = 0;

    constructor(private readonly around: Surroundings) {}

    operations(): Record<string, (input: never, emit: Emit) => unknown> {
        return {
            list_chats: ({ search }: { search: string }) => {
                const found = this.contents.filter(({ chat }) => chat.settings.title.includes(search ?? ""));
                return { items: found.map(({ chat }) => chat).reverse() };
            },
            create_chat: ({ settings }: { settings: ChatSettings }) => this.create(settings).chat,
            update_chat: ({ chat, settings }: { chat: string; settings: ChatSettings }) => {
                const found = this.find(chat);
                found.chat = { ...found.chat, settings };
                this.around.tell({ kind: "chats" });
                return found.chat;
            },
            get_chat: ({ chat }: { chat: string }) => structuredClone(this.find(chat)),
            send_message: (said: Saying, emit: Emit) => this.say(said, this.find(said.chat).chat.leaf ?? null, emit),
            edit_message: (said: Saying & { message: string }, emit: Emit) =>
                this.say(said, this.message(said.chat, said.message).parent ?? null, emit),
            regenerate: ({ chat, message, model }: { chat: string; message: string; model: string | null }, emit: Emit) => {
                const found = this.message(chat, message);
                return this.answer(chat, found.role === "assistant" ? found.parent! : found.id, model, emit);
            },
            continue_answer: ({ chat, message, model }: { chat: string; message: string; model: string | null }, emit: Emit) =>
                this.goOn(this.message(chat, message), model, emit),
            answer_calls: (given: Given, emit: Emit) => this.giveBack(given, emit),
            preview_message: ({ text }: Saying) =>
                this.around.loaded()
                    ? { text: `<|im_start|>user\n${text}<|im_end|>\n<|im_start|>assistant\n`, tokens: 12, context_length: 2048 }
                    : null,
            select_branch: ({ chat, message }: { chat: string; message: string }) => {
                const found = this.find(chat);
                let leaf = message;
                for (const each of found.messages) {
                    leaf = each.parent === leaf ? each.id : leaf;
                }
                found.chat = { ...found.chat, leaf };
                return found.chat;
            },
            delete_chats: ({ chats }: { chats: string[] }) => {
                const gone = this.contents.filter(({ chat }) => chats.includes(chat.id));
                gone.forEach((each) => this.contents.splice(this.contents.indexOf(each), 1));
                this.deleted.set(this.deleted.size + 1, gone);
                return { deletion: this.deleted.size, chats: gone.length };
            },
            restore_chats: ({ deletion }: { deletion: number }) => {
                this.contents.push(...(this.deleted.get(deletion) ?? []));
                return { chats: 1 };
            },
            count_message: ({ chat, text }: Saying) =>
                this.around.loaded()
                    ? { tokens: this.find(chat).messages.length * 40 + Math.ceil(text.length / 4) + 4, context_length: 2048 }
                    : null,
            read_text_file: ({ path }: { path: string }) => {
                if (path.endsWith(".pdf")) {
                    throw { code: "invalid_input", message: "It is a PDF.", details: { field: "path" } };
                }
                return { name: path.split("/").at(-1), text: "one\ntwo\n", bytes: 8 };
            },
        };
    }

    /** A chat, as one was begun before. */
    create(settings: ChatSettings = NOTHING): ChatContents {
        const now = Date.now() * 1000;
        const chat: Chat = { id: this.next(), settings, leaf: null, created_at: now, updated_at: now };
        const contents = { chat, messages: [], runs: [] };
        this.contents.push(contents);
        return contents;
    }

    private async say({ chat, text, attachments, model }: Saying, parent: string | null, emit: Emit): Promise<ChatAnswer> {
        const message = this.add({ chat, parent, role: "user", text, attachments, run: null });
        const found = this.find(chat);
        if (found.chat.settings.title === "") {
            found.chat = { ...found.chat, settings: { ...found.chat.settings, title: text } };
        }
        this.around.tell({ kind: "chats" });
        emit({ kind: "message", message });
        return this.answer(chat, message.id, model, emit);
    }

    private async answer(chat: string, parent: string, model: string | null, emit: Emit): Promise<ChatAnswer> {
        const found = this.find(chat);
        let answer: ChatMessage | null = null;
        const { settings } = found.chat;
        const input = { model: settings.model ?? model, mode: settings.mode, parameters: settings.parameters, stream: true, prompt: "" };
        const run = await this.around.run(input, (event) => {
            if (event.kind === "accepted") {
                answer = this.add({ chat, parent, role: "assistant", text: "", attachments: [], run: event.run });
                emit({ kind: "message", message: answer });
            }
            emit({ kind: "run", event });
        });
        const message = { ...answer!, text: run.answer };
        found.messages = found.messages.map((each) => (each.id === message.id ? message : each));
        const calls = settings.parameters?.tool_choice === "required" ? [{ name: "weather", arguments: { place: "Bonn" } }] : [];
        found.runs.push({ ...run, calls });
        this.around.tell({ kind: "chats" });
        return { message, run };
    }

    private async giveBack(given: Given, emit: Emit): Promise<ChatAnswer> {
        let parent = given.message;
        for (const text of given.results) {
            const message = this.add({ chat: given.chat, parent, role: "tool", text, attachments: [], run: null });
            emit({ kind: "message", message });
            parent = message.id;
        }
        return this.answer(given.chat, parent, given.model, emit);
    }

    private async goOn(answer: ChatMessage, model: string | null, emit: Emit): Promise<ChatAnswer> {
        const found = this.find(answer.chat);
        const run = await this.around.run({ model, parameters: {}, stream: true, prompt: "" }, (event) => {
            if (event.kind === "accepted") {
                emit({ kind: "message", message: { ...answer, run: event.run } });
            }
            emit({ kind: "run", event });
        });
        const message = { ...answer, text: answer.text + run.answer, run: run.id };
        found.messages = found.messages.map((each) => (each.id === message.id ? message : each));
        found.runs.push({ ...run, calls: [] });
        return { message, run };
    }

    private add(message: Omit<ChatMessage, "id" | "created_at">): ChatMessage {
        const added = { ...message, id: this.next(), created_at: Date.now() * 1000 };
        const found = this.find(message.chat);
        found.messages = [...found.messages, added];
        found.chat = { ...found.chat, leaf: added.id };
        return added;
    }

    private find(id: string): ChatContents {
        const found = this.contents.find(({ chat }) => chat.id === id);
        if (!found) {
            throw { code: "not_found", message: `There is no chat ${id}.`, details: {} };
        }
        return found;
    }

    private message(chat: string, id: string): ChatMessage {
        return this.find(chat).messages.find((each) => each.id === id)!;
    }

    private next(): string {
        return `01890000-0000-7000-8000-${String(++this.ids).padStart(12, "0")}`;
    }
}
