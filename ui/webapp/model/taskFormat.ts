import { bytes, count, NONE } from "./format";
import type { WorkItem } from "./Tasks";
import { isolated, series, text } from "./texts";

/** What is counted other than bytes. */
const COUNTS: Partial<Record<WorkItem["kind"], { done: string; rate: string }>> = {
    export_runs: { done: "workRows", rate: "workRowsPerSecond" },
    measure_runtimes: { done: "workTokens", rate: "workTokensPerSecond" },
};
const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;

export function itemText({ kind, subject }: WorkItem): string {
    return text(`work.${kind}`, isolated(subject));
}

export function percent({ done, total }: WorkItem): number {
    return total ? Math.min(100, Math.floor((done / total) * 100)) : 0;
}

/** As "43 % · 2.1 MB/s · 1:20". */
export function figures(item: WorkItem): string {
    const { kind, done, total, rate, remaining, cancelling } = item;
    if (cancelling) {
        return text("work.cancelling");
    }
    const counts = COUNTS[kind];
    const counted = counts ? text(counts.done, count(done)) : bytes(done);
    const speed = counts ? text(counts.rate, count(Math.round(rate ?? 0))) : text("workBytesPerSecond", bytes(rate));
    return series([
        total ? text("workPercent", percent(item)) : counted,
        rate === null ? null : speed,
        remaining === null ? null : clock(remaining),
    ]);
}

/** Seconds as minutes and seconds, or hours before them. */
export function clock(seconds: number): string {
    if (!Number.isFinite(seconds)) {
        return NONE;
    }
    const whole = Math.ceil(seconds);
    const two = (value: number) => String(value).padStart(2, "0");
    const minutes = Math.floor((whole % HOUR_S) / MINUTE_S);
    const rest = two(whole % MINUTE_S);
    return whole >= HOUR_S ? `${Math.floor(whole / HOUR_S)}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

export function cancelTooltip(item: WorkItem): string {
    return text("workCancel", itemText(item));
}
