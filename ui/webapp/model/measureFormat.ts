import type { CacheUse, Cost, Price } from "../backend/studio";
import type { Answer } from "./answer";
import { source } from "./answerFormat";
import { fullMoment, NONE, type Quantity } from "./format";
import { ttftTarget, TTFT_CRITICAL_MS, TTFT_GOOD_MS } from "./targets";
import { text } from "./texts";

// What a run costs is often far below a cent.
const amounts = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

export function cost(paid: Cost | null | undefined): Quantity {
    return paid ? { value: amounts.format(paid.amount), unit: paid.currency } : { value: NONE, unit: "" };
}

export function costText(paid: Cost | null | undefined): string {
    return paid ? `${amounts.format(paid.amount)} ${paid.currency}` : NONE;
}

/** By which price it was computed, or why there is none. */
export function costSource(answer: Answer, paid: Cost | null): string {
    if (paid) {
        return text("costPricedAt", fullMoment(paid.priced_at));
    }
    return text(answer.phase === "ended" && answer.run ? "costNoPrice" : "costAfter");
}

export function ttftSource(answer: Answer, milliseconds: number | null | undefined): string {
    const from = source(answer, milliseconds);
    const target = ttftTarget(milliseconds);
    return target === "None" ? from : `${from} · ${text(`target.${target}`)}: ${text("ttftTargets", TTFT_GOOD_MS, TTFT_CRITICAL_MS)}`;
}

export function modelSource(answer: Answer, name: string | null): string {
    return [name, answer.modeName && text("inMode", answer.modeName), source(answer, name)].filter(Boolean).join(" · ");
}

/** Whether the answer came from the prompt cache. */
export function cacheUse(use: CacheUse | null | undefined): string {
    return use ? text(`cache.${use}`) : NONE;
}

export function cacheSource(answer: Answer, use: CacheUse | null | undefined): string {
    if (use) {
        return text(`cacheSource.${use}`);
    }
    return text(answer.phase === "ended" && answer.run ? "cacheSource.drawn" : "cacheSource.after");
}

export function amount(value: number | null | undefined): string {
    return value == null ? NONE : amounts.format(value);
}

/** Input and output price, as "0.5 / 1.5 EUR". */
export function priceText(price: Price | null | undefined): string {
    return price ? `${amount(price.input_per_1k)} / ${amount(price.output_per_1k)} ${price.currency}` : NONE;
}
