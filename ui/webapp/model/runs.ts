import type { RunPage, RunSummary } from "../backend/studio";

/** The rows of the history that are loaded, in the order of their query, and where the rest continues. */
export interface Rows {
    items: RunSummary[];
    next: string | null;
}

/** The most rows one call reads. */
export const MOST_AT_ONCE = 500;

/** Replaces the rows by a fresh first page and keeps those after it that were loaded before. */
export function withFirstPage(rows: Rows, page: RunPage): Rows {
    const last = page.items.at(-1);
    const place = page.next && last ? rows.items.findIndex(({ id }) => id === last.id) : -1;
    const fresh = new Set(page.items.map(({ id }) => id));
    const rest = place < 0 ? [] : rows.items.slice(place + 1).filter(({ id }) => !fresh.has(id));
    return rest.length === 0
        ? { items: page.items, next: page.next ?? null }
        : { items: [...page.items, ...rest], next: rows.next };
}

export function withNextPage(rows: Rows, page: RunPage): Rows {
    const known = new Set(rows.items.map((row) => row.id));
    return {
        items: [...rows.items, ...page.items.filter((row) => !known.has(row.id))],
        next: page.next ?? null,
    };
}

export function without(rows: Rows, runs: readonly string[]): Rows {
    const gone = new Set(runs);
    return { items: rows.items.filter(({ id }) => !gone.has(id)), next: rows.next };
}

/** How many rows to read again, so that what was loaded is fresh. */
export function rowsToRefresh(loaded: number, page: number): number {
    return Math.min(MOST_AT_ONCE, Math.max(page, loaded));
}
