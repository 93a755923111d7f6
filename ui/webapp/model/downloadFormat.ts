import type { DownloadRow } from "./Downloads";
import { bytes } from "./format";
import { clock } from "./taskFormat";
import { isolated, series, text } from "./texts";

export function percent({ done_bytes, total_bytes }: Pick<DownloadRow, "done_bytes" | "total_bytes">): number {
    return total_bytes ? Math.min(100, Math.floor((done_bytes / total_bytes) * 100)) : 0;
}

/** As "Downloading · 43 % of 1.2 GB · 2.1 MB/s · 1:20". */
export function figures(row: DownloadRow): string {
    return series([
        text(`downloadState.${row.state}`),
        text("downloadOf", percent(row), bytes(row.total_bytes)),
        row.rate === null ? null : text("workBytesPerSecond", bytes(row.rate)),
        row.remaining === null ? null : clock(row.remaining),
    ]);
}

/** Why it waits or failed. */
export function problemText(row: DownloadRow): string {
    return row.problem ? isolated(row.problem.message) : "";
}

export function isUnderWay({ state }: Pick<DownloadRow, "state">): boolean {
    return state !== "paused" && state !== "failed";
}

export function toggleIcon(row: DownloadRow): string {
    return isUnderWay(row) ? "sap-icon://media-pause" : "sap-icon://media-play";
}

export function toggleTooltip(row: DownloadRow): string {
    return text(isUnderWay(row) ? "downloadPause" : "downloadResume", isolated(row.name));
}

export function cancelTooltip(row: DownloadRow): string {
    return text("downloadCancel", isolated(row.name));
}

/** What is lost when a download is cancelled. */
export function cancellation(row: DownloadRow): string {
    return text("downloadCancelText", isolated(row.name), bytes(row.done_bytes));
}
