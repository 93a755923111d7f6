import type Dialog from "sap/m/Dialog";
import type { RatingIndicator$ChangeEvent } from "sap/m/RatingIndicator";
import type Event from "sap/ui/base/Event";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import { runFacets, type Run } from "../backend/studio";
import type Markdown from "../control/Markdown";
import { copy } from "../model/clipboard";
import PromptSession from "../model/PromptSession";
import { runFacts, type Fact } from "../model/runFacts";
import ThoughtSplit from "../model/ThoughtSplit";
import FragmentDialog from "./FragmentDialog";

interface State {
    run: Run | null;
    parameters: Fact[];
    tags: string[];
}

/** What can be done with the run shown. */
export interface Leads {
    open(run: string): void;
    rerun(run: string): void;
    compare(run: string): void;
    chat(chat: string): void;
    remove(run: string): void;
}

/** One run of the history, whole. */
export default class HistoryDetail extends FragmentDialog {
    private readonly session = new PromptSession();
    private readonly state = new JSONModel({ run: null, parameters: [], tags: [] } satisfies State);

    constructor(
        view: View,
        private readonly leads: Leads,
    ) {
        super(view, "HistoryDetail");
    }

    async open(id: string): Promise<void> {
        this.state.setData({ run: null, parameters: [], tags: [] });
        await this.show();
        const run = await this.session.open(id);
        if (run) {
            this.state.setData({ run, parameters: runFacts(run), tags: [] });
        }
    }

    onRate(event: RatingIndicator$ChangeEvent): void {
        void this.session.rate(event.getParameter("value") ?? 0);
    }

    onTag(event: Event<{ texts: string[] }>): void {
        void this.session.tag(event.getParameter("texts"));
    }

    /** Tags that are in use; without them, any can still be typed. */
    async onSuggestTags(): Promise<void> {
        const facets = await runFacets().catch(() => null);
        this.state.setProperty("/tags", facets?.tags ?? []);
    }

    onCopyAnswer(): void {
        void copy(this.session.answerText);
    }

    onCopyPrompt(): void {
        void copy(this.run?.prompt ?? "");
    }

    onOpenRun(): void {
        this.lead((run) => this.leads.open(run));
    }

    onRerun(): void {
        this.lead((run) => this.leads.rerun(run));
    }

    onCompare(): void {
        this.lead((run) => this.leads.compare(run));
    }

    onOpenChat(): void {
        const chat = this.run?.chat;
        if (chat) {
            void this.onClose().then(() => this.leads.chat(chat));
        }
    }

    onDelete(): void {
        this.lead((run) => this.leads.remove(run));
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.state, "detail").setModel(this.session.model, "answer");
        const split = new ThoughtSplit(this.control<Markdown>("detailAnswer"));
        dialog.setModel(split.model, "thought");
        this.session.showTextIn(split);
    }

    private lead(there: (run: string) => void): void {
        const id = this.run?.id;
        if (id) {
            void this.onClose().then(() => there(id));
        }
    }

    private get run(): Run | null {
        return (this.state.getData() as State).run;
    }
}
