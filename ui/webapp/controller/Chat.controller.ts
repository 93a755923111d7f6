import type { ListBase$SelectionChangeEvent } from "sap/m/ListBase";
import type { SearchField$LiveChangeEvent } from "sap/m/SearchField";
import type TextArea from "sap/m/TextArea";
import type { Tokenizer$TokenDeleteEvent } from "sap/m/Tokenizer";
import type Event from "sap/ui/base/Event";
import type { Route$PatternMatchedEvent } from "sap/ui/core/routing/Route";
import JSONModel from "sap/ui/model/json/JSONModel";
import type { Attachment, Chat as ChatRow, Mode } from "../backend/studio";
import { asFields, asSettings } from "../model/chatFields";
import type ChatSession from "../model/ChatSession";
import type { Turn } from "../model/chatTree";
import { copy } from "../model/clipboard";
import type { ModelRow } from "../model/models";
import { marked } from "../model/remoteFormat";
import { text } from "../model/texts";
import AttachDialog from "./AttachDialog";
import BaseController from "./BaseController";
import ChatNameDialog from "./ChatNameDialog";
import FollowEnd from "./FollowEnd";
import PreviewDialog from "./PreviewDialog";
import { isCovered } from "./covered";

/**
 * @namespace nopenai.studio.controller
 */
export default class Chat extends BaseController {
    private readonly page = new JSONModel({ behind: false, models: [], modes: [] });
    private readonly follow = new FollowEnd((behind) => this.page.setProperty("/behind", behind));
    private readonly onKeyDown = (event: KeyboardEvent) => this.onKey(event);
    private naming: ChatNameDialog;
    private attaching: AttachDialog;
    private preview: PreviewDialog;

    onInit(): void {
        const view = this.getView()!;
        const { chats } = this.component();
        view.setModel(this.page, "page");
        this.naming = new ChatNameDialog(view, (chat, title) => void chats.rename(chat, title));
        this.attaching = new AttachDialog(view, (file) => this.chat().add(file));
        this.preview = new PreviewDialog(view);
        this.control("turnsScroller").addEventDelegate({ onAfterRendering: () => this.followTurns() });
        this.control("message").attachBrowserEvent("keydown", (event: unknown) =>
            this.onMessageKey((event as { originalEvent: KeyboardEvent }).originalEvent),
        );
        this.offerChoices();
        this.router().getRoute("chat")?.attachPatternMatched((event) => void this.onMatched(event));
        view.addEventDelegate({
            onAfterShow: () => document.addEventListener("keydown", this.onKeyDown, true),
            onAfterHide: () => document.removeEventListener("keydown", this.onKeyDown, true),
        });
    }

    onExit(): void {
        document.removeEventListener("keydown", this.onKeyDown, true);
        this.follow.detach();
    }

    async onNew(): Promise<void> {
        const { chats } = this.component();
        const empty = this.chat().id !== null && this.chat().turns.length === 0;
        const policy = this.chat().policy;
        const chat = empty ? null : await chats.create(asSettings({ ...asFields(null), policy }, ""));
        if (chat) {
            this.show(chat.id);
        }
        this.typeHere();
    }

    onChoose(event: ListBase$SelectionChangeEvent): void {
        const chat = event.getParameter("listItem")?.getBindingContext("chats")?.getObject() as ChatRow | undefined;
        if (chat) {
            this.show(chat.id);
        }
    }

    onSearch(event: SearchField$LiveChangeEvent): void {
        this.component().chats.search(event.getParameter("newValue") ?? "");
    }

    onMore(): void {
        void this.component().chats.more();
    }

    onRename(event: Event): void {
        void this.naming.open(this.bound<ChatRow>(event, "chats"));
    }

    async onDelete(event: Event): Promise<void> {
        const { id } = this.bound<ChatRow>(event, "chats");
        const { chats } = this.component();
        if ((await chats.remove(id)) && this.chat().id === id) {
            this.show(chats.items[0]?.id ?? null);
        }
    }

    onUndo(): void {
        void this.component().chats.undo();
    }

    onDismissUndo(): void {
        this.component().chats.dismissUndo();
    }

    async onSend(): Promise<void> {
        this.follow.toEnd();
        const sent = this.chat().send();
        // The button gives way to another one, and the next message may be typed meanwhile.
        this.typeHere();
        await sent;
    }

    onStop(): void {
        void this.chat().stop();
    }

    onRegenerate(event: Event): void {
        this.follow.toEnd();
        void this.chat().regenerate(this.bound<Turn>(event, "chat").id);
    }

    onGoOn(event: Event): void {
        this.follow.toEnd();
        void this.chat().goOn(this.bound<Turn>(event, "chat").id);
    }

    onGiveBack(event: Event): void {
        this.follow.toEnd();
        void this.chat().giveBack(this.bound<Turn>(event, "chat").id);
    }

    onPreview(): void {
        void this.preview.open(() => this.chat().preview());
    }

    onEdit(event: Event): void {
        this.chat().edit(this.bound<Turn>(event, "chat").id);
        this.typeHere();
    }

    onCancelEdit(): void {
        this.chat().cancelEdit();
        this.typeHere();
    }

    onCopy(event: Event): void {
        void copy(this.bound<Turn>(event, "chat").said);
    }

    onVersionBefore(event: Event): void {
        void this.chat().choose(this.bound<Turn>(event, "chat").id, -1);
    }

    onVersionAfter(event: Event): void {
        void this.chat().choose(this.bound<Turn>(event, "chat").id, 1);
    }

    onRun(event: Event): void {
        const { run } = this.bound<Turn>(event, "chat");
        if (run) {
            this.component().leadToRun(run.id);
        }
    }

    onAttach(): void {
        void this.attaching.open();
    }

    onDetach(event: Tokenizer$TokenDeleteEvent): void {
        for (const token of event.getParameter("tokens") ?? []) {
            this.chat().detach(token.getBindingContext("chat")?.getObject() as Attachment);
        }
    }

    onTyped(): void {
        this.chat().typed();
    }

    onHeld(): void {
        this.chat().held();
    }

    onLatest(): void {
        this.follow.toEnd();
    }

    private chat(): ChatSession {
        return this.component().chat;
    }

    private async onMatched(event: Route$PatternMatchedEvent): Promise<void> {
        const { id } = event.getParameter("arguments") as { id?: string };
        const { chats, preferences } = this.component();
        if (!chats.loaded) {
            await chats.refresh();
        }
        const last = preferences.getProperty("/chat") as string;
        const shown = id ?? chats.items.find((chat) => chat.id === last)?.id ?? chats.items[0]?.id;
        if (shown && !id) {
            // The address names what is shown.
            this.router().navTo("chat", { id: shown }, true);
            return;
        }
        preferences.setProperty("/chat", shown ?? "");
        await this.chat().open(shown ?? null);
        this.follow.toEnd();
        this.typeHere();
    }

    private show(id: string | null): void {
        if (id) {
            this.router().navTo("chat", { id });
        } else {
            this.component().preferences.setProperty("/chat", "");
            void this.chat().open(null);
            this.router().navTo("chat", {});
        }
    }

    /** Where the next message is typed, when there is a chat. */
    private typeHere(): void {
        const message = this.control<TextArea>("message");
        message.getDomRef() ? message.focus() : this.control("newChat").focus();
    }

    private followTurns(): void {
        const dom = (id: string) => this.control(id).getDomRef() as HTMLElement | null;
        this.follow.attach(dom("turnsScroller"), dom("turns"));
    }

    /** The models and modes there are, after the window's own choice. */
    private offerChoices(): void {
        const { live, modes } = this.component();
        const models = () => {
            const rows = (live.model.getProperty("/models") ?? []) as ModelRow[];
            const usable = rows.filter(({ state }) => state !== "unsupported");
            const chosen = live.chosen?.name;
            const first = { id: "", name: chosen ? text("chatModelOfWindow", chosen) : text("chatModelOfWindowNone") };
            this.page.setProperty("/models", [first, ...usable.map(({ id, name }) => ({ id, name: marked(name, id) }))]);
            void this.chat().refresh();
        };
        const all = () => {
            const rows = (modes.model.getProperty("/items") ?? []) as Mode[];
            this.page.setProperty("/modes", [{ id: "", name: text("chatModeNone") }, ...rows]);
            void this.chat().refresh();
        };
        live.model.bindProperty("/models").attachChange(models);
        live.model.bindProperty("/chosen/id").attachChange(models);
        modes.model.bindProperty("/items").attachChange(all);
        models();
        all();
    }

    /** Enter sends, with Shift it begins a line; while an input method composes it is the method's. */
    private onMessageKey(event: KeyboardEvent): void {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            void this.onSend();
        }
    }

    private onKey(event: KeyboardEvent): void {
        if (isCovered()) {
            return;
        }
        if (event.key === "Escape" && this.chat().active) {
            event.stopPropagation();
            this.onStop();
        } else if (event.key === "n" && event.altKey) {
            event.preventDefault();
            void this.onNew();
        }
    }
}
