import type { AnswerFormat, ParameterOverrides, Parameters, ToolChoice } from "../backend/studio";

/** What an answer has to be; empty inherits. */
export type FormatKind = "" | AnswerFormat["kind"];

/**
 * What the fields of a person's overrides hold, as typed: an empty one inherits. That nothing shall stand where
 * something could be inherited is said by the flags.
 */
export interface ParameterFields {
    temperature: string;
    top_p: string;
    top_k: string;
    min_p: string;
    repetition_penalty: string;
    max_tokens: string;
    context_length: string;
    seed: string;
    stop: string[];
    no_stop: boolean;
    system_prompt: string;
    no_system_prompt: boolean;
    alternatives: string;
    format_kind: FormatKind;
    format_rule: string;
    tools: string;
    no_tools: boolean;
    tool_choice: "" | ToolChoice;
}

interface Range {
    least: number;
    most: number;
    whole: boolean;
    /** Whether `least` itself is out of range. */
    above?: boolean;
}

const MAX_STOPS = 8;
const MAX_STOP_CHARACTERS = 64;
const MAX_SYSTEM_PROMPT_BYTES = 65_536;
const MAX_RULE_BYTES = 65_536;
const MAX_TOOLS_BYTES = 65_536;

/** As the backend checks them. */
export const RANGES = {
    temperature: { least: 0, most: 2, whole: false },
    top_p: { least: 0, most: 1, whole: false, above: true },
    top_k: { least: 0, most: 1000, whole: true },
    min_p: { least: 0, most: 1, whole: false },
    repetition_penalty: { least: 0.5, most: 2, whole: false },
    max_tokens: { least: 1, most: 131_072, whole: true },
    context_length: { least: 128, most: 1_048_576, whole: true },
    seed: { least: 0, most: Number.MAX_SAFE_INTEGER, whole: true },
    alternatives: { least: 0, most: 20, whole: true },
} satisfies Record<string, Range>;

export type NumberField = keyof typeof RANGES;
export type Field = NumberField | "stop" | "system_prompt" | "format" | "tools" | "tool_choice";

export const NUMBER_FIELDS = Object.keys(RANGES) as NumberField[];

const DECIMAL = /^\d*[.,]?\d+$/;

export function noOverrides(): ParameterFields {
    return {
        temperature: "",
        top_p: "",
        top_k: "",
        min_p: "",
        repetition_penalty: "",
        max_tokens: "",
        context_length: "",
        seed: "",
        stop: [],
        no_stop: false,
        system_prompt: "",
        no_system_prompt: false,
        alternatives: "",
        format_kind: "",
        format_rule: "",
        tools: "",
        no_tools: false,
        tool_choice: "",
    };
}

/** The number a field holds; undefined when it is empty, NaN when it is none. */
function typedNumber(field: string): number | undefined {
    const typed = field.trim();
    if (typed === "") {
        return undefined;
    }
    return DECIMAL.test(typed) ? Number(typed.replace(",", ".")) : Number.NaN;
}

/** The first field whose value the backend would refuse. */
export function invalidField(fields: ParameterFields): Field | undefined {
    const number = NUMBER_FIELDS.find((name) => !fits(typedNumber(fields[name]), RANGES[name]));
    if (number) {
        return number;
    }
    const stopsFit = fields.stop.every((stop) => stop !== "" && [...stop].length <= MAX_STOP_CHARACTERS);
    if (fields.stop.length > MAX_STOPS || !stopsFit) {
        return "stop";
    }
    if (bytesOf(fields.system_prompt) > MAX_SYSTEM_PROMPT_BYTES) {
        return "system_prompt";
    }
    if (!ruleFits(fields)) {
        return "format";
    }
    return toolsFit(fields.tools) ? undefined : "tools";
}

function bytesOf(typed: string): number {
    return new TextEncoder().encode(typed).length;
}

/** Whether a rule is typed where one is needed, and a schema is JSON; the rest is known to the engine. */
function ruleFits({ format_kind: kind, format_rule: rule }: ParameterFields): boolean {
    if (kind === "" || kind === "text") {
        return true;
    }
    return rule.trim() !== "" && bytesOf(rule) <= MAX_RULE_BYTES && (kind !== "json" || isJson(rule));
}

/** Whether functions are declared as they have to be; the rest is known to the backend. */
function toolsFit(typed: string): boolean {
    return typed.trim() === "" || (bytesOf(typed) <= MAX_TOOLS_BYTES && toolNames(typed) !== null);
}

/** The names of the functions that are declared; null where that can't be read. */
export function toolNames(declared: string): string[] | null {
    if (declared.trim() === "") {
        return [];
    }
    try {
        const tools: unknown = JSON.parse(declared);
        const names = Array.isArray(tools) ? tools.map((tool) => tool?.function?.name ?? tool?.name) : [null];
        return names.every((name) => typeof name === "string") ? names : null;
    } catch {
        return null;
    }
}

function isJson(typed: string): boolean {
    try {
        JSON.parse(typed);
        return true;
    } catch {
        return false;
    }
}

function fits(value: number | undefined, { least, most, whole, above }: Range): boolean {
    if (value === undefined) {
        return true;
    }
    return (above ? value > least : value >= least) && value <= most && (!whole || Number.isSafeInteger(value));
}

export function toOverrides(fields: ParameterFields): ParameterOverrides {
    const overrides: ParameterOverrides = {};
    for (const name of NUMBER_FIELDS) {
        const value = typedNumber(fields[name]);
        if (value !== undefined) {
            overrides[name] = value;
        }
    }
    if (fields.stop.length > 0 || fields.no_stop) {
        overrides.stop = fields.stop;
    }
    if (fields.system_prompt !== "" || fields.no_system_prompt) {
        overrides.system_prompt = fields.system_prompt;
    }
    const { format_kind: kind, format_rule: rule } = fields;
    if (kind !== "") {
        overrides.format = kind === "text" ? { kind } : { kind, rule };
    }
    if (fields.tools.trim() !== "" || fields.no_tools) {
        overrides.tools = fields.tools;
    }
    if (fields.tool_choice !== "") {
        overrides.tool_choice = fields.tool_choice;
    }
    return overrides;
}

/** Parameters, or some of them, as fields: what is there is set, emptiness included. */
export function toFields(parameters: Parameters | ParameterOverrides): ParameterFields {
    const fields = noOverrides();
    for (const name of NUMBER_FIELDS) {
        const value = parameters[name];
        fields[name] = value == null ? "" : String(value);
    }
    fields.stop = [...(parameters.stop ?? [])];
    fields.no_stop = parameters.stop?.length === 0;
    fields.system_prompt = parameters.system_prompt ?? "";
    fields.no_system_prompt = parameters.system_prompt === "";
    fields.format_kind = parameters.format?.kind ?? "";
    fields.format_rule = ruleOf(parameters.format);
    fields.tools = parameters.tools ?? "";
    fields.no_tools = parameters.tools === "";
    fields.tool_choice = parameters.tool_choice ?? "";
    return fields;
}

/** The rule of a format; empty where any text will do. */
export function ruleOf(format: AnswerFormat | null | undefined): string {
    return format && format.kind !== "text" ? format.rule : "";
}

/** All of a run's parameters as overrides; without the seed, for another answer to the same question. */
export function asOverrides(parameters: Parameters): ParameterOverrides {
    return toOverrides({ ...toFields(parameters), seed: "" });
}

/** How many of the sampling parameters are overridden; the system prompt has a section of its own. */
export function overrideCount(fields: ParameterFields): number {
    const { system_prompt: _apart, ...rest } = toOverrides(fields);
    return Object.keys(rest).length;
}
