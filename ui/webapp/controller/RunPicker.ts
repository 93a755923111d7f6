import type Dialog from "sap/m/Dialog";
import type { SearchField$LiveChangeEvent, SearchField$SearchEvent } from "sap/m/SearchField";
import type Event from "sap/ui/base/Event";
import type Control from "sap/ui/core/Control";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import type { RunSummary } from "../backend/studio";
import History from "../model/History";
import { text } from "../model/texts";
import FragmentDialog from "./FragmentDialog";

/** A run that is on the page already. */
export interface Candidate {
    id: string;
    title: string;
    /** Where it is. */
    origin: string;
}

/** Chooses one run: of the page, of its batch, or of the whole history. */
export default class RunPicker extends FragmentDialog {
    private readonly history = new History();
    private readonly state = new JSONModel({ title: "", candidates: [] as Candidate[] });
    private chosen: string | null = null;
    private answer: (run: string | null) => void = () => undefined;

    constructor(
        view: View,
        private readonly candidates: () => Candidate[],
    ) {
        super(view, "RunPicker");
    }

    /** Null when the person chose none. */
    async choose(slot: "a" | "b"): Promise<string | null> {
        this.state.setData({ title: text(`pickerTitle.${slot}`), candidates: this.candidates() });
        this.chosen = null;
        void this.history.clearFilter();
        const answered = new Promise<string | null>((resolve) => (this.answer = resolve));
        await this.show();
        return answered;
    }

    onSearch(event: SearchField$LiveChangeEvent): void {
        this.history.search(event.getParameter("newValue") ?? "");
    }

    onSearchNow(event: SearchField$SearchEvent): void {
        this.history.search(event.getParameter("query") ?? "", true);
    }

    onMore(): void {
        void this.history.more();
    }

    onCandidate(event: Event): void {
        this.take(((event.getSource() as Control).getBindingContext("picker")?.getObject() as Candidate).id);
    }

    onRun(event: Event): void {
        this.take(((event.getSource() as Control).getBindingContext("runs")?.getObject() as RunSummary).id);
    }

    onClosed(): void {
        this.answer(this.chosen);
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.state, "picker").setModel(this.history.model, "runs");
    }

    private take(run: string): void {
        this.chosen = run;
        void this.onClose();
    }
}
