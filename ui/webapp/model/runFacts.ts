import type { Parameters } from "../backend/studio";
import { NONE } from "./format";
import { NUMBER_FIELDS } from "./parameters";
import { text } from "./texts";

/** One thing known of a run: what it is and its value. */
export interface Fact {
    label: string;
    value: string;
}

/** With which parameters a run was made, all of them. */
export function parameterFacts(parameters: Parameters): Fact[] {
    const numbers = NUMBER_FIELDS.map((name) => ({ label: text(`parameter.${name}`), value: numberText(name, parameters) }));
    const stop = parameters.stop.map((each) => JSON.stringify(each)).join(" ");
    return [...numbers, { label: text("parameter.stop"), value: stop || NONE }];
}

function numberText(name: (typeof NUMBER_FIELDS)[number], parameters: Parameters): string {
    const value = parameters[name];
    if (value === null) {
        return name === "context_length" ? text("contextWhole") : NONE;
    }
    return String(value);
}
