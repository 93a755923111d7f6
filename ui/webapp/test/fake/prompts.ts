import type { Change, Cost, Example, Mode, ParameterOverrides, Parameters, Price, Run } from "../../backend/studio";

type Input = Record<string, never>;

/** What these operations need of the rest of the fake. */
interface Surroundings {
    tell(change: Change): void;
    /** The model that is loaded. */
    loaded(): string | null;
}

export const DEFAULTS: Parameters = {
    temperature: 0.7,
    top_p: 0.95,
    top_k: 0,
    min_p: 0,
    repetition_penalty: 1,
    max_tokens: 512,
    context_length: null,
    seed: null,
    stop: [],
    system_prompt: "",
    alternatives: 0,
    format: { kind: "text" },
    tools: "",
    tool_choice: "auto",
};

const SHIPPED: Mode[] = [
    mode("fast", "Fast", "A short answer as soon as possible, close to the likeliest wording.", {
        temperature: 0.2,
        top_p: 0.9,
        top_k: 20,
        max_tokens: 128,
        system_prompt: "You are a helpful assistant. Answer in at most three short sentences.",
    }),
    mode("normal", "Normal", "The model as it is configured, nothing changed.", {}),
    mode("expert", "Expert", "A precise, complete answer for somebody who knows the field.", {
        temperature: 0.3,
        top_p: 0.9,
        min_p: 0.05,
        repetition_penalty: 1.05,
        max_tokens: 1024,
        system_prompt: "You are an expert in the field of the question. Answer precisely and completely.",
    }),
    mode("research", "Research", "A long answer that looks at a question from several sides.", {
        temperature: 0.8,
        min_p: 0.02,
        repetition_penalty: 1.1,
        max_tokens: 2048,
        system_prompt: "You are a careful researcher. Look at the question from several sides.",
    }),
];
const EXAMPLES: Example[] = [
    { id: "math-train", title: "Travel time", category: "math", prompt: "A train leaves at 9:40 and arrives at 13:05. How long does it take?" },
    { id: "code-reverse", title: "Reverse words", category: "code", prompt: "Write a Python function that reverses the words of a sentence." },
    { id: "arabic-capital", title: "عاصمة", category: "arabic", prompt: "ما هي عاصمة فرنسا؟ أجب بجملة واحدة." },
    { id: "reasoning-siblings", title: "Siblings", category: "reasoning", prompt: "Ada has three brothers. Each has two sisters. How many sisters does Ada have?" },
];

let prices: Price[] = [];
let modes: Mode[] = SHIPPED;

function mode(id: string, name: string, description: string, parameters: ParameterOverrides): Mode {
    return { id, name, description, model: null, parameters, shipped: true, changed: false };
}

export function modeName(id: string): string {
    return modes.find((each) => each.id === id)?.name ?? id;
}

export function costOf(run: Run): Cost | null {
    const price = prices.find((each) => each.model === run.model);
    const { tokens_in, tokens_out } = run.measures;
    if (!price || tokens_in == null || tokens_out == null) {
        return null;
    }
    const amount = (tokens_in * price.input_per_1k + tokens_out * price.output_per_1k) / 1000;
    return { amount, currency: price.currency, priced_at: price.from };
}

/** Modes, prices, examples and counts, as the real backend answers them. */
export function promptOperations(around: Surroundings): Record<string, (input: Input) => unknown> {
    prices = [];
    modes = SHIPPED;
    const operations = {
        list_modes: () => modes,
        save_mode: ({ mode: saved }: { mode: Mode }) => {
            const next = { ...saved, id: saved.id || `custom-${modes.length}`, changed: Boolean(saved.shipped) };
            const known = modes.some(({ id }) => id === next.id);
            modes = known ? modes.map((each) => (each.id === next.id ? next : each)) : [...modes, next];
            around.tell({ kind: "modes" });
            return next;
        },
        remove_mode: ({ mode: id }: { mode: string }) => {
            const shipped = SHIPPED.find((each) => each.id === id);
            modes = modes.flatMap((each) => (each.id === id ? (shipped ?? []) : each));
            around.tell({ kind: "modes" });
        },
        list_prices: () => prices,
        set_price: (price: Omit<Price, "from">) => {
            const dated = { ...price, from: Date.now() * 1000 };
            prices = [dated, ...prices];
            return dated;
        },
        remove_price: ({ model }: { model: string }) => {
            prices = prices.filter((each) => each.model !== model);
        },
        list_examples: () => EXAMPLES,
        count_tokens: ({ model, prompt, parameters }: { model: string; prompt: string; parameters: ParameterOverrides }) =>
            around.loaded() === model
                ? { tokens: 12 + Math.ceil(prompt.length / 4), context_length: parameters.context_length ?? 2048 }
                : null,
        effective_parameters: ({ mode: id, parameters }: { mode: string | null; parameters: ParameterOverrides }) => ({
            ...DEFAULTS,
            ...modes.find((each) => each.id === id)?.parameters,
            ...parameters,
        }),
        get_settings: () => ({ default_mode: "normal" }),
        get_configuration: () => ({ saved: false, configuration: { parameters: DEFAULTS, memory_limit_bytes: null, pinned: false, runtime: "auto" } }),
    };
    return operations as unknown as Record<string, (input: Input) => unknown>;
}
