import type { Outcome, RunFilter } from "../backend/studio";

/** What the fields of the filter bar hold. */
export interface FilterFields {
    search: string;
    models: string[];
    modes: string[];
    outcomes: Outcome[];
    tags: string[];
    /** Rated at least this, as the key of a choice; "0" for any. */
    minRating: string;
    /** The first and the last day, both included. */
    from: Date | null;
    until: Date | null;
}

const MICROSECONDS = 1000;

export function noFilter(): FilterFields {
    return { search: "", models: [], modes: [], outcomes: [], tags: [], minRating: "0", from: null, until: null };
}

export function toFilter(fields: FilterFields): RunFilter {
    const { search, models, modes, outcomes, tags, minRating, from, until } = fields;
    const filter: RunFilter = { models: [...models], modes: [...modes], outcomes: [...outcomes], tags: [...tags] };
    const words = search.trim();
    if (words !== "") {
        filter.search = words;
    }
    if (Number(minRating) > 0) {
        filter.min_rating = Number(minRating);
    }
    if (from) {
        filter.from = startOfDay(from) * MICROSECONDS;
    }
    if (until ?? from) {
        filter.until = startOfDay(dayAfter((until ?? from) as Date)) * MICROSECONDS;
    }
    return filter;
}

/** How many of the filter bar's fields are set; the search is apart. */
export function filterCount(fields: FilterFields): number {
    const { models, modes, outcomes, tags, minRating, from, until } = fields;
    const lists = [models, modes, outcomes, tags].filter(({ length }) => length > 0).length;
    return lists + (Number(minRating) > 0 ? 1 : 0) + (from || until ? 1 : 0);
}

export function isFiltered(fields: FilterFields): boolean {
    return filterCount(fields) > 0 || fields.search.trim() !== "";
}

function startOfDay(day: Date): number {
    return new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
}

/** By the calendar, because not every day has 24 hours. */
function dayAfter(day: Date): Date {
    return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1);
}
