import type { Run, SideBySide, Weights, Winner } from "../backend/studio";
import { best } from "./best";
import type { Decision } from "./Compare";
import { count, duration, fullMoment, NONE, rateText } from "./format";
import { cost } from "./measureFormat";
import { marked } from "./remoteFormat";
import { text } from "./texts";

type Line = SideBySide["score"]["lines"][number];
type Better = "a" | "b" | "none";

/** One measure of two runs. */
export interface Pair {
    label: string;
    a: string;
    b: string;
    /** How long each bar is, 0 to 1, against the larger value. */
    barA: number;
    barB: number;
    better: Better;
}

const fraction = new Intl.NumberFormat("en", { minimumFractionDigits: 3, maximumFractionDigits: 3 });
const percentage = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** Every measure of two runs, one of which may not be chosen yet. */
export function pairs(a: Run | null, b: Run | null): Pair[] {
    const [markA = {}, markB = {}] = a && b ? best([measured(a), measured(b)]) : [];
    const better = (name: string): Better => (markA[name] ? "a" : markB[name] ? "b" : "none");
    const rated = (a?.rating ?? 0) - (b?.rating ?? 0);
    const ratedBetter: Better = !a?.rating || !b?.rating || rated === 0 ? "none" : rated > 0 ? "a" : "b";
    const both = (of: (run: Run) => number | null | undefined, shown: (value: number | null) => string) => {
        const values = [a, b].map((run) => (run ? (of(run) ?? null) : null));
        const most = Math.max(0, ...values.map((value) => value ?? 0));
        const [barA = 0, barB = 0] = values.map((value) => (most > 0 ? (value ?? 0) / most : 0));
        return { a: shown(values[0] ?? null), b: shown(values[1] ?? null), barA, barB };
    };
    const measures = (name: Exclude<keyof Run["measures"], "cache">) => (run: Run) => run.measures[name];
    return [
        { label: text("measureTotal"), ...both(measures("total_ms"), milliseconds), better: better("total_ms") },
        { label: text("measureTtft"), ...both(measures("ttft_ms"), milliseconds), better: better("ttft_ms") },
        { label: text("columnSpeed"), ...both(measures("tokens_per_s"), rateText), better: better("tokens_per_s") },
        { label: text("compareTokensIn"), ...both(measures("tokens_in"), count), better: "none" },
        { label: text("compareTokensOut"), ...both(measures("tokens_out"), count), better: "none" },
        { label: text("measureCost"), ...costs(a, b, both), better: better("cost") },
        { label: text("rating"), ...both(({ rating }) => rating, count), better: ratedBetter },
    ];
}

/** Amounts of two currencies have no common length. */
function costs(
    a: Run | null,
    b: Run | null,
    both: (of: (run: Run) => number | null | undefined, shown: (value: number | null) => string) => Omit<Pair, "label" | "better">,
): Omit<Pair, "label" | "better"> {
    const one = !a?.cost || !b?.cost || a.cost.currency === b.cost.currency;
    const bars = both((run) => run.cost?.amount, String);
    const shown = (run: Run | null) => {
        const { value, unit } = cost(run?.cost);
        return unit ? `${value} ${unit}` : value;
    };
    return { a: shown(a), b: shown(b), barA: one ? bars.barA : 0, barB: one ? bars.barB : 0 };
}

function measured({ measures, cost: paid }: Run) {
    return { measures, cost: paid ?? null };
}

function milliseconds(value: number | null): string {
    const { value: shown, unit } = duration(value);
    return unit ? `${shown} ${unit}` : shown;
}

/** What the pair says to those who do not see it. */
export function pairText({ label, a, b, better }: Pair): string {
    const read = text("comparePair", label, a, b);
    return better === "none" ? read : `${read}, ${text(`compareBetter.${better}`)}`;
}

/** Whether any criterion counts at all. */
export function counts({ latency, quality, cost }: Weights): boolean {
    return latency > 0 || quality > 0 || cost > 0;
}

/** Of which model, in which mode, when. */
export function slotText(run: Run | null): string {
    return run ? [marked(run.model_name, run.model), run.mode?.name, fullMoment(run.started_at)].filter(Boolean).join(" · ") : "";
}

export function ratingValue(rating: number | null | undefined): number {
    return rating ?? 0;
}

export function promptsDiffer(a: Run | null, b: Run | null): boolean {
    return a !== null && b !== null && a.prompt !== b.prompt;
}

/** Who wins, by how much and why. */
export function verdict(side: SideBySide | null, decision: Decision, weights: Weights, a: Run | null, b: Run | null): string {
    if (!a || !b) {
        return text("compareChoose");
    }
    if (!counts(weights)) {
        return text("compareNoWeight");
    }
    if (!side) {
        return "";
    }
    const { winner } = side.score;
    const scored = winner ? text("compareScore", sum(side.score.a), sum(side.score.b)) : text("compareNoScore");
    if (decision !== "score") {
        return text("compareDecided", wins(decision), scored);
    }
    return winner ? text("compareWon", wins(winner), scored) : scored;
}

function wins(winner: Winner): string {
    return text(`compareWins.${winner}`);
}

export function verdictIcon(winner: Winner | null): string {
    return winner === "a" || winner === "b" ? "sap-icon://competitor" : "";
}

/** One criterion of the arithmetic. */
export interface Row {
    criterion: Line["criterion"];
    label: string;
    /** As it was set, 0 to 100. */
    weight: number;
    /** How much of the whole it counts, or why it does not. */
    counted: string;
    a: string;
    b: string;
}

export function rows(side: SideBySide | null, a: Run | null, b: Run | null, weights: Weights): Row[] {
    const criteria: Line["criterion"][] = ["latency", "quality", "cost"];
    return criteria.map((criterion) => {
        const line = side?.score.lines.find((each) => each.criterion === criterion);
        const counted = line !== undefined && line.weight > 0;
        const weight = weights[criterion];
        return {
            criterion,
            label: text(`criterion.${criterion}`),
            weight,
            counted: counted ? text("workPercent", percentage.format(line.weight * 100)) : notCounted(criterion, a, b, weight),
            a: counted ? product(line.weight, line.share_a) : NONE,
            b: counted ? product(line.weight, line.share_b) : NONE,
        };
    });
}

/** As "0.300 × 0.750 = 0.225". */
function product(weight: number, share: number | null | undefined): string {
    return share == null
        ? NONE
        : text("compareProduct", fraction.format(weight), fraction.format(share), fraction.format(weight * share));
}

export function sum(value: number | null | undefined): string {
    return value == null ? NONE : fraction.format(value);
}

function notCounted(criterion: Line["criterion"], a: Run | null, b: Run | null, weight: number): string {
    return a && b ? text(`notCounted.${reason(criterion, a, b, weight)}`) : NONE;
}

function reason(criterion: Line["criterion"], a: Run, b: Run, weight: number): string {
    if (weight === 0) {
        return "weight";
    }
    if (criterion === "quality") {
        return a.rating ? "unratedB" : b.rating ? "unratedA" : "unrated";
    }
    if (criterion === "latency") {
        return "unmeasured";
    }
    return a.cost && b.cost ? "currencies" : "noPrice";
}
