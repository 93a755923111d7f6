/** Older figures say little about how fast it goes now. */
const WINDOW_MS = 10_000;
/** A rate over less than this would jump. */
const LEAST_MS = 1000;

/** How fast something advances, from what was heard of it lately. */
export class Progress {
    private samples: { done: number; at: number }[] = [];

    reached(done: number, at: number): void {
        const last = this.samples.at(-1);
        if (last && done < last.done) {
            this.samples = [];
        }
        this.samples.push({ done, at });
        const recent = this.samples.filter((sample) => at - sample.at <= WINDOW_MS);
        this.samples = recent.length > 1 ? recent : this.samples.slice(-2);
    }

    /** Per second; null until enough is known. */
    get rate(): number | null {
        const first = this.samples[0];
        const last = this.samples.at(-1);
        if (!first || !last || last.at - first.at < LEAST_MS || last.done === first.done) {
            return null;
        }
        return ((last.done - first.done) / (last.at - first.at)) * 1000;
    }

    /** Seconds until `total` is reached as fast as now; null when that can't be said. */
    remaining(total: number | null): number | null {
        const { rate } = this;
        const done = this.samples.at(-1)?.done ?? 0;
        return rate === null || total === null ? null : Math.max(0, (total - done) / rate);
    }
}
