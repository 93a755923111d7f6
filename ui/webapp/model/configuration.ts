import type { ModelConfiguration, Parameters, RuntimeChoice } from "../backend/studio";
import type { ModelRow } from "./models";
import { invalidField, toFields, toOverrides, type Field, type NumberField, type ParameterFields } from "./parameters";

/** What a model runs with while nothing is configured; the backend's own defaults. */
export const DEFAULTS: Parameters = {
    temperature: 0.7,
    top_p: 0.95,
    top_k: 0,
    min_p: 0,
    repetition_penalty: 1,
    max_tokens: 512,
    context_length: null,
    seed: null,
    stop: [],
    system_prompt: "",
    alternatives: 0,
    format: { kind: "text" },
    tools: "",
    tool_choice: "auto",
};

/** The same as typed. */
export const DEFAULT_FIELDS = toFields(DEFAULTS);

const MEGABYTE = 1e6;
const WHOLE = /^\d{1,9}$/;

/** A model's configuration as typed. */
export interface ConfigurationForm {
    fields: ParameterFields;
    /** Megabytes; empty for none. */
    limit: string;
    /** Whether the model stays in memory. */
    pinned: boolean;
    runtime: RuntimeChoice;
    /** The chat template in place of the file's own; empty for its own. */
    template: string;
}

export type ConfigurationField = Field | "memory_limit_bytes";

export function toForm(configuration: ModelConfiguration): ConfigurationForm {
    const { parameters, memory_limit_bytes: limit, pinned, runtime, chat_template } = configuration;
    return {
        fields: toFields({ ...DEFAULTS, ...parameters }),
        limit: limit == null ? "" : String(Math.round(limit / MEGABYTE)),
        pinned: pinned ?? false,
        runtime,
        template: chat_template ?? "",
    };
}

/** What is shown while nothing is configured. */
export function defaultForm(): ConfigurationForm {
    return { fields: { ...DEFAULT_FIELDS }, limit: "", pinned: false, runtime: "auto", template: "" };
}

/** What is typed, with the default in the place of what is empty. */
export function toConfiguration({ fields, limit, pinned, runtime, template }: ConfigurationForm): ModelConfiguration {
    // What is typed never says null for a parameter that must have a value.
    const parameters = { ...DEFAULTS, ...toOverrides(fields) } as Parameters;
    return { parameters, memory_limit_bytes: limitBytes(limit), pinned, runtime, chat_template: template.trim() === "" ? null : template };
}

/** The limit in bytes; null while there is none or it is no number. */
export function limitBytes(limit: string): number | null {
    return WHOLE.test(limit.trim()) && Number(limit) > 0 ? Number(limit) * MEGABYTE : null;
}

/** The chat template that a model's file brings; empty for none. */
export function ownTemplate(models: ModelRow[] | null, id: string): string {
    return models?.find((row) => row.id === id)?.model.facts?.chat_template ?? "";
}

/** The first field that the backend would refuse. */
export function invalidIn({ fields, limit }: ConfigurationForm): ConfigurationField | undefined {
    return invalidField(fields) ?? (limit.trim() !== "" && limitBytes(limit) === null ? "memory_limit_bytes" : undefined);
}

/** The context length that is typed; null for the model's own, undefined while it is out of range. */
export function typedContext(fields: ParameterFields): number | null | undefined {
    const name: NumberField = "context_length";
    const only = { ...DEFAULT_FIELDS, [name]: fields[name] };
    return invalidField(only) ? undefined : (toOverrides(only)[name] ?? null);
}

export function sameForm(a: ConfigurationForm, b: ConfigurationForm): boolean {
    return JSON.stringify(toConfiguration(a)) === JSON.stringify(toConfiguration(b)) && a.limit === b.limit;
}
