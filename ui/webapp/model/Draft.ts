import JSONModel from "sap/ui/model/json/JSONModel";
import {
    countTokens,
    listExamples,
    type Example,
    type Mode,
    type ParameterOverrides,
} from "../backend/studio";
import { beneath, type Beneath } from "./beneath";
import { inheritance, orNull } from "./inheritance";
import type { ParameterFields } from "./parameters";
import { isRemote } from "./remoteFormat";
import { text } from "./texts";
import TokenCounter, { uncounted, type Counted, type Counting } from "./TokenCounter";

/** What the next run would be. */
export interface DraftSubject {
    model: string | null;
    mode: Mode | null;
    prompt: string;
    overrides: ParameterOverrides;
}

interface DraftState extends Counted {
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
        ...uncounted("empty"),
        beneath: beneath(null, null, null),
        replaced: null,
        categories: [],
    } satisfies DraftState);
    private readonly counter = new TokenCounter(
        () => this.count(),
        (counted) => this.set(counted),
    );
    /** Counts what was asked for, so that a late reply to something older is recognised. */
    private inherited = 0;

    constructor(private readonly subject: () => DraftSubject | null) {}

    /** The prompt or an override changed: counts its tokens when typing pauses. */
    changed(): void {
        this.counter.changed();
    }

    /** Model, mode or their parameters changed. */
    async refresh(): Promise<void> {
        this.changed();
        const subject = this.subject();
        const asked = ++this.inherited;
        const beneath = await inheritance(subject?.model ?? null, subject?.mode ?? null);
        if (asked === this.inherited) {
            this.set({ beneath });
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

    private count(): ReturnType<typeof countTokens> | Counting {
        const subject = this.subject();
        if (!subject) {
            return "invalid";
        }
        const { model, mode, prompt, overrides } = subject;
        if (isRemote(model)) {
            return "remote";
        }
        if (!model || prompt.trim() === "") {
            return model ? "empty" : "noModel";
        }
        return countTokens({ model, mode: mode?.id ?? null, prompt, parameters: overrides });
    }

    private get state(): DraftState {
        return this.model.getData() as DraftState;
    }

    private set(change: Partial<DraftState>): void {
        this.model.setData({ ...this.state, ...change });
    }
}
