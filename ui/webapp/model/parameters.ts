import type { Parameters } from "../backend/studio";

/** What the fields of the parameters hold: the seed as typed, empty when one is to be drawn. */
export interface ParameterFields {
    temperature: number;
    top_p: number;
    max_tokens: number;
    seed: string;
}

export const DEFAULTS: ParameterFields = { temperature: 0.7, top_p: 0.95, max_tokens: 512, seed: "" };

const RANGES = {
    temperature: [0, 2],
    top_p: [0.01, 1],
    max_tokens: [1, 131_072],
} as const;

/** The first field whose value the backend would refuse. */
export function invalidField(fields: ParameterFields): keyof ParameterFields | undefined {
    for (const name of ["temperature", "top_p", "max_tokens"] as const) {
        const [least, most] = RANGES[name];
        if (!(fields[name] >= least && fields[name] <= most)) {
            return name;
        }
    }
    if (!Number.isInteger(fields.max_tokens)) {
        return "max_tokens";
    }
    return isSeed(fields.seed) ? undefined : "seed";
}

export function toParameters(fields: ParameterFields): Parameters {
    const seed = fields.seed.trim();
    return {
        temperature: fields.temperature,
        top_p: fields.top_p,
        max_tokens: fields.max_tokens,
        seed: seed === "" ? null : Number(seed),
    };
}

export function toFields(parameters: Parameters): ParameterFields {
    return {
        temperature: parameters.temperature,
        top_p: parameters.top_p,
        max_tokens: parameters.max_tokens,
        seed: parameters.seed === null ? "" : String(parameters.seed),
    };
}

export function isSeed(typed: string): boolean {
    const seed = typed.trim();
    return seed === "" || (/^\d+$/.test(seed) && Number.isSafeInteger(Number(seed)));
}
