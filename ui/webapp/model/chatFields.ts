import type { ChatSettings, ContextPolicy } from "../backend/studio";
import { invalidField, noOverrides, toFields, toOverrides, type Field, type ParameterFields } from "./parameters";

/** How a chat is held, as it is typed and chosen; an empty model or mode leaves the choice to the window. */
export interface ChatFields {
    model: string;
    mode: string;
    policy: ContextPolicy;
    parameters: ParameterFields;
}

export function asFields(settings: ChatSettings | null): ChatFields {
    return {
        model: settings?.model ?? "",
        mode: settings?.mode ?? "",
        policy: settings?.context_policy ?? "refuse",
        parameters: settings ? toFields(settings.parameters ?? {}) : noOverrides(),
    };
}

export function asSettings(fields: ChatFields, title: string): ChatSettings {
    return {
        title,
        model: fields.model || null,
        mode: fields.mode || null,
        parameters: toOverrides(fields.parameters),
        context_policy: fields.policy,
    };
}

/** The first parameter that is out of range; nothing when none is. Only the first of what is passed is read. */
export function outOfRange(...parameters: unknown[]): Field | "" {
    return (parameters[0] ? invalidField(parameters[0] as ParameterFields) : undefined) ?? "";
}

export function isValid(fields: ChatFields): boolean {
    return outOfRange(fields.parameters) === "";
}
