import MessageToast from "sap/m/MessageToast";
import type Dialog from "sap/m/Dialog";
import type ResponsivePopover from "sap/m/ResponsivePopover";
import type Select from "sap/m/Select";
import type Event from "sap/ui/base/Event";
import type Control from "sap/ui/core/Control";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import type { Failure, Preset } from "../backend/studio";
import { chooseFile, chooseSave, type FileKind } from "../backend/window";
import Configurator from "../model/Configurator";
import { DEFAULT_FIELDS, ownTemplate, type ConfigurationField } from "../model/configuration";
import type Live from "../model/Live";
import type { ModelRow } from "../model/models";
import type Settings from "../model/Settings";
import { text } from "../model/texts";
import FragmentDialog from "./FragmentDialog";

/** The control of each field that can be refused. */
const CONTROLS: Record<ConfigurationField, string> = {
    temperature: "configTemperature",
    top_p: "configTopP",
    top_k: "configTopK",
    min_p: "configMinP",
    repetition_penalty: "configPenalty",
    max_tokens: "configMaxTokens",
    context_length: "configContext",
    seed: "configSeed",
    stop: "configStop",
    system_prompt: "configSystemPrompt",
    alternatives: "configAlternatives",
    format: "configFormatRule",
    tools: "configTools",
    tool_choice: "configToolChoice",
    memory_limit_bytes: "configLimit",
};

/** Configures how a model is used, with what that costs in memory. */
export default class ConfiguratorDialog extends FragmentDialog {
    private readonly configurator = new Configurator();
    /** What the two small popovers take: a preset's name, or a path. */
    private readonly file = new JSONModel({ name: "", path: "", exports: false, problem: null });
    private timer = 0;

    constructor(
        view: View,
        private readonly live: Live,
        private readonly settings: Settings,
        private readonly saved: () => void,
    ) {
        super(view, "Configurator");
    }

    async open(model: string): Promise<void> {
        await this.show();
        this.look();
        await this.configurator.open(model);
    }

    onModel(): void {
        void this.configurator.open(this.control<Select>("configModel").getSelectedKey());
    }

    /** Puts the file's own template where it can be changed. */
    onOwnTemplate(): void {
        const models = this.live.model.getProperty("/models") as ModelRow[];
        this.configurator.setTemplate(ownTemplate(models, this.configurator.modelId));
    }

    onNoTemplate(): void {
        this.configurator.setTemplate("");
    }

    onEdit(): void {
        this.configurator.edited();
    }

    onRuntime(): void {
        this.configurator.edited();
        void this.configurator.lookAtRuntimes();
    }

    onMeasureRuntimes(): void {
        void this.configurator.runtimes.measure();
    }

    onRequantize(): void {
        void this.configurator.runtimes.requantize();
    }

    onEditStop(event: Event): void {
        const { texts } = event.getParameters() as { texts: string[] };
        this.configurator.model.setProperty("/form/fields/stop", texts);
        this.configurator.edited();
    }

    async onSave(): Promise<void> {
        if (await this.configurator.save()) {
            this.saved();
            MessageToast.show(text("configurationSaved", this.modelName));
        } else {
            this.focusInvalid();
        }
    }

    async onReset(): Promise<void> {
        if (await this.configurator.reset(this.modelName)) {
            this.saved();
        }
    }

    onDiscard(): void {
        this.configurator.discard();
    }

    onApplyPreset(event: Event): void {
        void this.configurator.apply(preset(event));
    }

    onRemovePreset(event: Event): void {
        void this.configurator.remove(preset(event));
    }

    async onUndo(): Promise<void> {
        if (await this.configurator.undo()) {
            this.saved();
        }
    }

    onForgetUndo(): void {
        this.configurator.forgetUndo();
    }

    onSavePreset(): void {
        if (this.configurator.check()) {
            this.file.setProperty("/name", "");
            this.popover("presetPopover").openBy(this.control<Control>("presetsButton"));
        } else {
            this.focusInvalid();
        }
    }

    async onPresetNamed(): Promise<void> {
        const name = this.file.getProperty("/name") as string;
        if (name.trim() !== "") {
            this.onPresetCancel();
            await this.configurator.saveAs(name);
        }
    }

    onPresetCancel(): void {
        this.popover("presetPopover").close();
    }

    onExport(): void {
        if (this.configurator.check()) {
            this.askPath(true, "configExport");
        } else {
            this.focusInvalid();
        }
    }

    onImport(): void {
        this.askPath(false, "configImport");
    }

    async onBrowse(): Promise<void> {
        const kind: FileKind = { name: text("configurationFiles"), extensions: ["json"] };
        const exports = this.file.getProperty("/exports") as boolean;
        try {
            const title = text(exports ? "configExportTitle" : "configImportTitle");
            const path = await (exports ? chooseSave(title, `${this.modelName}.json`, kind) : chooseFile(title, kind));
            if (path !== null) {
                this.file.setProperty("/path", path);
            }
        } catch (error) {
            this.file.setProperty("/problem", error as Failure);
        }
    }

    async onFile(): Promise<void> {
        const { path, exports } = this.file.getData() as { path: string; exports: boolean };
        this.file.setProperty("/problem", null);
        try {
            if (exports) {
                await this.configurator.export(path.trim());
                MessageToast.show(text("configurationExported", path.trim()));
            } else {
                await this.configurator.import(path.trim());
            }
            this.onFileCancel();
        } catch (error) {
            this.file.setProperty("/problem", error as Failure);
        }
    }

    onFileCancel(): void {
        this.popover("filePopover").close();
    }

    /** What was typed and not saved is there again the next time, and said to be. */
    onClosed(): void {
        clearTimeout(this.timer);
        this.configurator.keepDraft();
        if (this.configurator.dirty) {
            MessageToast.show(text("configurationDraft", this.modelName));
        }
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.configurator.model, "config");
        dialog.setModel(this.configurator.runtimes.model, "runtimes");
        dialog.setModel(this.file, "file");
        dialog.setModel(new JSONModel(DEFAULT_FIELDS), "defaults");
    }

    /** What is free changes by itself. */
    private look(): void {
        clearTimeout(this.timer);
        this.timer = window.setTimeout(() => {
            void this.configurator.estimate();
            this.look();
        }, this.settings.values.refresh_interval_s * 1000);
    }

    private askPath(exports: boolean, by: string): void {
        this.file.setData({ name: "", path: "", exports, problem: null });
        this.popover("filePopover").openBy(this.control<Control>(by));
    }

    private focusInvalid(): void {
        const id = CONTROLS[this.configurator.invalid as ConfigurationField];
        if (id) {
            this.control<Control>(id).focus();
        }
    }

    private get modelName(): string {
        const rows = this.live.model.getProperty("/models") as { id: string; name: string }[];
        return rows.find(({ id }) => id === this.configurator.modelId)?.name ?? this.configurator.modelId;
    }

    private popover(id: string): ResponsivePopover {
        return this.control<ResponsivePopover>(id);
    }
}

function preset(event: Event): Preset {
    return (event.getSource() as Control).getBindingContext("config")?.getObject() as Preset;
}
