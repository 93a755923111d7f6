import type Dialog from "sap/m/Dialog";
import type Input from "sap/m/Input";
import type SegmentedButton from "sap/m/SegmentedButton";
import type Select from "sap/m/Select";
import type StepInput from "sap/m/StepInput";
import type Switch from "sap/m/Switch";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import type { Failure, Settings as Values } from "../backend/studio";
import { chooseFolder, openPath } from "../backend/window";
import { languages } from "../model/languages";
import type Settings from "../model/Settings";
import { budgetBytes, budgetText, idleChoices, idleMinutes } from "../model/settingsFormat";
import { text } from "../model/texts";
import FragmentDialog from "./FragmentDialog";

/** What a person sets for the whole application; every change takes effect at once. */
export default class SettingsDialog extends FragmentDialog {
    private readonly choices = new JSONModel({ languages: [], idle: [], folder: "", budget: "" });

    constructor(
        view: View,
        private readonly settings: Settings,
        private readonly folder: () => string,
    ) {
        super(view, "Settings");
    }

    async open(): Promise<void> {
        const { models_folder: folder, memory_budget_bytes: budget, idle_unload_minutes: idle } = this.settings.values;
        this.choices.setData({
            languages: languages(),
            idle: idleChoices(idle),
            folder: folder ?? "",
            budget: budgetText(budget),
        });
        await this.show();
    }

    onTheme(): void {
        void this.change({ theme: this.control<Select>("settingsTheme").getSelectedKey() as Values["theme"] });
    }

    onLanguage(): void {
        void this.change({ language: this.control<Select>("settingsLanguage").getSelectedKey() });
    }

    onDensity(): void {
        const density = this.control<SegmentedButton>("settingsDensity").getSelectedKey();
        void this.change({ density: density as Values["density"] });
    }

    onMode(): void {
        void this.change({ default_mode: this.control<Select>("settingsMode").getSelectedKey() });
    }

    onInterval(): void {
        void this.change({ refresh_interval_s: this.control<StepInput>("settingsInterval").getValue() });
    }

    onNotifications(): void {
        void this.change({ system_notifications: this.control<Switch>("settingsNotifications").getState() });
    }

    onBudget(): void {
        const budget = budgetBytes(this.choices.getProperty("/budget") as string);
        if (budget === undefined) {
            const problem = { code: "invalid_input", message: text("memoryBudgetRange"), details: { field: "memory_budget_bytes" } } as const;
            this.settings.say(problem);
        } else if (budget !== (this.settings.values.memory_budget_bytes ?? null)) {
            void this.change({ memory_budget_bytes: budget });
        } else {
            this.settings.forgetProblem();
        }
    }

    onIdle(): void {
        void this.change({ idle_unload_minutes: idleMinutes(this.control<Select>("settingsIdle").getSelectedKey()) });
    }

    onFolder(): void {
        const typed = (this.choices.getProperty("/folder") as string).trim();
        if (typed !== (this.settings.values.models_folder ?? "")) {
            void this.change({ models_folder: typed || null });
        }
    }

    async onBrowse(): Promise<void> {
        await this.orSay(async () => {
            const chosen = await chooseFolder(text("chooseModelsFolder"));
            if (chosen !== null) {
                await this.setFolder(chosen);
            }
        });
    }

    onDefaultFolder(): void {
        void this.setFolder("");
    }

    onOpenFolder(): void {
        void this.orSay(() => openPath(this.folder()));
    }

    onReload(): void {
        this.settings.reload();
    }

    onClosed(): void {
        this.settings.forgetProblem();
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.choices, "choices");
    }

    private async setFolder(folder: string): Promise<void> {
        this.choices.setProperty("/folder", folder);
        await this.change({ models_folder: folder || null });
    }

    /** What was refused goes back on screen to what it is; a folder stays as it was typed, to be corrected. */
    private async change(change: Partial<Values>): Promise<void> {
        if (!(await this.settings.change(change))) {
            this.settings.model.refresh(true);
            if (this.settings.model.getProperty("/invalid") === "models_folder") {
                this.control<Input>("settingsFolder").focus();
            }
        }
    }

    private async orSay(action: () => Promise<void>): Promise<void> {
        try {
            await action();
        } catch (error) {
            this.settings.say(error as Failure);
        }
    }
}
