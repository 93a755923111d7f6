import type { Run } from "../backend/studio";
import { NONE } from "./format";
import { NUMBER_FIELDS, ruleOf, toolNames } from "./parameters";
import { runtimeName } from "./runtimeFormat";
import { text } from "./texts";

type Parameters = Run["parameters"];

/** One thing known of a run: what it is and its value. */
export interface Fact {
    label: string;
    value: string;
}

/** With which parameters a run was made, all of them, by which template and which runtime. */
export function runFacts({ parameters, runtime, chat_template }: Pick<Run, "parameters" | "runtime" | "chat_template">): Fact[] {
    const numbers = NUMBER_FIELDS.map((name) => ({ label: text(`parameter.${name}`), value: numberText(name, parameters) }));
    const stop = parameters.stop.map((each) => JSON.stringify(each)).join(" ");
    return [
        ...numbers,
        { label: text("parameter.stop"), value: stop || NONE },
        { label: text("parameter.format"), value: [text(`formatKind.${parameters.format.kind}`), ruleOf(parameters.format)].filter(Boolean).join(" ") },
        { label: text("parameter.tools"), value: toolNames(parameters.tools)?.join(" ") || NONE },
        { label: text("parameter.tool_choice"), value: parameters.tools ? text(`toolChoice.${parameters.tool_choice}`) : NONE },
        { label: text("chatTemplate"), value: text(chat_template ? "templateOther" : "templateOwn") },
        { label: text("runtime"), value: runtimeName(runtime) },
    ];
}

function numberText(name: (typeof NUMBER_FIELDS)[number], parameters: Parameters): string {
    const value = parameters[name];
    if (value === null) {
        return name === "context_length" ? text("contextWhole") : NONE;
    }
    return String(value);
}
