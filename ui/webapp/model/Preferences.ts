import type Context from "sap/ui/model/Context";
import JSONModel from "sap/ui/model/json/JSONModel";
import { initialColumns, type Columns } from "./historyFormat";
import { noOverrides, type ParameterFields } from "./parameters";

/** What the window remembers of one person's way of working, between starts. */
export interface Remembered {
    navigationExpanded: boolean;
    promptWidth: string;
    historyHeight: string;
    model: string | null;
    prompt: string;
    parameters: ParameterFields;
    systemPromptExpanded: boolean;
    parametersExpanded: boolean;
    mode: string | null;
    stream: boolean;
    answerView: "formatted" | "source" | "tokens";
    /** Whether the answers of a batch take the prompt's place too. */
    batchWide: boolean;
    /** The chat that was open last; empty for none. */
    chat: string;
    /** Whether the settings of a chat stand beside it. */
    chatSettings: boolean;
    historyFilters: boolean;
    historyColumns: Columns;
    exportFormat: string;
    exportPath: string;
    /** Of latency, quality and cost in a comparison. */
    weights: { latency: number; quality: number; cost: number };
}

const KEY = "nopenai.preferences";
const SAVE_AFTER_MS = 300;
const WIDE_PX = 1440;

export function initialPreferences(width: number): Remembered {
    return {
        navigationExpanded: width >= WIDE_PX,
        promptWidth: "42%",
        historyHeight: "36%",
        model: null,
        prompt: "",
        parameters: noOverrides(),
        systemPromptExpanded: false,
        parametersExpanded: false,
        mode: null,
        stream: true,
        answerView: "formatted",
        batchWide: width < WIDE_PX,
        chat: "",
        chatSettings: width >= WIDE_PX,
        historyFilters: false,
        historyColumns: initialColumns(),
        exportFormat: "csv",
        exportPath: "",
        weights: { latency: 30, quality: 40, cost: 30 },
    };
}

/** The stored preferences over the initial ones; whatever is damaged or of another type falls back. */
export function restored(stored: string | null, initial: Remembered): Remembered {
    let found: Record<string, unknown>;
    try {
        found = Object(JSON.parse(stored ?? "{}"));
    } catch {
        return initial;
    }
    const merged = merge(initial as unknown as Record<string, unknown>, found) as unknown as Remembered;
    merged.model = typeof found.model === "string" ? found.model : null;
    merged.mode = typeof found.mode === "string" ? found.mode : null;
    return merged;
}

/** A model that saves itself: a change is on disk within a moment. */
export default class Preferences extends JSONModel {
    private pending = 0;

    constructor(private readonly storage: Storage) {
        super(restored(storage.getItem(KEY), initialPreferences(window.innerWidth)));
        window.addEventListener("pagehide", () => this.save());
    }

    setProperty(path: string, value: unknown, context?: Context, asynchronously?: boolean): boolean {
        const changed = super.setProperty(path, value, context, asynchronously);
        this.pending ||= window.setTimeout(() => this.save(), SAVE_AFTER_MS);
        return changed;
    }

    private save(): void {
        clearTimeout(this.pending);
        this.pending = 0;
        this.storage.setItem(KEY, JSON.stringify(this.getData()));
    }
}

function merge(initial: Record<string, unknown>, found: Record<string, unknown>): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(initial)) {
        const other = found[key];
        if (typeof other !== typeof value || Array.isArray(other) !== Array.isArray(value)) {
            result[key] = value;
        } else if (Array.isArray(value)) {
            result[key] = (other as unknown[]).every((each) => typeof each === "string") ? other : value;
        } else if (typeof value === "object" && value !== null) {
            result[key] = merge(value as Record<string, unknown>, Object(other));
        } else {
            result[key] = other;
        }
    }
    return result;
}
