import type { RunPage, RunSummary } from "../backend/studio";

/** The rows of the history that are loaded, newest first, and where the rest continues. */
export interface Rows {
    items: RunSummary[];
    next: string | null;
}

/** Newest first; identifiers are time-ordered (UUIDv7). */
function newestFirst(a: RunSummary, b: RunSummary): number {
    return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}

/** Replaces the newest rows by a fresh first page and keeps the older ones that were loaded before. */
export function withFirstPage(rows: Rows, page: RunPage): Rows {
    const last = page.items.at(-1);
    if (!page.next || !last) {
        return { items: page.items, next: page.next ?? null };
    }
    const older = rows.items.filter((row) => row.id < last.id);
    return older.length === 0
        ? { items: page.items, next: page.next }
        : { items: [...page.items, ...older], next: rows.next };
}

export function withNextPage(rows: Rows, page: RunPage): Rows {
    const known = new Set(rows.items.map((row) => row.id));
    return {
        items: [...rows.items, ...page.items.filter((row) => !known.has(row.id))],
        next: page.next ?? null,
    };
}

export function without(rows: Rows, run: string): Rows {
    return { items: rows.items.filter((row) => row.id !== run), next: rows.next };
}

export function withRow(rows: Rows, row: RunSummary): Rows {
    return { items: [...without(rows, row.id).items, row].sort(newestFirst), next: rows.next };
}
