import DateFormat from "sap/ui/core/format/DateFormat";
import type { Deletion, RunCount, RunSummary } from "../backend/studio";
import { count, moment } from "./format";
import { filterCount, type FilterFields } from "./historyFilter";
import type { Sort } from "./History";
import { marked } from "./remoteFormat";
import { text } from "./texts";

/** Which columns of the history are shown; that of the prompt always is. */
export interface Columns {
    time: boolean;
    outcome: boolean;
    mode: boolean;
    model: boolean;
    total: boolean;
    ttft: boolean;
    speed: boolean;
    tokens: boolean;
    rating: boolean;
    tags: boolean;
    cost: boolean;
}

export function initialColumns(): Columns {
    return {
        time: true,
        outcome: true,
        mode: true,
        model: true,
        total: false,
        ttft: true,
        speed: true,
        tokens: true,
        rating: true,
        tags: false,
        cost: false,
    };
}

/** As "1,234", or "10,000+" where counting ended. */
export function countText(counted: RunCount | null | undefined): string {
    if (!counted) {
        return "";
    }
    return counted.at_least ? text("historyAtLeast", count(counted.count)) : count(counted.count);
}

export function title(counted: RunCount | null): string {
    return counted ? text("historyCount", countText(counted)) : text("history");
}

export function emptyText(loaded: boolean, filtered: boolean): string {
    if (!loaded) {
        return "";
    }
    return filtered ? text("historyNoMatch") : text("noRuns");
}

export function filtersText(fields: FilterFields): string {
    const set = filterCount(fields);
    return set > 0 ? text("historyFiltersSet", set) : text("historyFilters");
}

/** What an export will write. */
export function exportScope(counted: RunCount | null, filtered: boolean): string {
    return filtered ? text("exportScope.matching", countText(counted)) : text("exportScope.all", countText(counted));
}

export function selectedText(selected: string[] | null, all: boolean, counted: RunCount | null): string {
    if (all) {
        return text("historyAllSelected", countText(counted));
    }
    return selected && selected.length > 0 ? text("historySelected", count(selected.length)) : "";
}

/** Whether selecting all that match would select more than what is selected. */
export function canSelectAll(selected: string[] | null, all: boolean, counted: RunCount | null): boolean {
    return !all && (selected?.length ?? 0) > 0 && (counted?.count ?? 0) > (selected?.length ?? 0);
}

export function selectAllText(filtered: boolean, counted: RunCount | null): string {
    return filtered ? text("historySelectMatching", countText(counted)) : text("historySelectAll", countText(counted));
}

export function deletedText(deletions: Deletion[] | null): string {
    const runs = deletions?.at(-1)?.runs ?? 0;
    return runs === 1 ? text("runDeleted") : text("runsDeleted", count(runs));
}

export function sortOrder(key: Sort, sort: Sort, ascending: boolean): "None" | "Ascending" | "Descending" {
    if (key !== sort) {
        return "None";
    }
    return ascending ? "Ascending" : "Descending";
}

export function tagsText(tags: string[] | null): string {
    return (tags ?? []).join(", ");
}

/** Whose answer it is, in which mode, when. */
export function runText(run: RunSummary | null): string {
    return run ? [marked(run.model_name, run.model), run.mode?.name, moment(run.started_at)].filter(Boolean).join(" · ") : "";
}

export function ratingText(rating: number | null | undefined): string {
    return rating ? text("historyRated", rating) : text("historyUnrated");
}

/** What the filters let through, as "Model: SmolLM2 · Rated 3 and more". */
export function filterSummary(
    fields: FilterFields | null,
    models: { id: string; name: string }[] | null,
    modes: { id: string; name: string }[] | null,
): string {
    if (!fields) {
        return "";
    }
    const named = (ids: string[], facets: { id: string; name: string }[] | null) =>
        ids.map((id) => facets?.find((facet) => facet.id === id)?.name ?? id).join(", ");
    const part = (key: string, value: string) => (value ? text("historyFilterPart", key, value) : "");
    return [
        part(text("columnModel"), named(fields.models, models)),
        part(text("mode"), named(fields.modes, modes)),
        part(text("columnOutcome"), fields.outcomes.map((outcome) => text(`outcome.${outcome}`)).join(", ")),
        part(text("columnTime"), days(fields.from, fields.until)),
        Number(fields.minRating) > 0 ? part(text("rating"), ratingChoice(fields.minRating)) : "",
        part(text("tags"), fields.tags.join(", ")),
    ]
        .filter(Boolean)
        .join(" · ");
}

export function ratingChoice(least: string): string {
    if (least === "0") {
        return text("historyAnyRating");
    }
    return least === "5" ? text("historyRating5") : text("historyRatingFrom", least);
}

function days(from: Date | null, until: Date | null): string {
    const day = (date: Date | null) => (date ? DateFormat.getDateInstance({ style: "medium" }).format(date) : "");
    return [...new Set([day(from), day(until)])].filter(Boolean).join(" – ");
}
