import type Control from "sap/ui/core/Control";
import UIComponent from "sap/ui/core/UIComponent";
import type ResourceModel from "sap/ui/model/resource/ResourceModel";
import { watch, type Failure } from "./backend/studio";
import History from "./model/History";
import Live from "./model/Live";
import { toFields } from "./model/parameters";
import Preferences from "./model/Preferences";
import PromptSession from "./model/PromptSession";
import { useTexts } from "./model/texts";
import { applyTheme, followSystem, type ThemeChoice } from "./model/theme";

/**
 * @namespace nopenai.studio
 */
export default class Component extends UIComponent {
    public static metadata = { manifest: "json", interfaces: ["sap.ui.core.IAsyncContentCreation"] };

    preferences: Preferences;
    live: Live;
    history: History;
    session: PromptSession;

    init(): void {
        super.init();
        void this.rootControlLoaded().then(() => this.getRouter().initialize());
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
        const run = await this.session.open(id);
        if (run) {
            this.preferences.setProperty("/prompt", run.prompt);
            this.preferences.setProperty("/parameters", toFields(run.parameters));
        }
    }

    private createModels(): void {
        this.preferences = new Preferences(localStorage);
        this.history = new History();
        this.session = new PromptSession();
        this.live = new Live(this.preferences.getProperty("/model") as string | null, () => this.history.changed());
        this.setModel(this.preferences, "preferences");
        this.setModel(this.live.model, "live");
        this.setModel(this.history.model, "history");
        this.setModel(this.session.model, "answer");
    }

    private start(): void {
        const theme = () => this.preferences.getProperty("/theme") as ThemeChoice;
        applyTheme(theme());
        followSystem(theme);
        watch((change) => this.live.onChange(change)).catch((error: Failure) => this.live.lost(error));
        void this.history.refresh();
    }
}
