import type { Failure, Requantized, Runtime, RuntimeChoice, RuntimeReport, RuntimeSpeed, RuntimesReport } from "../../backend/studio";

/** How the runtimes of a scenario are. */
export interface RuntimeScenario {
    /** Which can run the models. */
    runtimes?: Runtime[];
    /** Tokens per second, once measured. */
    decode?: Record<Runtime, number>;
    refuseMeasure?: Failure;
}

const ALL: Runtime[] = ["mistral_rs", "llama_cpp"];
const CLEARLY_FASTER = 1.2;

/** Chooses as the real backend does. */
export class FakeRuntimes {
    private speeds: RuntimeSpeed[] = [];

    constructor(private readonly scenario: RuntimeScenario) {}

    report(choice: RuntimeChoice): RuntimesReport {
        const able = ALL.filter((runtime) => (this.scenario.runtimes ?? ALL).includes(runtime));
        const runtimes: RuntimeReport[] = ALL.map((runtime) => ({
            runtime,
            problem: able.includes(runtime)
                ? null
                : { code: "unsupported_model", message: `${runtime} can't run this model (architecture gemma3, weights Q4_K_M).`, details: {} },
            speed: this.speeds.find((speed) => speed.runtime === runtime) ?? null,
        }));
        return { runtimes, chosen: this.choose(able, choice) };
    }

    async measure(model: string): Promise<RuntimeSpeed[]> {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (this.scenario.refuseMeasure) {
            throw this.scenario.refuseMeasure;
        }
        const decode = this.scenario.decode ?? { mistral_rs: 33, llama_cpp: 138 };
        this.speeds = (this.scenario.runtimes ?? ALL).map((runtime) => ({
            model,
            runtime,
            size_bytes: 98_400_000,
            modified_at: 1_760_000_000_000_000,
            measured_at: 1_760_000_000_000_000,
            decode_tokens_per_s: decode[runtime],
            prefill_tokens_per_s: 2 * decode[runtime],
            device: "CPU, 2 threads",
        }));
        return this.speeds;
    }

    async requantize(form: string): Promise<Requantized> {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (form === "q4_0") {
            throw { code: "unsupported_model", message: "In the form Q4_0 this model is worse. It was not kept.", details: {} };
        }
        return { file: "starter.Q8_0.gguf", size_bytes: 145_000_000, perplexity_before: 20, perplexity_after: 20.05 };
    }

    private choose([first, ...others]: Runtime[], choice: RuntimeChoice): RuntimesReport["chosen"] {
        if (!first) {
            return null;
        }
        const pinned = choice === "auto" ? null : choice;
        if (pinned && [first, ...others].includes(pinned)) {
            return { runtime: pinned, reason: { kind: "pinned" } };
        }
        const [other] = others;
        if (!other) {
            return { runtime: first, reason: { kind: pinned ? "pinned_cannot" : "only" } };
        }
        const speed = (runtime: Runtime) => this.speeds.find((each) => each.runtime === runtime)?.decode_tokens_per_s;
        const ratio = (speed(other) ?? 0) / (speed(first) ?? 1);
        if (ratio === 0) {
            return { runtime: first, reason: { kind: "not_measured" } };
        }
        return ratio > CLEARLY_FASTER
            ? { runtime: other, reason: { kind: "faster", ratio } }
            : { runtime: first, reason: { kind: "not_slower", ratio } };
    }
}
