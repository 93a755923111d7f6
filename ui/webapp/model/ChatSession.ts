import JSONModel from "sap/ui/model/json/JSONModel";
import {
    answerCalls,
    continueAnswer,
    countMessage,
    editMessage,
    getChat,
    previewMessage,
    readTextFile,
    regenerate,
    selectBranch,
    sendMessage,
    updateChat,
    type Said,
} from "../backend/chats";
import type {
    Attachment,
    ChatAnswer,
    ChatContents,
    ChatEvent,
    ChatMessage,
    ContextPolicy,
    Failure,
    Mode,
    SentPrompt,
} from "../backend/studio";
import { beneath, type Beneath } from "./beneath";
import { asFields, asSettings, isValid, type ChatFields } from "./chatFields";
import { turns, versions, withMessage, type Turn } from "./chatTree";
import { inheritance } from "./inheritance";
import type { ModelRow } from "./models";
import { toOverrides } from "./parameters";
import PromptSession from "./PromptSession";
import { parts } from "./thinking";
import TokenCounter, { uncounted, type Counted, type Counting } from "./TokenCounter";

/** Text that streams in is shown this often. */
const SHOW_EVERY_MS = 60;
const SAVE_AFTER_MS = 300;

interface ChatState extends Counted {
    id: string | null;
    title: string;
    turns: Turn[];
    fields: ChatFields;
    beneath: Beneath;
    /** The model that would answer. */
    asks: ModelRow | null;
    /** What is being typed, what stands under it, and the message it takes the place of. */
    text: string;
    attachments: Attachment[];
    editing: string | null;
    loading: boolean;
    /** Whether an answer is under way, in this chat or another one. */
    answering: boolean;
    problem: Failure | null;
}

/** What a chat needs to know of the window. */
export interface Around {
    /** The model that is asked where chat and mode name none. */
    chosen(): ModelRow | null;
    models(): ModelRow[];
    mode(id: string): Mode | null;
}

type Begin = (onEvent: (event: ChatEvent) => void) => Promise<ChatAnswer>;

const EMPTY: Omit<ChatState, "beneath" | "asks"> = {
    ...uncounted("empty"),
    id: null,
    title: "",
    turns: [],
    fields: asFields(null),
    text: "",
    attachments: [],
    editing: null,
    loading: false,
    answering: false,
    problem: null,
};

/** One chat: what was said in it, what is being said, and how it is held. */
export default class ChatSession {
    readonly model = new JSONModel({ ...EMPTY, beneath: beneath(null, null, null), asks: null } satisfies ChatState);
    /** The answer under way, or the last one. */
    readonly answer = new PromptSession();
    private contents: ChatContents | null = null;
    /** The chat that is being answered, and the message that grows; it may not be the one on the page. */
    private answering: { chat: string; message: ChatMessage | null } | null = null;
    private readonly thoughts = new Map<string, number>();
    private thinkingSince: number | null = null;
    /** What was typed in chats that were left. */
    private readonly drafts = new Map<string, Pick<ChatState, "text" | "attachments" | "editing">>();
    private showing = 0;
    private saving = 0;
    private asked = 0;
    private readonly counter = new TokenCounter(
        () => this.count(),
        (counted) => this.set(counted),
    );

    constructor(private readonly around: Around) {
        const grown = () => (this.showing ||= window.setTimeout(() => this.grow(), SHOW_EVERY_MS));
        this.answer.showTextIn({ replace: grown, append: grown });
    }

    get id(): string | null {
        return this.state.id;
    }

    get active(): boolean {
        return this.answering !== null;
    }

    get turns(): Turn[] {
        return this.state.turns;
    }

    get policy(): ContextPolicy {
        return this.state.fields.policy;
    }

    /** Shows a chat; null shows none. */
    async open(id: string | null): Promise<void> {
        await this.save();
        const { id: before, text, attachments, editing } = this.state;
        if (before && before !== id) {
            this.drafts.set(before, { text, attachments, editing });
        }
        if (before !== id) {
            this.contents = null;
            const draft = this.drafts.get(id ?? "") ?? {};
            this.set({ ...EMPTY, ...draft, id, loading: id !== null, answering: this.active });
        }
        await this.read();
    }

    /** Something in some chat changed: what is shown is read again, unless it is growing here. */
    changed(): void {
        if (this.id && this.answering?.chat !== this.id && !this.saving) {
            void this.read();
        }
    }

    /** Model, mode or their parameters changed. */
    async refresh(): Promise<void> {
        this.set({ asks: this.asks });
        this.counter.changed();
        const asked = this.asked;
        const found = await inheritance(this.asks?.id ?? null, this.mode);
        if (asked === this.asked) {
            this.set({ beneath: found });
        }
    }

    /** The message being typed changed. */
    typed(): void {
        this.counter.changed();
    }

    /** Sends what is typed, in place of a message where one is edited. */
    async send(): Promise<void> {
        const { id, text, attachments, editing, answering } = this.state;
        if (!id || answering || text.trim() === "") {
            return;
        }
        const said: Said = { text, attachments, model: this.around.chosen()?.id ?? null };
        await this.run(id, text, (onEvent) =>
            editing ? editMessage(id, editing, said, onEvent) : sendMessage(id, said, onEvent),
        );
    }

    async regenerate(message: string): Promise<void> {
        const { id } = this.state;
        if (id && !this.active) {
            const model = this.around.chosen()?.id ?? null;
            await this.run(id, "", (onEvent) => regenerate(id, message, model, onEvent));
        }
    }

    /** Gives back what an answer's functions yield, and has the model go on with it. */
    async giveBack(message: string): Promise<void> {
        const { id } = this.state;
        const turn = this.turns.find((each) => each.id === message);
        if (id && turn && !this.active) {
            const results = turn.calls.map(({ result }) => result);
            const model = this.around.chosen()?.id ?? null;
            await this.run(id, "", (onEvent) => answerCalls(id, message, results, model, onEvent));
        }
    }

    /** Goes on with an answer that was cut short. */
    async goOn(message: string): Promise<void> {
        const { id } = this.state;
        if (id && !this.active) {
            const model = this.around.chosen()?.id ?? null;
            await this.run(id, "", (onEvent) => continueAnswer(id, message, model, onEvent));
        }
    }

    /** What is typed, exactly as it would be sent; null while the model is not loaded. */
    async preview(): Promise<SentPrompt | null> {
        await this.save();
        const { id, text, attachments, editing } = this.state;
        return id ? previewMessage(id, { text, attachments, model: this.around.chosen()?.id ?? null }, editing) : null;
    }

    async stop(): Promise<void> {
        await this.answer.stop();
    }

    /** Shows another version of a message: the next one, or the one before. */
    async choose(id: string, step: 1 | -1): Promise<void> {
        const message = this.contents?.messages.find((each) => each.id === id);
        if (!message || !this.contents || this.answering?.chat === this.id) {
            return;
        }
        const all = versions(this.contents.messages, message);
        const other = all[all.indexOf(message) + step];
        if (other) {
            await this.attempt(async () => {
                const chat = await selectBranch(message.chat, other.id);
                this.take({ ...this.contents!, chat });
            });
        }
    }

    /** Puts a message where it can be said otherwise. */
    edit(id: string): void {
        const message = this.contents?.messages.find((each) => each.id === id);
        if (message) {
            this.set({ editing: id, text: message.text, attachments: message.attachments });
            this.counter.changed();
        }
    }

    cancelEdit(): void {
        this.set({ editing: null, text: "", attachments: [] });
        this.counter.changed();
    }

    /** Puts text files under the message. */
    async attach(paths: string[]): Promise<void> {
        for (const path of paths) {
            await this.attempt(async () => this.add(await readTextFile(path)));
        }
    }

    add(file: Attachment): void {
        this.set({ attachments: [...this.state.attachments, file] });
        this.counter.changed();
    }

    detach(attachment: Attachment): void {
        this.set({ attachments: this.state.attachments.filter((each) => each !== attachment) });
        this.counter.changed();
    }

    /** A setting was touched; it is kept within a moment. */
    held(): void {
        clearTimeout(this.saving);
        this.saving = window.setTimeout(() => void this.save().then(() => this.refresh()), SAVE_AFTER_MS);
    }

    dismissProblem(): void {
        this.set({ problem: null });
    }

    /** The model that would answer. */
    get asks(): ModelRow | null {
        const wanted = this.state.fields.model || this.mode?.model;
        return this.around.models().find(({ id }) => id === wanted) ?? this.around.chosen();
    }

    private get mode(): Mode | null {
        return this.around.mode(this.state.fields.mode);
    }

    private async run(chat: string, prompt: string, begin: Begin): Promise<void> {
        this.answering = { chat, message: null };
        this.set({ answering: true, problem: null });
        await this.save();
        const asks = this.asks;
        const request = {
            model: asks?.id ?? "",
            modelName: asks?.name ?? "",
            mode: this.mode,
            prompt,
            parameters: toOverrides(this.state.fields.parameters),
            stream: true,
            cache: true,
        };
        this.thinkingSince = null;
        const problem = await this.answer.ask(request, async (_input, onEvent) => {
            const answer = await begin((event) =>
                event.kind === "run" ? onEvent(event.event) : this.began(event.message),
            );
            return answer.run;
        });
        this.answering = null;
        this.set({ answering: false, problem: this.id === chat ? problem : null });
        await this.read();
    }

    /** A message stands in the chat: the person's own, or the answer that begins. */
    private began(message: ChatMessage): void {
        if (message.role === "assistant" && this.answering) {
            this.answering.message = message;
        }
        if (message.chat === this.id && this.contents) {
            if (message.role === "user") {
                this.set({ text: "", attachments: [], editing: null });
            }
            this.take(withMessage(this.contents, message));
        }
    }

    /** Shows how far the answer has come. */
    private grow(): void {
        this.showing = 0;
        const message = this.answering?.message;
        const index = this.turns.findIndex(({ id }) => id === message?.id);
        if (!message || index < 0 || message.chat !== this.id) {
            return;
        }
        const { thinking, open, said } = parts(message.text + this.answer.answerText);
        this.time(message.id, thinking !== null, open);
        const turn = this.turns[index]!;
        const next = { ...turn, said, thinking, thinkingOpen: open, thoughtFor: this.thoughts.get(message.id) ?? null };
        this.model.setProperty(`/turns/${index}`, next);
    }

    private time(message: string, thinks: boolean, open: boolean): void {
        if (open) {
            this.thinkingSince ??= performance.now();
        } else if (thinks && this.thinkingSince !== null && !this.thoughts.has(message)) {
            this.thoughts.set(message, (performance.now() - this.thinkingSince) / 1000);
        }
    }

    private async read(): Promise<void> {
        const { id } = this.state;
        const asked = ++this.asked;
        if (!id) {
            return;
        }
        try {
            const contents = await getChat(id);
            if (asked === this.asked) {
                this.take(contents);
                await this.refresh();
            }
        } catch (error) {
            if (asked === this.asked) {
                this.set({ loading: false, problem: error as Failure });
            }
        }
    }

    private take(contents: ChatContents): void {
        this.contents = contents;
        const message = this.answering?.message;
        const underWay = message ? { message: message.id, text: message.text + this.answer.answerText } : null;
        const { chat } = contents;
        this.set({
            title: chat.settings.title,
            // What is being typed is newer than what was read.
            fields: this.saving ? this.state.fields : asFields(chat.settings),
            turns: this.withResults(turns(contents, underWay, this.thoughts)),
            loading: false,
        });
    }

    /** What is being typed as results is newer than what was read. */
    private withResults(read: Turn[]): Turn[] {
        const typed = new Map(this.turns.map(({ id, calls }) => [id, calls]));
        return read.map((turn) => ({
            ...turn,
            calls: turn.calls.map((call, index) => ({ ...call, result: typed.get(turn.id)?.[index]?.result ?? "" })),
        }));
    }

    /** Keeps the settings, when they were touched and are in range. */
    private async save(): Promise<void> {
        const { id, fields } = this.state;
        const pending = this.saving;
        clearTimeout(pending);
        if (pending && id && this.contents && isValid(fields)) {
            await this.attempt(async () => {
                const chat = await updateChat(id, asSettings(fields, this.contents!.chat.settings.title));
                this.contents = { ...this.contents!, chat };
            });
        }
        if (this.saving === pending) {
            this.saving = 0;
        }
    }

    private count(): Promise<Counted["count"]> | Counting {
        const { id, text, attachments, editing } = this.state;
        if (!id || !this.asks) {
            return id ? "noModel" : "empty";
        }
        if (this.asks.state === "remote") {
            return "remote";
        }
        return countMessage(id, { text, attachments, model: this.around.chosen()?.id ?? null }, editing);
    }

    private async attempt(action: () => Promise<void>): Promise<void> {
        try {
            await action();
        } catch (error) {
            this.set({ problem: error as Failure });
        }
    }

    private get state(): ChatState {
        return this.model.getData() as ChatState;
    }

    private set(change: Partial<ChatState>): void {
        this.model.setData({ ...this.state, ...change });
    }
}
