import type { Run } from "../backend/studio";
import { NONE } from "./format";
import { NUMBER_FIELDS } from "./parameters";
import { runtimeName } from "./runtimeFormat";
import { text } from "./texts";

type Parameters = Run["parameters"];

/** One thing known of a run: what it is and its value. */
export interface Fact {
    label: string;
    value: string;
}

/** With which parameters a run was made, all of them, and by which runtime. */
export function runFacts({ parameters, runtime }: Pick<Run, "parameters" | "runtime">): Fact[] {
    const numbers = NUMBER_FIELDS.map((name) => ({ label: text(`parameter.${name}`), value: numberText(name, parameters) }));
    const stop = parameters.stop.map((each) => JSON.stringify(each)).join(" ");
    return [
        ...numbers,
        { label: text("parameter.stop"), value: stop || NONE },
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
