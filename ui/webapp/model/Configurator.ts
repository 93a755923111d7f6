import JSONModel from "sap/ui/model/json/JSONModel";
import {
    estimateMemory,
    exportConfiguration,
    getConfiguration,
    importConfiguration,
    listPresets,
    removePreset,
    resetConfiguration,
    saveConfiguration,
    savePreset,
    type Failure,
    type MemoryReport,
    type Preset,
} from "../backend/studio";
import {
    defaultForm,
    invalidIn,
    sameForm,
    toConfiguration,
    toForm,
    typedContext,
    type ConfigurationForm,
} from "./configuration";
import { isRemote } from "./remoteFormat";
import Runtimes from "./Runtimes";
import { text } from "./texts";

const ESTIMATE_AFTER_MS = 250;

/** The form as it was opened or saved last, and what is typed over it. */
interface Draft {
    kept: ConfigurationForm;
    form: ConfigurationForm;
    saved: boolean;
}

interface State {
    model: string;
    form: ConfigurationForm;
    /** Whether what is typed differs from what is kept. */
    dirty: boolean;
    /** Whether a person configured the model at all. */
    saved: boolean;
    busy: boolean;
    problem: Failure | null;
    invalid: string;
    invalidText: string;
    report: MemoryReport | null;
    reportProblem: Failure | null;
    presets: Preset[];
    /** What was removed or reset last, in words; empty when nothing can be brought back. */
    undoText: string;
}

/** How one model is used: the form over its configuration, with what it would cost in memory. */
export default class Configurator {
    readonly model = new JSONModel({
        model: "",
        form: defaultForm(),
        dirty: false,
        saved: false,
        busy: false,
        problem: null,
        invalid: "",
        invalidText: "",
        report: null,
        reportProblem: null,
        presets: [],
        undoText: "",
    } satisfies State);
    readonly runtimes = new Runtimes();
    private bringBack: (() => Promise<void>) | null = null;
    /** What was typed and not saved, by model. */
    private readonly drafts = new Map<string, Draft>();
    private kept: ConfigurationForm = this.state.form;
    private estimating = 0;
    private timer = 0;

    /** Shows a model's configuration, or what was typed over it before. */
    async open(model: string): Promise<void> {
        this.keepDraft();
        const draft = this.drafts.get(model);
        this.unmark();
        this.set({ model, report: null, reportProblem: null, problem: null, busy: !draft });
        if (draft) {
            this.show(draft);
        }
        await this.attempt(async () => {
            const { configuration, saved } = await getConfiguration(model);
            if (model === this.state.model && !draft) {
                const kept = toForm(configuration);
                this.show({ kept, form: structuredClone(kept), saved });
            }
        });
        this.set({ busy: false });
        await Promise.all([this.estimate(), this.readPresets(), this.lookAtRuntimes()]);
    }

    get modelId(): string {
        return this.state.model;
    }

    get dirty(): boolean {
        return this.state.dirty;
    }

    get invalid(): string {
        return this.state.invalid;
    }

    /** Something was typed. */
    edited(): void {
        this.unmark();
        this.set({ dirty: !sameForm(this.state.form, this.kept) });
        clearTimeout(this.timer);
        this.timer = window.setTimeout(() => void this.estimate(), ESTIMATE_AFTER_MS);
    }

    setTemplate(template: string): void {
        this.set({ form: { ...this.state.form, template } });
        this.edited();
    }

    /** What would answer with what is chosen. */
    async lookAtRuntimes(): Promise<void> {
        const { model, form } = this.state;
        if (!isRemote(model)) {
            await this.runtimes.look(model, form.runtime);
        }
    }

    /** Keeps what was typed for the next time. */
    keepDraft(): void {
        const { model, form, dirty, saved } = this.state;
        if (dirty) {
            this.drafts.set(model, { kept: this.kept, form, saved });
        } else {
            this.drafts.delete(model);
        }
    }

    discard(): void {
        this.replace(this.kept);
    }

    /** Brings the model back to the defaults, at once; `name` is what it is called. */
    async reset(name: string): Promise<boolean> {
        const { model, form, saved } = this.state;
        const before = { kept: this.kept, form, saved };
        return this.attempt(async () => {
            await resetConfiguration(model);
            const kept = defaultForm();
            this.show({ kept, form: structuredClone(kept), saved: false });
            this.offerUndo(text("configurationReset", name), () => this.unreset(model, before));
            await Promise.all([this.estimate(), this.lookAtRuntimes()]);
        });
    }

    async save(): Promise<boolean> {
        const { form, model } = this.state;
        if (!this.check(form)) {
            return false;
        }
        return this.attempt(async () => {
            await saveConfiguration(model, toConfiguration(form));
            this.show({ kept: structuredClone(form), form, saved: true });
            await Promise.all([this.estimate(), this.lookAtRuntimes()]);
        });
    }

    async apply(preset: Preset): Promise<void> {
        this.replace(toForm(preset.configuration));
        await this.estimate();
    }

    /** Keeps what is typed as a preset, in place of one of the same name. */
    async saveAs(name: string): Promise<boolean> {
        const { form } = this.state;
        if (!this.check(form)) {
            return false;
        }
        return this.attempt(async () => {
            await savePreset({ name: name.trim(), configuration: toConfiguration(form) });
            await this.readPresets();
        });
    }

    async remove(preset: Preset): Promise<void> {
        await this.attempt(async () => {
            await removePreset(preset.name);
            this.offerUndo(text("presetRemoved", preset.name), async () => {
                await savePreset(preset);
                await this.readPresets();
            });
            await this.readPresets();
        });
    }

    /** Brings back what was removed or reset last. */
    async undo(): Promise<boolean> {
        const { bringBack } = this;
        if (!bringBack) {
            return false;
        }
        return this.attempt(async () => {
            await bringBack();
            this.forgetUndo();
        });
    }

    forgetUndo(): void {
        this.bringBack = null;
        this.set({ undoText: "" });
    }

    /** Throws what went wrong: that belongs beside the path. */
    async export(path: string): Promise<void> {
        await exportConfiguration(toConfiguration(this.state.form), path);
    }

    /** Throws what went wrong: that belongs beside the path. */
    async import(path: string): Promise<void> {
        this.replace(toForm(await importConfiguration(path)));
        await this.estimate();
    }

    /** Whether everything typed is in range; what is not is marked. */
    check(form = this.state.form): boolean {
        const invalid = invalidIn(form);
        this.set({ invalid: invalid ?? "", invalidText: invalid ? text(`range.${invalid}`) : "" });
        return invalid === undefined;
    }

    /** Asks again what the model would need and what there is. */
    async estimate(): Promise<void> {
        const { model, form } = this.state;
        const context = typedContext(form.fields);
        const asked = ++this.estimating;
        if (!model || isRemote(model) || context === undefined) {
            return;
        }
        try {
            const report = await estimateMemory(model, context);
            if (asked === this.estimating) {
                this.set({ report, reportProblem: null });
            }
        } catch (error) {
            if (asked === this.estimating) {
                this.set({ report: null, reportProblem: error as Failure });
            }
        }
    }

    private offerUndo(undoText: string, bringBack: () => Promise<void>): void {
        this.bringBack = bringBack;
        this.set({ undoText });
    }

    private async unreset(model: string, before: Draft): Promise<void> {
        if (before.saved) {
            await saveConfiguration(model, toConfiguration(before.kept));
        }
        if (model === this.state.model) {
            this.show(before);
            await Promise.all([this.estimate(), this.lookAtRuntimes()]);
        }
    }

    private async readPresets(): Promise<void> {
        await this.attempt(async () => this.set({ presets: await listPresets() }));
    }

    private replace(form: ConfigurationForm): void {
        this.set({ form: structuredClone(form) });
        this.edited();
        void this.lookAtRuntimes();
    }

    private show({ kept, form, saved }: Draft): void {
        this.kept = kept;
        this.unmark();
        this.set({ form, saved, dirty: !sameForm(form, kept) });
    }

    private unmark(): void {
        this.set({ invalid: "", invalidText: "" });
    }

    private async attempt(action: () => Promise<void>): Promise<boolean> {
        this.set({ problem: null });
        try {
            await action();
            return true;
        } catch (error) {
            const problem = error as Failure;
            const field = typeof problem.details.field === "string" ? problem.details.field : "";
            this.set({ problem, invalid: field, invalidText: field ? problem.message : "" });
            return false;
        }
    }

    private get state(): State {
        return this.model.getData() as State;
    }

    private set(change: Partial<State>): void {
        this.model.setData({ ...this.state, ...change });
    }
}
