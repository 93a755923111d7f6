import type { Offer } from "../backend/studio";

/** The quantization that most people take: small, and hardly worse. */
const USUAL = /q4_k_m\.gguf$/i;

/** What is taken unless a person chooses: what the catalogue names, else the usual one, else the smallest. */
export function preferredOffer(offers: Offer[], pattern: string | null): Offer | null {
    const named = pattern === null ? undefined : offers.find(({ file }) => file != null && matches(pattern, file));
    return named ?? offers.find(({ file }) => file != null && USUAL.test(file)) ?? offers[0] ?? null;
}

/** One `*` stands for anything; capitals make no difference. */
export function matches(pattern: string, path: string): boolean {
    const [start = "", end] = pattern.toLowerCase().split("*");
    const name = path.toLowerCase();
    if (end === undefined) {
        return name === start;
    }
    return name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end);
}

/** Room for the context beside the weights, roughly. */
const WITH_CONTEXT = 1.2;

export type Fit = "fits" | "tight" | "exceeds";

/** Whether a model may fit into the memory that is free now, judged by the size of its files alone. */
export function fit(sizeBytes: number, availableBytes: number): Fit {
    if (sizeBytes > availableBytes) {
        return "exceeds";
    }
    return sizeBytes * WITH_CONTEXT > availableBytes ? "tight" : "fits";
}
