import type { EngineStatus, ModelStatus } from "../../backend/studio";
import { IDLE } from "../../model/engine";
import { SMOL } from "./models";

/** The engine with some models in it. */
export function engineWith(...models: ModelStatus[]): EngineStatus {
    const memory_bytes = models.reduce((sum, status) => sum + (status.memory_bytes ?? 0), 0);
    return { ...IDLE, models, memory_bytes };
}

/** A model that is loaded and waits, unless told otherwise. */
export function modelStatus(more: Partial<ModelStatus> = {}): ModelStatus {
    return {
        model: SMOL.id,
        model_name: SMOL.name,
        state: "ready",
        memory_bytes: 142_000_000,
        context_length: 2048,
        device: "CPU, 2 threads",
        element_type: "F32",
        running: 0,
        waiting: 0,
        pinned: false,
        used_at: 0,
        ...more,
    };
}
