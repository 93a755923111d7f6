import type { EvaluatedItem, Evaluation, EvaluationFigures, Expectation, PromptSet, Quality } from "../backend/studio";
import { count, fullMoment, NONE } from "./format";
import { LOCALE } from "./locale";
import type { Fact } from "./modelFacts";
import { marked } from "./remoteFormat";
import { isolated, series, text } from "./texts";

type Colour = "None" | "Success" | "Warning" | "Error" | "Information";

const share = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 0 });

/** As "80 % (49–94 %), N 10"; nothing is said where nothing was judged. */
export function qualityText(quality: Quality | null | undefined): string {
    if (!quality) {
        return NONE;
    }
    const { low, high, judged } = quality;
    return text("quality", share.format(quality.share), share.format(low), share.format(high), count(judged));
}

/** Where a figure comes from. */
export function qualitySource({ evaluation, quality }: EvaluationFigures): string {
    if (!quality) {
        return text("qualityNone");
    }
    const ended = fullMoment(evaluation.ended_at);
    const asked = series([marked(evaluation.model_name, evaluation.model), evaluation.mode?.name]);
    return text("qualitySource", count(evaluation.tally.passed), count(quality.judged), isolated(asked), ended);
}

/** A model's quality with each set, for the list of its facts. */
export function qualityFacts(model: string | null, sets: PromptSet[], qualities: EvaluationFigures[]): Fact[] {
    const expecting = sets.filter((set) => set.expecting > 0);
    return expecting.map((set) => {
        const found = qualities.find(({ evaluation }) => evaluation.model === model && evaluation.set === set.id);
        const value = found?.quality ? series([qualityText(found.quality), found.evaluation.mode?.name, fullMoment(found.evaluation.ended_at)]) : NONE;
        return { label: set.name, value };
    });
}

export function setFacts(set: PromptSet): string {
    const expecting = set.expecting > 0 ? text("setExpecting", count(set.expecting)) : text("setOnlyPrompts");
    return series([set.items === 1 ? text("setItem") : text("setItems", count(set.items)), expecting]);
}

/** What is known of a set beside its name. */
export function setDescription(set: PromptSet | null): string {
    if (!set) {
        return "";
    }
    const changed = set.shipped ? null : text("setChanged", fullMoment(set.changed_at));
    return series([set.description || null, set.licence || null, changed]);
}

export function stateText(evaluation: Evaluation): string {
    const { state, items } = evaluation;
    return text(`evaluationState.${state}`, count(doneOf(evaluation)), count(items));
}

export function stateColour(state: Evaluation["state"] | null | undefined): Colour {
    switch (state) {
        case "completed":
            return "Success";
        case "running":
            return "Information";
        case "paused":
        case "interrupted":
            return "Warning";
        default:
            return "None";
    }
}

export function stateIcon(state: Evaluation["state"] | null | undefined): string {
    switch (state) {
        case "completed":
            return "sap-icon://status-positive";
        case "running":
            return "sap-icon://in-progress";
        case "paused":
        case "interrupted":
            return "sap-icon://status-critical";
        case "cancelled":
            return "sap-icon://status-inactive";
        default:
            return "";
    }
}

export function percent({ tally, items }: Evaluation): number {
    return items > 0 ? Math.floor((100 * (2 * doneOf({ tally }) + tally.waiting)) / (2 * items)) : 0;
}

export function canResume(state: Evaluation["state"] | null | undefined): boolean {
    return state === "paused" || state === "cancelled" || state === "interrupted";
}

/** What the items came to; what came to nothing is not listed. */
export function tallyText({ tally }: Evaluation): string {
    const parts = (["passed", "failed", "not_judged", "not_run", "answered", "waiting"] as const).filter((name) => tally[name] > 0);
    return series(parts.map((name) => text(`tally.${name}`, count(tally[name])))) || NONE;
}

/** Model, mode and parameters of an evaluation. */
export function asked({ model, model_name, mode, parameters, judge }: Evaluation): string {
    const { temperature, seed, max_tokens } = parameters;
    return series([
        marked(model_name, model),
        mode?.name,
        temperature == null ? null : text("evaluationTemperature", temperature),
        seed == null ? null : text("evaluationSeed", String(seed)),
        max_tokens == null ? null : text("evaluationTokens", count(max_tokens)),
        judge == null ? null : text("evaluationJudge", isolated(judge)),
    ]);
}

export function kindText(expectation: Expectation | null | undefined): string {
    return expectation ? text(`expectation.${expectation.kind}`) : text("expectation.none");
}

/** What is expected, as it was imported. */
export function expectedText(expectation: Expectation | null | undefined): string {
    switch (expectation?.kind) {
        case "exact":
        case "contains":
            return expectation.text;
        case "regex":
            return expectation.pattern;
        case "json_schema":
            return JSON.stringify(expectation.schema);
        case "multiple_choice":
            return expectation.letter;
        case "judge":
            return expectation.criterion;
        default:
            return NONE;
    }
}

export function verdictText({ result }: EvaluatedItem): string {
    return text(`verdict.${result?.verdict ?? "open"}`);
}

export function verdictColour({ result }: EvaluatedItem): Colour {
    switch (result?.verdict) {
        case "passed":
            return "Success";
        case "failed":
            return "Error";
        case "not_judged":
        case "not_run":
            return "Warning";
        default:
            return "None";
    }
}

export function verdictIcon({ result }: EvaluatedItem): string {
    switch (result?.verdict) {
        case "passed":
            return "sap-icon://status-positive";
        case "failed":
            return "sap-icon://status-negative";
        case "not_judged":
        case "not_run":
            return "sap-icon://status-critical";
        case "waiting":
            return "sap-icon://in-progress";
        default:
            return "";
    }
}

/** Why the verdict is as it is. */
export function reasonText({ result }: EvaluatedItem): string {
    return result ? series([text(`reason.${result.reason}`), result.detail]) : "";
}

export function removedText(set: PromptSet | null): string {
    return set ? text("setRemoved", isolated(set.name)) : "";
}

/** How much there is to do: evaluations times items. */
export function targetsText(evaluations: number, items: number): string {
    const answers = count(evaluations * items);
    return evaluations === 1 ? text("evaluationTargetsOne", answers) : text("evaluationTargets", count(evaluations), answers);
}

function doneOf({ tally }: Pick<Evaluation, "tally">): number {
    return tally.passed + tally.failed + tally.not_judged + tally.not_run + tally.answered;
}
