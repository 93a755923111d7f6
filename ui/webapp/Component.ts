import MessageToast from "sap/m/MessageToast";
import type Control from "sap/ui/core/Control";
import type View from "sap/ui/core/mvc/View";
import UIComponent from "sap/ui/core/UIComponent";
import type ResourceModel from "sap/ui/model/resource/ResourceModel";
import { watch, type Change, type Failure } from "./backend/studio";
import CompareDialog from "./controller/CompareDialog";
import EvaluationsDialog from "./controller/EvaluationsDialog";
import type { Candidate } from "./controller/RunPicker";
import Attention from "./model/attention";
import Chats from "./model/Chats";
import ChatSession from "./model/ChatSession";
import Evaluations from "./model/Evaluations";
import History from "./model/History";
import Live from "./model/Live";
import Batch from "./model/Batch";
import { askedModel, canAssess } from "./model/answerFormat";
import Downloads from "./model/Downloads";
import Draft, { type DraftSubject } from "./model/Draft";
import type { ModelRow } from "./model/models";
import Modes from "./model/Modes";
import { invalidField, toFields, toOverrides, type ParameterFields } from "./model/parameters";
import Notifications from "./model/Notifications";
import Preferences from "./model/Preferences";
import PromptSession from "./model/PromptSession";
import Settings from "./model/Settings";
import Tasks from "./model/Tasks";
import Team from "./model/Team";
import { text, useTexts } from "./model/texts";
import { applyLook, onSystemColours } from "./model/theme";

/**
 * @namespace nopenai.studio
 */
export default class Component extends UIComponent {
    public static metadata = { manifest: "json", interfaces: ["sap.ui.core.IAsyncContentCreation"] };

    preferences: Preferences;
    live: Live;
    settings: Settings;
    notifications: Notifications;
    tasks: Tasks;
    team: Team;
    downloads: Downloads;
    private attention: Attention;
    history: History;
    session: PromptSession;
    modes: Modes;
    draft: Draft;
    batch: Batch;
    evaluations: Evaluations;
    chats: Chats;
    chat: ChatSession;
    private comparison: CompareDialog | undefined;
    private evaluation: EvaluationsDialog | undefined;

    init(): void {
        super.init();
        void this.rootControlLoaded().then(() => this.getRouter().initialize());
    }

    exit(): void {
        this.live.stop();
        this.settings.stop();
    }

    async createContent(): Promise<Control> {
        useTexts(await (this.getModel("i18n") as ResourceModel).getResourceBundle());
        this.createModels();
        this.start();
        // The views' owner is known only to synchronous code, and an await came between.
        return this.runAsOwner(() => super.createContent()) as Promise<Control>;
    }

    /** Shows a recorded run and puts its prompt and parameters back where they were typed. */
    async openRun(id: string): Promise<void> {
        const { session, preferences, modes } = this;
        const sent = session.request?.prompt;
        const run = await session.open(id);
        if (run) {
            this.keepUnsent(run.prompt, sent);
            preferences.setProperty("/prompt", run.prompt);
            preferences.setProperty("/parameters", toFields(run.parameters));
            modes.choose(run.mode?.id ?? "");
        }
    }

    /** Asks a recorded run's prompt again, with the same parameters and a new seed. */
    async rerun(id: string): Promise<void> {
        const { session, batch } = this;
        await this.openRun(id);
        if (session.run !== id || !session.request) {
            return;
        }
        batch.show(false);
        await session.ask(session.request);
        if (session.run) {
            this.getRouter().navTo("promptTesting", { run: session.run }, true);
        }
    }

    /** Compares two runs; each that is not given can be chosen. */
    async compare(a?: string, b?: string): Promise<void> {
        const root = this.getRootControl() as View;
        this.comparison ??= new CompareDialog(root, this.preferences, () => this.candidates());
        await this.comparison.open(a ?? null, b ?? null);
    }

    /** Shows the prompt sets and what models make of them, or one evaluation. */
    async evaluate(evaluation?: string): Promise<void> {
        const root = this.getRootControl() as View;
        this.evaluation ??= new EvaluationsDialog(root, this);
        await this.evaluation.open(evaluation);
    }

    /** Leads to a run of the history, unless another is being answered on the page. */
    leadToRun(run: string): boolean {
        if (this.session.active) {
            MessageToast.show(text("runUnderWay"));
            return false;
        }
        this.getRouter().navTo("promptTesting", { run });
        return true;
    }

    /** Remembers the prompt on the page when another takes its place and it was never sent. */
    keepUnsent(next: string, sent = this.session.request?.prompt): void {
        const { draft, preferences, modes } = this;
        const prompt = preferences.getProperty("/prompt") as string;
        const parameters = structuredClone(preferences.getProperty("/parameters") as ParameterFields);
        const unsent = prompt.trim() !== "" && prompt !== next && prompt !== sent;
        draft.keep(unsent ? { prompt, parameters, mode: modes.chosen?.id ?? "" } : null);
    }

    /** The runs on the page. */
    private candidates(): Candidate[] {
        const { session, batch } = this;
        const current =
            session.run && session.request && canAssess(session.run, session.phase)
                ? [{ id: session.run, title: session.request.prompt, origin: text("pickerCurrent") }]
                : [];
        const columns = batch.columns.flatMap((column) =>
            column.session.run && canAssess(column.session.run, column.session.phase) ? [{ id: column.session.run, title: column.title, origin: text("batch") }] : [],
        );
        return [...current, ...columns];
    }

    private createModels(): void {
        this.preferences = new Preferences(localStorage);
        this.history = new History();
        this.session = new PromptSession();
        this.live = new Live(this.preferences.getProperty("/model") as string | null, () => this.history.changed());
        this.modes = new Modes({
            get: () => this.preferences.getProperty("/mode") as string | null,
            set: (mode) => void this.preferences.setProperty("/mode", mode),
        });
        this.draft = new Draft(() => this.nextRun());
        this.batch = new Batch();
        this.chats = new Chats();
        this.chat = new ChatSession({
            chosen: () => this.live.chosen,
            models: () => this.live.model.getProperty("/models") as ModelRow[],
            mode: (id) => this.modes.find(id) ?? null,
        });
        this.setModel(this.chats.model, "chats");
        this.setModel(this.chat.model, "chat");
        this.setModel(this.chat.answer.model, "reply");
        this.setModel(this.modes.model, "modes");
        this.setModel(this.draft.model, "draft");
        this.setModel(this.batch.model, "batch");
        this.settings = new Settings(
            {
                busy: () => this.isRunning(),
                reload: () => window.location.reload(),
                storage: localStorage,
            },
            ({ refresh_interval_s }) => (this.live.memoryPace = refresh_interval_s),
        );
        this.notifications = new Notifications();
        this.tasks = new Tasks();
        this.team = new Team();
        this.evaluations = new Evaluations();
        this.downloads = new Downloads();
        this.attention = new Attention(() => this.settings.values.system_notifications);
        this.setModel(this.settings.model, "settings");
        this.setModel(this.notifications.model, "notifications");
        this.setModel(this.tasks.model, "tasks");
        this.setModel(this.team.model, "team");
        this.setModel(this.evaluations.model, "evaluations");
        this.setModel(this.downloads.model, "downloads");
        this.setModel(this.preferences, "preferences");
        this.setModel(this.live.model, "live");
        this.setModel(this.history.model, "history");
        this.setModel(this.session.model, "answer");
    }

    private start(): void {
        onSystemColours(() => applyLook(this.settings.values));
        this.callBack();
        watch((change) => this.onChange(change)).catch((error: Failure) => this.live.lost(error));
        void this.history.refresh();
        void this.modes.refresh();
        void this.draft.readExamples();
    }

    private onChange(change: Change): void {
        this.live.onChange(change);
        switch (change.kind) {
            case "engine":
                this.tasks.onEngine(change.engine);
                break;
            case "tasks":
                this.tasks.onTasks(change.tasks);
                break;
            case "chats":
                this.chats.changed();
                this.chat.changed();
                break;
            case "evaluations":
                this.evaluations.changed();
                break;
            case "downloads":
                this.downloads.onDownloads(change.downloads);
                break;
            case "settings":
                this.settings.apply(change.settings);
                break;
            case "modes":
                void this.modes.refresh();
                break;
            case "sync":
                this.team.onStatus(change.sync);
                break;
            case "unread":
                this.notifications.onUnread(change.unread);
                break;
            case "notification":
                this.notifications.onNotification(change.notification);
                this.attention.onNotification(change.notification);
                break;
        }
    }

    /** Whether this window waits for an answer. */
    private isRunning(): boolean {
        return this.session.active || this.batch.running || this.chat.active;
    }

    /** Calls the person back through the system when a long run ends behind their back. */
    private callBack(): void {
        const told = (session: PromptSession) => () =>
            this.attention.onRuns(this.isRunning(), session.model.getProperty("/outcome") === "failed");
        const heard = told(this.session);
        this.chat.model.bindProperty("/answering").attachChange(told(this.chat.answer));
        this.session.model.bindProperty("/phase").attachChange(heard);
        this.batch.model.bindProperty("/running").attachChange(heard);
    }

    /** What Run would send; null while a parameter is out of range. */
    private nextRun(): DraftSubject | null {
        const { preferences, live, modes } = this;
        const fields = preferences.getProperty("/parameters") as ParameterFields;
        if (invalidField(fields)) {
            return null;
        }
        const models = live.model.getProperty("/models") as ModelRow[];
        return {
            model: askedModel(modes.chosen, live.chosen, models)?.id ?? null,
            mode: modes.chosen,
            prompt: preferences.getProperty("/prompt") as string,
            overrides: toOverrides(fields),
        };
    }
}
