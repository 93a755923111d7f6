import MessageToast from "sap/m/MessageToast";
import type Dialog from "sap/m/Dialog";
import type { RatingIndicator$ChangeEvent } from "sap/m/RatingIndicator";
import type { SegmentedButton$SelectionChangeEvent } from "sap/m/SegmentedButton";
import type { StepInput$ChangeEvent } from "sap/m/StepInput";
import type { TextArea$LiveChangeEvent } from "sap/m/TextArea";
import type Event from "sap/ui/base/Event";
import type Control from "sap/ui/core/Control";
import type View from "sap/ui/core/mvc/View";
import Compare, { type Decision, type Slot } from "../model/Compare";
import type { Row } from "../model/compareFormat";
import type Preferences from "../model/Preferences";
import type { Weights } from "../backend/studio";
import { text } from "../model/texts";
import FragmentDialog from "./FragmentDialog";
import RunPicker, { type Candidate } from "./RunPicker";

/** Two runs side by side, as the two columns of a T-account: their measures, their texts and who wins. */
export default class CompareDialog extends FragmentDialog {
    private readonly compare: Compare;
    private readonly picker: RunPicker;

    constructor(
        view: View,
        private readonly preferences: Preferences,
        candidates: () => Candidate[],
    ) {
        super(view, "Compare");
        this.compare = new Compare(preferences.getProperty("/weights") as Weights);
        this.picker = new RunPicker(view, candidates);
    }

    async open(a: string | null, b: string | null): Promise<void> {
        void this.compare.start(a, b);
        await this.show();
    }

    async onChoose(event: Event): Promise<void> {
        const slot = slotOf(event);
        const run = await this.picker.choose(slot);
        if (run !== null) {
            await this.compare.choose(slot, run);
        }
    }

    onSwap(): void {
        void this.compare.swap();
    }

    onRate(event: RatingIndicator$ChangeEvent): void {
        void this.compare.rate(slotOf(event), event.getParameter("value") ?? 0);
    }

    onWeight(event: StepInput$ChangeEvent): void {
        const { criterion } = (event.getSource() as Control).getBindingContext("compare")?.getObject() as Row;
        void this.compare.weigh({ [criterion]: event.getParameter("value") ?? 0 });
        this.preferences.setProperty("/weights", { ...this.compare.weights });
    }

    onDecide(event: SegmentedButton$SelectionChangeEvent): void {
        this.compare.decide((event.getParameter("item")?.getKey() ?? "score") as Decision);
    }

    onNote(event: TextArea$LiveChangeEvent): void {
        this.compare.remark(event.getParameter("value") ?? "");
    }

    async onSave(): Promise<void> {
        if (await this.compare.save()) {
            MessageToast.show(text("comparisonSaved"));
        }
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.compare.model, "compare");
    }
}

function slotOf(event: Event): Slot {
    return (event.getSource() as Control).getBindingContext("compare")?.getProperty("slot") as Slot;
}
