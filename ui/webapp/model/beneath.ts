import type { Configured, Mode, Parameters } from "../backend/studio";
import { count, NONE } from "./format";
import { NUMBER_FIELDS, toolNames, type Field } from "./parameters";
import { text } from "./texts";

/** What stands in an empty field, and the sentence that says where it comes from. */
export interface Inherited {
    placeholder: string;
    source: string;
}

export type Beneath = Record<Field, Inherited>;

const FIELDS: Field[] = [...NUMBER_FIELDS, "stop", "system_prompt", "format", "tools", "tool_choice"];

/** What each field inherits, and from where. */
export function beneath(effective: Parameters | null, mode: Mode | null, configured: Configured | null): Beneath {
    return record((field) => {
        if (!effective) {
            return { placeholder: "", source: "" };
        }
        const value = shown(field, effective);
        const { name, kind } = origin(field, mode, configured);
        const placeholder = field === "system_prompt" ? value : `${value} · ${name}`;
        return { placeholder, source: text(`inheritedFrom.${kind}`, value, name) };
    });
}

/** For fields over nothing in particular, as those of a mode. */
export function beneathNothing(): Beneath {
    return record(() => ({ placeholder: text("inherited"), source: text("inheritedTooltip") }));
}

function record(of: (field: Field) => Inherited): Beneath {
    return Object.fromEntries(FIELDS.map((field) => [field, of(field)])) as Beneath;
}

function origin(field: Field, mode: Mode | null, configured: Configured | null): { name: string; kind: string } {
    if (mode && mode.parameters?.[field] != null) {
        return { name: mode.name, kind: "mode" };
    }
    return configured?.saved
        ? { name: text("originModel"), kind: "model" }
        : { name: text("originDefault"), kind: "default" };
}

function shown(field: Field, parameters: Parameters): string {
    switch (field) {
        case "system_prompt":
            return parameters.system_prompt || text("nothingSet");
        case "stop":
            return parameters.stop?.map((stop) => JSON.stringify(stop)).join(" ") || text("nothingSet");
        case "seed":
            return parameters.seed == null ? text("seedDrawn") : String(parameters.seed);
        case "context_length":
            return parameters.context_length == null ? text("contextWhole") : count(parameters.context_length);
        case "format":
            return text(`formatKind.${parameters.format.kind}`);
        case "tools":
            return toolNames(parameters.tools)?.join(" ") || text("nothingSet");
        case "tool_choice":
            return text(`toolChoice.${parameters.tool_choice}`);
        case "max_tokens":
            return count(parameters.max_tokens);
        default:
            return parameters[field] == null ? NONE : String(parameters[field]);
    }
}
