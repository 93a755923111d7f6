import type { Failure, TokenCount } from "../backend/studio";

const COUNT_AFTER_MS = 250;

/** Why there is no count, or that there is one. */
export type Counting = "empty" | "noModel" | "notLoaded" | "remote" | "invalid" | "failed" | "counted";

export interface Counted {
    counting: Counting;
    count: TokenCount | null;
    countProblem: Failure | null;
}

export function uncounted(counting: Counting): Counted {
    return { counting, count: null, countProblem: null };
}

/** Counts the tokens of what is typed, once typing pauses. */
export default class TokenCounter {
    private timer = 0;
    /** Counts what was asked for, so that a late reply to something older is recognised. */
    private asked = 0;

    /** `ask` begins a count, or tells why there is nothing to count. */
    constructor(
        private readonly ask: () => Promise<TokenCount | null> | Counting,
        private readonly show: (counted: Counted) => void,
    ) {}

    changed(): void {
        clearTimeout(this.timer);
        this.timer = window.setTimeout(() => void this.count(), COUNT_AFTER_MS);
    }

    private async count(): Promise<void> {
        const asked = ++this.asked;
        const counted = await this.counted();
        if (asked === this.asked) {
            this.show(counted);
        }
    }

    private async counted(): Promise<Counted> {
        const counting = this.ask();
        if (typeof counting === "string") {
            return uncounted(counting);
        }
        try {
            const count = (await counting) ?? null;
            return { counting: count ? "counted" : "notLoaded", count, countProblem: null };
        } catch (error) {
            return { ...uncounted("failed"), countProblem: error as Failure };
        }
    }
}
