import type { Model } from "../../backend/studio";

export const SMOL: Model = {
    id: "SmolLM2-135M-Instruct.Q4_1.gguf",
    name: "SmolLM2-135M-Instruct",
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    size_bytes: 98_400_000,
    modified_at: 1_760_000_000_000_000,
    facts: {
        architecture: "llama",
        parameters: 134_515_008,
        quantization: "Q4_1",
        context_length: 2048,
        has_chat_template: true,
        weight_bytes: 98_000_000,
    },
};

export const QWEN: Model = {
    id: "qwen/qwen2.5-7b-instruct-q4_k_m.gguf",
    name: "Qwen2.5-7B-Instruct",
    file: "qwen2.5-7b-instruct-q4_k_m.gguf",
    size_bytes: 4_683_000_000,
    modified_at: 1_760_000_000_000_000,
    facts: {
        architecture: "qwen2",
        parameters: 7_615_616_512,
        quantization: "Q4_K_M",
        context_length: 32_768,
        has_chat_template: true,
        weight_bytes: 4_680_000_000,
    },
};

export const GEMMA: Model = {
    id: "gemma-3-270m-q4_k_m.gguf",
    name: "gemma-3-270m",
    file: "gemma-3-270m-q4_k_m.gguf",
    size_bytes: 253_000_000,
    modified_at: 1_760_000_000_000_000,
    problem: {
        code: "unsupported_model",
        message: "The engine does not run the architecture gemma3. Choose a model of llama, qwen2, qwen3, phi3 or mistral3.",
        details: { architecture: "gemma3" },
    },
};
