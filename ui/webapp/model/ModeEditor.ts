import JSONModel from "sap/ui/model/json/JSONModel";
import { removeMode, saveMode, type Failure, type Mode } from "../backend/studio";
import { invalidField, noOverrides, toFields, toOverrides, type ParameterFields } from "./parameters";
import { text } from "./texts";

const MAX_NAME = 40;
/** Stands for the model that is chosen when a run starts; no file has this name. */
const CHOSEN_MODEL = "*";
/** The unsaved form of a mode that is not there yet is kept under this identifier. */
const NEW = "";

interface EditorState {
    /** The mode under edit; its identifier is empty while it is new, all of it absent when nothing is chosen. */
    id: string | null;
    name: string;
    description: string;
    model: string;
    /** The models a mode can ask. */
    models: { id: string; name: string }[];
    shipped: boolean;
    changed: boolean;
    fields: ParameterFields;
    dirty: boolean;
    busy: boolean;
    /** What was removed or reset last, as it was. */
    undone: Mode | null;
    undoneText: string;
    problem: Failure | null;
}

/** Of the state, what belongs to the mode under edit. */
type Form = Omit<EditorState, "models" | "busy" | "undone" | "undoneText">;

/** The form over one mode at a time, and what becomes of it. */
export default class ModeEditor {
    readonly model = new JSONModel(initial());
    /** Which field is wrong, for the fields that are shared with the prompt's page. */
    readonly page = new JSONModel({ invalid: "", invalidText: "" });

    /** What was typed for modes and not saved, while others are edited. */
    private readonly drafts = new Map<string, Form>();
    private offered: { id: string; name: string }[] = [];

    constructor(private readonly refresh: () => Promise<void>) {}

    /** Tells which models there are; a mode keeps one that is gone. */
    offer(models: { id: string; name: string }[]): void {
        this.offered = models;
        this.offerOwn();
    }

    edit(mode: Mode | undefined): void {
        this.keepDraft();
        this.unmark();
        this.set(mode ? (this.drafts.get(mode.id) ?? formOf(mode)) : nothing());
        this.offerOwn();
    }

    /** A new one, empty or with the content of the one under edit. */
    add(name: string, copied: boolean): void {
        const { description, model, fields } = this.state;
        const content = copied ? { description, model, fields: { ...fields } } : {};
        this.keepDraft();
        this.unmark();
        const empty = { ...nothing(), id: NEW, name, dirty: true };
        this.set(copied ? { ...empty, ...content } : (this.drafts.get(NEW) ?? empty));
    }

    edited(): void {
        this.unmark();
        this.set({ dirty: true });
    }

    /** Goes back to the mode as it is saved; null for one that is not yet. */
    discard(mode: Mode | undefined): void {
        this.unmark();
        this.forgetDraft();
        this.set({ dirty: false });
        this.edit(mode);
    }

    /** Resolves with the saved mode, or null when it was refused. */
    async save(): Promise<Mode | null> {
        const { id, name, description, model, shipped, fields } = this.state;
        const invalid = name.trim() === "" || [...name.trim()].length > MAX_NAME ? "name" : invalidField(fields);
        if (invalid) {
            this.page.setData({ invalid, invalidText: text(`range.${invalid}`) });
            return null;
        }
        const mode: Mode = {
            id: id ?? "",
            name: name.trim(),
            description: description.trim(),
            model: model === CHOSEN_MODEL ? null : model,
            parameters: toOverrides(fields),
            shipped,
            changed: false,
        };
        return this.attempt(async () => {
            const saved = await saveMode(mode);
            this.forgetDraft();
            await this.refresh();
            this.set(formOf(saved));
            return saved;
        });
    }

    /** Removes a person's own mode, or brings a shipped one back to how it came. */
    async remove(mode: Mode): Promise<void> {
        await this.attempt(async () => {
            await removeMode(mode.id);
            this.forgetDraft();
            await this.refresh();
            this.set({ dirty: false, undone: mode, undoneText: text(mode.shipped ? "modeReset" : "modeRemoved", mode.name) });
        });
    }

    async undo(): Promise<Mode | null> {
        const { undone } = this.state;
        if (!undone) {
            return null;
        }
        return this.attempt(async () => {
            const saved = await saveMode(undone);
            await this.refresh();
            this.set({ ...formOf(saved), undone: null, undoneText: "" });
            return saved;
        });
    }

    forgetUndo(): void {
        this.set({ undone: null, undoneText: "" });
    }

    get state(): EditorState {
        return this.model.getData() as EditorState;
    }

    private unmark(): void {
        this.page.setData({ invalid: "", invalidText: "" });
    }

    private keepDraft(): void {
        const { id, name, description, model, shipped, changed, fields, dirty } = this.state;
        if (id !== null && dirty) {
            this.drafts.set(id, { id, name, description, model, shipped, changed, fields, dirty, problem: null });
        }
    }

    private forgetDraft(): void {
        this.drafts.delete(this.state.id ?? NEW);
    }

    private offerOwn(): void {
        const { model } = this.state;
        const known = [{ id: CHOSEN_MODEL, name: text("modeAnyModel") }, ...this.offered];
        this.set({ models: known.some(({ id }) => id === model) ? known : [...known, { id: model, name: model }] });
    }

    private async attempt<Result>(action: () => Promise<Result>): Promise<Result | null> {
        this.set({ busy: true, problem: null });
        try {
            return await action();
        } catch (error) {
            this.set({ problem: error as Failure });
            return null;
        } finally {
            this.set({ busy: false });
        }
    }

    private set(change: Partial<EditorState>): void {
        this.model.setData({ ...this.state, ...change });
    }
}

function initial(): EditorState {
    return { ...nothing(), models: [], busy: false, undone: null, undoneText: "" };
}

function nothing(): Form {
    return {
        id: null,
        name: "",
        description: "",
        model: CHOSEN_MODEL,
        shipped: false,
        changed: false,
        fields: noOverrides(),
        dirty: false,
        problem: null,
    };
}

function formOf(mode: Mode): Form {
    return {
        id: mode.id,
        name: mode.name,
        description: mode.description ?? "",
        model: mode.model ?? CHOSEN_MODEL,
        shipped: mode.shipped ?? false,
        changed: mode.changed ?? false,
        fields: toFields(mode.parameters ?? {}),
        dirty: false,
        problem: null,
    };
}
