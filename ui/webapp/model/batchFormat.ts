import { text } from "./texts";

export function progress(done: number, total: number, running: boolean, stopping: boolean): string {
    if (stopping) {
        return text("phase.stopping");
    }
    return text(running ? "batchRunning" : "batchDone", Math.min(done + Number(running), total), total);
}

/** Two, no more and no fewer, can be compared. */
export function canCompare(columns: { ticked: boolean }[] | null): boolean {
    return columns?.filter(({ ticked }) => ticked).length === 2;
}

export function targetsText(count: number, most: number): string {
    return text(count > most ? "batchTooMany" : "batchTargets", count, most);
}
