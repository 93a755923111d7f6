import { text } from "./texts";

const MEGABYTE = 1e6;
const NEVER = "never";

/** After how many minutes without a run a model leaves the memory. */
const IDLE_MINUTES = [5, 15, 30, 60, 240, 1440];

/** What can be chosen, and what is set where that is something else. */
export function idleChoices(set: number | null | undefined): { key: string; text: string }[] {
    const minutes = set == null || IDLE_MINUTES.includes(set) ? IDLE_MINUTES : [...IDLE_MINUTES, set].sort((a, b) => a - b);
    return [...minutes.map((value) => ({ key: idleKey(value), text: idleText(value) })), { key: NEVER, text: text("idleNever") }];
}

export function idleKey(minutes: number | null | undefined): string {
    return minutes == null ? NEVER : String(minutes);
}

export function idleMinutes(key: string): number | null {
    return key === NEVER ? null : Number(key);
}

function idleText(minutes: number): string {
    return minutes % 60 === 0 ? text("idleHours", minutes / 60) : text("idleMinutes", minutes);
}

/** A budget as it is typed, megabytes. */
export function budgetText(bytes: number | null | undefined): string {
    return bytes == null ? "" : String(Math.round(bytes / MEGABYTE));
}

/** What is typed, bytes; null for none, undefined while it is no number. */
export function budgetBytes(typed: string): number | null | undefined {
    const trimmed = typed.trim();
    if (trimmed === "") {
        return null;
    }
    return /^\d{1,9}$/.test(trimmed) ? Number(trimmed) * MEGABYTE : undefined;
}
