import type { Mode, Run } from "../../backend/studio";
import type { Request } from "../../model/PromptSession";
import { DEFAULTS } from "../fake/prompts";
import { SMOL } from "../fake/models";

/** A run that ended well. */
export const RUN: Run = {
    id: "r1",
    started_at: 0,
    model: "m.gguf",
    model_name: "m",
    prompt: "p",
    answer: "ab",
    parameters: { ...DEFAULTS, seed: 7 },
    outcome: "completed",
    finish_reason: "stop",
    measures: { total_ms: 812, ttft_ms: 95, tokens_per_s: 41, tokens_in: 42, tokens_out: 2 },
    mode: { id: "fast", name: "Fast" },
    streamed: true,
    cost: null,
    rating: 4,
    tags: ["physics"],
};

/** A mode that changes nothing. */
export const MODE: Mode = {
    id: "plain",
    name: "Plain",
    description: "",
    model: null,
    parameters: {},
    shipped: false,
    changed: false,
};

export function request(change: Partial<Request> = {}): Request {
    return { model: SMOL.id, modelName: SMOL.name, mode: null, prompt: "hello", parameters: {}, stream: true, cache: true, ...change };
}

export const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
