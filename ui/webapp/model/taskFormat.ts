import { bytes, count, NONE } from "./format";
import type { WorkItem } from "./Tasks";
import { isolated, series, text } from "./texts";

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
        return text(kind === "download_model" ? "work.pausing" : "work.cancelling");
    }
    return series([
        total ? text("workPercent", percent(item)) : counted(kind, done),
        rate === null ? null : speedText(kind, rate),
        remaining === null ? null : clock(remaining),
    ]);
}

/** How much is done, in what the kind of work counts. */
function counted(kind: WorkItem["kind"], done: number): string {
    switch (kind) {
        case "export_runs":
            return text("workRows", count(done));
        case "measure_runtimes":
            return text("workTokens", count(done));
        default:
            return bytes(done);
    }
}

/** An evaluation counts steps, which mean nothing to a person. */
function speedText(kind: WorkItem["kind"], rate: number): string | null {
    switch (kind) {
        case "evaluate":
            return null;
        case "export_runs":
            return text("workRowsPerSecond", count(Math.round(rate)));
        case "measure_runtimes":
            return text("workTokensPerSecond", count(Math.round(rate)));
        default:
            return text("workBytesPerSecond", bytes(rate));
    }
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

/** A download that is stopped here is only paused: what has arrived stays. */
export function cancelTooltip(item: WorkItem): string {
    return text(item.kind === "download_model" ? "workPause" : "workCancel", itemText(item));
}

export function cancelIcon({ kind }: WorkItem): string {
    return kind === "download_model" ? "sap-icon://media-pause" : "sap-icon://decline";
}
