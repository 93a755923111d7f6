import JSONModel from "sap/ui/model/json/JSONModel";
import {
    countTokens,
    effectiveParameters,
    getConfiguration,
    listExamples,
    type Configured,
    type Example,
    type Failure,
    type Mode,
    type ParameterOverrides,
    type Parameters,
    type TokenCount,
} from "../backend/studio";
import { beneath, type Beneath } from "./beneath";
import type { ParameterFields } from "./parameters";
import { text } from "./texts";

const COUNT_AFTER_MS = 250;

/** What the next run would be. */
export interface DraftSubject {
    model: string | null;
    mode: Mode | null;
    prompt: string;
    overrides: ParameterOverrides;
}

/** Why there is no count, or that there is one. */
export type Counting = "empty" | "noModel" | "notLoaded" | "invalid" | "failed" | "counted";

interface DraftState {
    counting: Counting;
    count: TokenCount | null;
    countProblem: Failure | null;
    /** What each field inherits while it is empty. */
    beneath: Beneath;
    /** What was typed and then replaced by something else; it can be brought back. */
    replaced: Replaced | null;
    categories: Category[];
}

/** A prompt with what it would have been sent with. */
export interface Replaced {
    prompt: string;
    parameters: ParameterFields;
    mode: string;
}

interface Category {
    name: string;
    examples: Example[];
}

/** What is known of the next run before it is sent: its tokens, and the parameters it inherits. */
export default class Draft {
    readonly model = new JSONModel({
        counting: "empty",
        count: null,
        countProblem: null,
        beneath: beneath(null, null, null),
        replaced: null,
        categories: [],
    } satisfies DraftState);
    private timer = 0;
    /** Counts what was asked for, so that a late reply to something older is recognised. */
    private counted = 0;
    private inherited = 0;

    constructor(private readonly subject: () => DraftSubject | null) {}

    /** The prompt or an override changed: counts its tokens when typing pauses. */
    changed(): void {
        clearTimeout(this.timer);
        this.timer = window.setTimeout(() => void this.count(), COUNT_AFTER_MS);
    }

    /** Model, mode or their parameters changed. */
    async refresh(): Promise<void> {
        this.changed();
        const subject = this.subject();
        const asked = ++this.inherited;
        if (!subject?.model) {
            this.set({ beneath: beneath(null, null, null) });
            return;
        }
        const { model, mode } = subject;
        const [effective, configured] = await Promise.all([
            orNull<Parameters>(effectiveParameters(model, mode?.id ?? null, {})),
            orNull<Configured>(getConfiguration(model)),
        ]);
        if (asked === this.inherited) {
            this.set({ beneath: beneath(effective, mode, configured) });
        }
    }

    /** Without examples there is only a menu less. */
    async readExamples(): Promise<void> {
        const examples = (await orNull<Example[]>(listExamples())) ?? [];
        const categories = [...new Set(examples.map(({ category }) => category))];
        this.set({
            categories: categories.map((category) => ({
                name: text(`category.${category}`),
                examples: examples.filter((example) => example.category === category),
            })),
        });
    }

    /** Remembers what something else takes the place of; null when there is nothing to remember. */
    keep(replaced: Replaced | null): void {
        this.set({ replaced });
    }

    get replaced(): Replaced | null {
        return this.state.replaced;
    }

    private async count(): Promise<void> {
        const subject = this.subject();
        const asked = ++this.counted;
        if (!subject || !subject.model || subject.prompt.trim() === "") {
            const counting = !subject ? "invalid" : subject.model ? "empty" : "noModel";
            this.set({ counting, count: null, countProblem: null });
            return;
        }
        const { model, mode, prompt, overrides } = subject;
        let next: Partial<DraftState>;
        try {
            const count = await countTokens({ model, mode: mode?.id ?? null, prompt, parameters: overrides });
            next = { counting: count ? "counted" : "notLoaded", count: count ?? null, countProblem: null };
        } catch (error) {
            next = { counting: "failed", count: null, countProblem: error as Failure };
        }
        if (asked === this.counted) {
            this.set(next);
        }
    }

    private get state(): DraftState {
        return this.model.getData() as DraftState;
    }

    private set(change: Partial<DraftState>): void {
        this.model.setData({ ...this.state, ...change });
    }
}

/** What cannot be read is not shown; the run itself would say why. */
async function orNull<Value>(reading: Promise<Value>): Promise<Value | null> {
    try {
        return await reading;
    } catch {
        return null;
    }
}
