import type { EngineStatus, Failure, Model, ModelList, ModelStatus } from "../backend/studio";
import { percent } from "./format";

export type ModelState = "ready" | "busy" | "loading" | "failed" | "onDisk" | "remote" | "unsupported";

/** A model as the selector shows it: the registry's entry joined with what the engine does with it. */
export interface ModelRow {
    id: string;
    name: string;
    file: string;
    quantization: string;
    architecture: string;
    parameters: number | null;
    contextLength: number | null;
    sizeBytes: number;
    problem: Failure | null;
    /** The registry's entry itself. */
    model: Model;
    state: ModelState;
    percent: number | null;
    memoryBytes: number | null;
    /** Runs that wait for it. */
    waiting: number;
    /** What the engine does with it; null while it is only on disk. */
    status: ModelStatus | null;
}

/** What a newcomer has to do next, or "ready". */
export type Situation = "starting" | "noFolder" | "noModels" | "noUsableModel" | "ready";

export function modelRows(models: Model[], engine: EngineStatus): ModelRow[] {
    return models
        .map((model) => ({ ...described(model), ...engineView(model, engine) }))
        .sort(
            (a, b) =>
                Number(isUnusable(a)) - Number(isUnusable(b)) ||
                a.name.localeCompare(b.name) ||
                a.id.localeCompare(b.id),
        );
}

/**
 * The model the next run uses: the chosen one while it can run, else the one in memory that was used last, else the
 * quickest to load. One that answers elsewhere only where there is no other: nothing leaves by itself.
 */
export function usableModel(rows: ModelRow[], chosen: string | null): string | null {
    const usable = rows.filter((row) => !isUnusable(row));
    const here = usable.filter(({ state }) => state !== "remote");
    return (usable.find((row) => row.id === chosen) ?? lastUsed(here) ?? quickest(here) ?? usable[0])?.id ?? null;
}

function lastUsed(rows: ModelRow[]): ModelRow | undefined {
    const used = (row: ModelRow) => row.status?.used_at ?? 0;
    return rows.filter((row) => row.status).sort((a, b) => used(b) - used(a))[0];
}

function isUnusable(row: ModelRow): boolean {
    return row.state === "unsupported";
}

function quickest(rows: ModelRow[]): ModelRow | undefined {
    return [...rows].sort((a, b) => a.sizeBytes - b.sizeBytes)[0];
}

export function situation(list: ModelList | null, rows: ModelRow[]): Situation {
    if (!list) {
        return "starting";
    }
    if (list.problem && !rows.some(({ state }) => state === "remote")) {
        return "noFolder";
    }
    if (rows.length === 0) {
        return "noModels";
    }
    return rows.some((row) => !isUnusable(row)) ? "ready" : "noUsableModel";
}

function described(model: Model) {
    return {
        id: model.id,
        name: model.name,
        file: model.file,
        quantization: model.facts?.quantization ?? "",
        architecture: model.facts?.architecture ?? "",
        parameters: model.facts?.parameters ?? null,
        contextLength: model.facts?.context_length ?? model.remote?.context_length ?? null,
        sizeBytes: model.size_bytes,
        problem: model.problem ?? null,
        model,
    };
}

function engineView(model: Model, engine: EngineStatus) {
    const status = engine.models.find((each) => each.model === model.id);
    if (model.remote) {
        return { state: "remote" as const, percent: null, memoryBytes: null, waiting: 0, status: null };
    }
    if (model.problem || !status) {
        const state: ModelState = model.problem ? "unsupported" : "onDisk";
        return { state, percent: null, memoryBytes: null, waiting: 0, status: null };
    }
    return {
        state: status.state,
        percent: status.state === "loading" ? percent(status.progress) : null,
        memoryBytes: status.memory_bytes ?? null,
        waiting: status.waiting,
        status,
    };
}
