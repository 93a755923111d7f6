import type { Answer } from "./answer";

type Measured = Pick<Answer, "measures" | "cost">;
type Marks = Record<string, boolean>;

/** For each of some answers, in which measures none of the others is better. Where all are equal, none is marked. */
export function best(answers: readonly Measured[]): Marks[] {
    const marks: Marks[] = answers.map(() => ({}));
    const mark = (name: string, values: (number | null)[]) => {
        const known = values.filter((value) => value !== null);
        const least = Math.min(...known);
        if (known.length > 1 && known.some((value) => value !== least)) {
            values.forEach((value, index) => (marks[index] ??= {})[name] = value === least);
        }
    };
    mark("total_ms", answers.map(({ measures }) => measures.total_ms ?? null));
    mark("ttft_ms", answers.map(({ measures }) => measures.ttft_ms ?? null));
    mark("tokens_per_s", answers.map(({ measures }) => negative(measures.tokens_per_s)));
    if (new Set(answers.flatMap(({ cost }) => cost?.currency ?? [])).size === 1) {
        mark("cost", answers.map(({ cost }) => cost?.amount ?? null));
    }
    return marks;
}

function negative(value: number | null | undefined): number | null {
    return value == null ? null : -value;
}
