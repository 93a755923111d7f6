import type { Failure, Mode, TokenCount } from "../backend/studio";
import { count, NONE } from "./format";
import type { ModelRow } from "./models";
import { overrideCount, ruleOf, type FormatKind, type ParameterFields, toolNames } from "./parameters";
import { contextTarget } from "./targets";
import { text } from "./texts";
import type { Counting } from "./TokenCounter";

/** As "128 / 8,192 tokens". */
export function countText(counting: Counting, counted: TokenCount | null): string {
    return counting === "counted" && counted
        ? text("tokenCount", count(counted.tokens), count(counted.context_length))
        : text("tokenCount", NONE, NONE);
}

/** Where the count comes from, or why there is none. */
export function countSource(counting: Counting, counted: TokenCount | null, problem: Failure | null): string {
    if (counting === "counted" && counted) {
        return text(counted.tokens > counted.context_length ? "tokenCount.over" : "tokenCount.counted");
    }
    return problem?.message ?? text(`tokenCount.${counting}`);
}

export function countState(counted: TokenCount | null): "None" | "Warning" | "Error" {
    switch (counted ? contextTarget(counted.tokens, counted.context_length) : "None") {
        case "Bad":
            return "Error";
        case "Critical":
            return "Warning";
        default:
            return "None";
    }
}

export function countIcon(counted: TokenCount | null): string {
    const icons = { None: "", Warning: "sap-icon://status-critical", Error: "sap-icon://status-negative" };
    return icons[countState(counted)];
}

/** What a field means, what it takes and what it inherits. */
export function fieldTooltip(...parts: (string | null | undefined)[]): string {
    return parts.filter(Boolean).join("\n");
}

/** How many are set. Of what is passed only the first is read; the rest tells when it changes. */
export function parametersTitle(...fields: unknown[]): string {
    const [all] = fields as [ParameterFields | undefined];
    const set = all ? overrideCount(all) : 0;
    return set > 0 ? text("parametersSet", set) : text("parameters");
}

/** Whether anything is set on the page. As above, only the first of what is passed is read. */
export function canClear(...fields: unknown[]): boolean {
    const [all] = fields as [ParameterFields | undefined];
    return all !== undefined && Object.values(all).some((field) => (Array.isArray(field) ? field.length > 0 : Boolean(field)));
}

/** An example of a rule of that kind. */
export function rulePlaceholder(kind: FormatKind): string {
    const examples = {
        json: '{"type": "object", "properties": {"answer": {"type": "integer"}}, "required": ["answer"]}',
        regex: "(yes|no)",
        lark: 'start: word (", " word)*\nword: /[a-z]+/',
    };
    return kind === "" || kind === "text" ? "" : examples[kind];
}

/** What a rule of that kind is. */
export function ruleTooltip(kind: FormatKind): string {
    return kind === "" || kind === "text" ? "" : text(`formatRule.${kind}`);
}

export function systemPromptTitle(typed: string, none: boolean): string {
    return text(typed !== "" || none ? "systemPromptSet" : "systemPrompt");
}

/** What a mode changes. */
export function modeTooltip(mode: Mode | null | undefined, models: ModelRow[]): string {
    if (!mode) {
        return "";
    }
    return [mode.description, modeChanges(mode, models)].filter(Boolean).join("\n");
}

export function modeChanges(mode: Mode, models: ModelRow[]): string {
    const { system_prompt, stop, format, tools, tool_choice, ...numbers } = mode.parameters ?? {};
    const changes = [
        mode.model ? text("modeChanges.model", models.find(({ id }) => id === mode.model)?.name ?? mode.model) : "",
        ...Object.entries(numbers).map(([name, value]) => (value == null ? "" : `${text(`parameter.${name}`)} ${value}`)),
        stop ? `${text("parameter.stop")} ${stop.map((each) => JSON.stringify(each)).join(" ")}` : "",
        system_prompt ? text("modeChanges.systemPrompt") : "",
        tools ? `${text("parameter.tools")} ${toolNames(tools)?.join(" ") || NONE}` : "",
        tool_choice ? text(`toolChoice.${tool_choice}`) : "",
        format ? [text(`formatKind.${format.kind}`), ruleOf(format)].filter(Boolean).join(" ") : "",
    ].filter(Boolean);
    return changes.length > 0 ? changes.join(" · ") : text("modeChanges.none");
}

export function modeMark(mode: Mode): string {
    if (!mode.shipped) {
        return text("modeOwn");
    }
    return mode.changed ? text("modeChanged") : "";
}
