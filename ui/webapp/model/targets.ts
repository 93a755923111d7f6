/**
 * Targets of measured values. The product promises P50 < 100 ms, P95 < 300 ms and P99 < 500 ms for everything
 * a person waits for, token generation apart (PRODUCT.md, "Targets"). Of a run's measures only the time to the
 * first token is such a wait: what takes longer than the promise for 95 of 100 is not good, and what takes
 * longer than the promise for 99 of 100 is bad. Total time and speed depend on the model and on how much it
 * writes, and have no target.
 */
export const TTFT_GOOD_MS = 300;
export const TTFT_CRITICAL_MS = 500;

/** Share of the context that prompt tokens may take before it becomes tight for the answer. */
export const CONTEXT_CRITICAL = 0.9;

export type Target = "None" | "Good" | "Critical" | "Bad";

export function ttftTarget(milliseconds: number | null | undefined): Target {
    if (milliseconds == null) {
        return "None";
    }
    if (milliseconds < TTFT_GOOD_MS) {
        return "Good";
    }
    return milliseconds < TTFT_CRITICAL_MS ? "Critical" : "Bad";
}

export function contextTarget(tokens: number, contextLength: number): Target {
    if (tokens > contextLength) {
        return "Bad";
    }
    return tokens > CONTEXT_CRITICAL * contextLength ? "Critical" : "None";
}
