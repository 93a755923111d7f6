import type { EngineStatus, ModelStatus } from "../backend/studio";

/** Before the backend has told. */
export const IDLE: EngineStatus = {
    models: [],
    queue: { waiting: 0, bound: 0 },
    memory_bytes: 0,
    cache: { entries: 0, most_entries: 0, bytes: 0, hits: 0, misses: 0, evictions: 0 },
};

type Figures = Pick<ModelStatus, "memory_bytes" | "peak_bytes">;

/** The memory of the models that have told theirs, which changes by itself all the time. */
export type Memory = Map<string, Figures>;

export function memoryOf({ models }: EngineStatus): Memory {
    const told = models.filter((status) => status.memory_bytes != null);
    return new Map(told.map(({ model, memory_bytes, peak_bytes }) => [model, { memory_bytes, peak_bytes }]));
}

/** The engine with memory figures of another moment. */
export function withMemory(engine: EngineStatus, memory: Memory): EngineStatus {
    const none: Figures = { memory_bytes: null, peak_bytes: null };
    return { ...engine, models: engine.models.map((status) => ({ ...status, ...(memory.get(status.model) ?? none) })) };
}

/** What is shown at once when it changes: which models there are, and what they do. */
export function structure({ models }: EngineStatus): string {
    return models.map(({ model, state }) => `${model} ${state}`).join();
}
