import type { TokenLikelihood } from "../backend/studio";
import { text } from "./texts";

type Likely = TokenLikelihood["alternatives"][number];

const SURPRISING = 0.1;
const UNSURE = 0.5;

/** A token's text with its spaces and line breaks in sight. */
export function tokenText(token: string): string {
    return JSON.stringify(token).slice(1, -1).replaceAll('\\"', '"').replaceAll(" ", "\u00b7");
}

/** As "97.3%". */
export function probability(logprob: number): string {
    return text("percent", (Math.exp(logprob) * 100).toFixed(1));
}

/** The logarithm itself. */
export function logprob(value: number): string {
    return text("logprob", value.toFixed(3));
}

/** What came although it was unlikely. */
export function state(value: number): "None" | "Warning" | "Error" {
    const share = Math.exp(value);
    if (share >= UNSURE) {
        return "None";
    }
    return share >= SURPRISING ? "Warning" : "Error";
}

/** The likeliest tokens with their probabilities. */
export function alternatives(likely: Likely[]): string {
    return likely.map((each) => `${tokenText(each.text)} ${probability(each.logprob)}`).join("   ");
}
