import Column from "sap/m/Column";
import ColumnListItem from "sap/m/ColumnListItem";
import Link from "sap/m/Link";
import Text from "sap/m/Text";
import type Dialog from "sap/m/Dialog";
import type { ListBase$SelectionChangeEvent } from "sap/m/ListBase";
import type Table from "sap/m/Table";
import type Event from "sap/ui/base/Event";
import type Control from "sap/ui/core/Control";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import type { EvaluationFigures, PromptSet } from "../backend/studio";
import type Component from "../Component";
import { qualitySource, qualityText } from "../model/evaluationFormat";
import type { MatrixRow } from "../model/evaluationMatrix";
import type { WorkItem } from "../model/Tasks";
import { text } from "../model/texts";
import EvaluationDialog from "./EvaluationDialog";
import EvaluationTargetsDialog from "./EvaluationTargetsDialog";
import FragmentDialog from "./FragmentDialog";
import SetImportDialog from "./SetImportDialog";

type Tab = "items" | "evaluations" | "matrix";

/** The prompt sets, and what models make of them. */
export default class EvaluationsDialog extends FragmentDialog {
    private readonly shown = new JSONModel({ tab: "items" as Tab });
    private readonly targets: EvaluationTargetsDialog;
    private readonly importer: SetImportDialog;
    private readonly detail: EvaluationDialog;

    constructor(
        view: View,
        private readonly component: Component,
    ) {
        super(view, "Evaluations");
        const { evaluations } = component;
        this.targets = new EvaluationTargetsDialog(view, () => this.turnTo("evaluations"));
        this.importer = new SetImportDialog(view, (set) => {
            void evaluations.choose(set.id);
            this.turnTo("items");
        });
        this.detail = new EvaluationDialog(view, evaluations, (run) => {
            if (component.leadToRun(run)) {
                void this.onClose();
            }
        });
    }

    async open(evaluation?: string): Promise<void> {
        await this.show();
        await this.component.evaluations.open();
        if (evaluation !== undefined) {
            await this.detail.open(evaluation);
        }
    }

    onSelectSet(event: ListBase$SelectionChangeEvent): void {
        const set = event.getParameter("listItem")?.getBindingContext("evaluations")?.getObject() as PromptSet;
        void this.component.evaluations.choose(set.id);
        if ((this.shown.getProperty("/tab") as Tab) === "matrix") {
            this.turnTo("items");
        }
    }

    onImportSet(): void {
        void this.importer.open();
    }

    onRemoveSet(): void {
        void this.component.evaluations.remove();
    }

    onUndoRemove(): void {
        void this.component.evaluations.restore();
    }

    onForgetRemoved(): void {
        this.component.evaluations.forgetRemoved();
    }

    onRunSet(): void {
        const { set } = this.component.evaluations.state;
        if (set) {
            void this.targets.open(set, this.component.live.chosen?.id, this.component.modes.chosen?.id);
        }
    }

    onMoreItems(): void {
        void this.component.evaluations.moreItems();
    }

    onMoreEvaluations(): void {
        void this.component.evaluations.moreEvaluations();
    }

    onOpenEvaluation(event: Event): void {
        const { evaluation } = (event.getSource() as Control).getBindingContext("evaluations")?.getObject() as EvaluationFigures;
        void this.detail.open(evaluation.id);
    }

    onCancelTask(event: Event): void {
        void this.component.tasks.cancel((event.getSource() as Control).getBindingContext("tasks")?.getObject() as WorkItem);
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.shown, "shown");
        const { model } = this.component.evaluations;
        model.bindProperty("/matrix").attachChange(() => this.fillMatrix());
        this.fillMatrix();
    }

    private turnTo(tab: Tab): void {
        this.shown.setProperty("/tab", tab);
    }

    /** A column for each set, which no fragment can say. */
    private fillMatrix(): void {
        const table = this.control<Table>("qualityMatrix");
        const { sets, matrix } = this.component.evaluations.state;
        const expecting = sets.flatMap((set, index) => (set.expecting > 0 ? [{ set, index }] : []));
        table.destroyItems();
        table.destroyColumns();
        table.addColumn(new Column({ header: new Text({ text: text("model") }) }));
        expecting.forEach(({ set }) => table.addColumn(new Column({ header: new Text({ text: set.name }), hAlign: "End" })));
        matrix.forEach((row) => table.addItem(this.matrixRow(row, expecting.map(({ index }) => index))));
    }

    private matrixRow({ name, cells }: MatrixRow, columns: number[]): ColumnListItem {
        const figures = columns.map((column) => this.cell(cells[column] ?? null));
        return new ColumnListItem({ cells: [new Text({ text: name }), ...figures] });
    }

    private cell(figures: EvaluationFigures | null): Control {
        if (!figures) {
            return new Text({ text: qualityText(null) });
        }
        const link = new Link({
            text: qualityText(figures.quality),
            tooltip: qualitySource(figures),
            wrapping: true,
            press: () => void this.detail.open(figures.evaluation.id),
        });
        return link.addStyleClass("nopenaiTabular");
    }
}
