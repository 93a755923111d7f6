import type { MemoryReport } from "../backend/studio";
import { bytes, count } from "./format";
import { text } from "./texts";

type Report = MemoryReport | null | undefined;

/** A model's need against what there is and what it may have; `limit` is what is typed now, not what is saved. */
export function verdict(report: Report, limit: number | null): "fits" | "tight" | "exceeds" | "exceedsLimit" | "unknown" {
    const needed = report?.estimate?.total_bytes;
    if (!report || needed == null) {
        return "unknown";
    }
    if (limit !== null && needed > limit) {
        return "exceedsLimit";
    }
    // The backend judged by the limit that is saved; one that is typed away does not count.
    return report.verdict === "exceeds" && needed <= free(report) ? "fits" : report.verdict;
}

/** The verdict in words, with the figures it rests on. */
export function verdictText(report: Report, limit: number | null): string {
    if (!report) {
        return text("memoryEstimating");
    }
    const found = verdict(report, limit);
    const against = found === "exceedsLimit" ? limit : free(report);
    return text(`memory.${found}`, bytes(report.estimate?.total_bytes), bytes(against), count(report.context_length));
}

export function verdictState(report: Report, limit: number | null): "Success" | "Warning" | "Error" | "None" {
    const states = { fits: "Success", tight: "Warning", exceeds: "Error", exceedsLimit: "Error", unknown: "None" } as const;
    return states[verdict(report, limit)];
}

export function verdictIcon(report: Report, limit: number | null): string {
    const icons = {
        fits: "sap-icon://status-positive",
        tight: "sap-icon://status-critical",
        exceeds: "sap-icon://status-negative",
        exceedsLimit: "sap-icon://status-negative",
        unknown: "sap-icon://status-inactive",
    };
    return icons[verdict(report, limit)];
}

export function exceeds(report: Report, limit: number | null): boolean {
    return verdict(report, limit).startsWith("exceeds");
}

/** What there is for a model once those that can be are unloaded, within what the settings allow. */
export function free(report: Report): number {
    if (!report) {
        return 0;
    }
    const available = report.available_bytes + (report.loaded_bytes ?? 0);
    const allowed = report.budget_bytes == null ? Infinity : Math.max(0, report.budget_bytes - report.pinned_bytes);
    return Math.min(available, allowed);
}
