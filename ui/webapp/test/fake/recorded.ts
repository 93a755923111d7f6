import type { Run } from "../../backend/studio";
import { QWEN, SMOL } from "./models";
import { DEFAULTS } from "./prompts";

const MICROS = 1000;
const BETWEEN_MS = 420_000;

export const ANSWER =
    "The sky is blue because molecules of air scatter short wavelengths of sunlight more than long ones. " +
    "This is called Rayleigh scattering.\n\nAt sunset the light crosses more air, so most of the blue is gone:\n" +
    "  1. noon: blue\n  2. dusk: red\n\nالسماء زرقاء بسبب تشتت الضوء.\n";
const ANSWERS = [
    ANSWER,
    "Walk the list with three references: previous, current and next. At each node turn its link around.\n\n" +
        "```rust\nfn reverse(mut head: Option<Box<Node>>) -> Option<Box<Node>> {\n    let mut reversed = None;\n" +
        "    while let Some(mut node) = head {\n        head = node.next.take();\n        node.next = reversed;\n" +
        "        reversed = Some(node);\n    }\n    reversed\n}\n```\n\nIt takes O(n) time and O(1) memory.\n",
    "عاصمة فرنسا هي باريس.\n",
    "From 9:40 to 13:05 is **3 hours and 25 minutes**.\n",
    "The sky is blue since molecules of air scatter the short wavelengths of sunlight far more than long ones, " +
        "by the fourth power. This is called Rayleigh scattering.\n\nAt dusk the light crosses more air, so the blue is gone.\n",
];
const PROMPTS = [
    "Explain in two sentences why the sky is blue.",
    "Write a Rust function that reverses a linked list, and say what it costs in time and memory for a list of n nodes",
    "ما هي عاصمة فرنسا؟",
    "A train leaves at 9:40 and arrives at 13:05. How long does it take?",
];
const MODES = [
    { id: "normal", name: "Normal" },
    { id: "fast", name: "Fast" },
    { id: "expert", name: "Expert" },
];
const OUTCOMES = ["completed", "completed", "stopped", "completed", "failed", "interrupted"] as const;
const KILLED = {
    code: "engine_failed" as const,
    message: "The engine's process was killed during the run. The next run starts a new one.",
    details: { signal: 9 },
};

/** A run as the history has many; `counter` orders them. */
export function recorded(counter: number, index: number): Run {
    const outcome = OUTCOMES[index % OUTCOMES.length] ?? "completed";
    const answered = outcome !== "failed" && outcome !== "interrupted";
    const model = index % 5 === 3 ? QWEN : SMOL;
    const asked = index % PROMPTS.length;
    const tokens_out = 30 + ((index * 7) % 90);
    return {
        id: `0193d5e2-7c00-7000-8000-${String(counter).padStart(12, "0")}`,
        started_at: (Date.now() - (400 - index) * BETWEEN_MS) * MICROS,
        model: model.id,
        model_name: model.name,
        prompt: PROMPTS[asked] ?? "",
        answer: (asked === 0 && index % 8 === 0 ? ANSWERS[4] : ANSWERS[asked]) ?? "",
        parameters: { ...DEFAULTS, seed: 1000 + index },
        mode: MODES[index % MODES.length] ?? null,
        streamed: true,
        cost: answered ? { amount: tokens_out * 0.00002, currency: "EUR", priced_at: (Date.now() - 86_400_000) * MICROS } : null,
        rating: index % 4 === 0 ? 3 + (index % 3) : null,
        tags: index % 4 === 0 ? ["physics", ...(index % 8 === 0 ? ["short"] : [])] : [],
        outcome,
        finish_reason: outcome === "stopped" ? "cancelled" : answered ? "stop" : null,
        error: outcome === "failed" ? KILLED : null,
        measures: answered
            ? {
                  total_ms: 612.4 + ((index * 131) % 3100),
                  ttft_ms: 85 + (index % 7) * 11,
                  tokens_per_s: 38.1 + (index % 5),
                  tokens_in: 42,
                  tokens_out,
              }
            : {},
    };
}
