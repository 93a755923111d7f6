import MessageToast from "sap/m/MessageToast";
import type Dialog from "sap/m/Dialog";
import type ResponsivePopover from "sap/m/ResponsivePopover";
import type { Select$ChangeEvent } from "sap/m/Select";
import type Event from "sap/ui/base/Event";
import type Control from "sap/ui/core/Control";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import { exportEvaluation } from "../backend/evaluations";
import type { EvaluatedItem, Failure, Verdict } from "../backend/studio";
import { chooseSave } from "../backend/window";
import EvaluationDetail from "../model/EvaluationDetail";
import type Evaluations from "../model/Evaluations";
import { count } from "../model/format";
import { text } from "../model/texts";
import FragmentDialog from "./FragmentDialog";

interface Export {
    path: string;
    problem: Failure | null;
}

/** One evaluation: what was asked, expected and answered, and what that came to. */
export default class EvaluationDialog extends FragmentDialog {
    private readonly detail = new EvaluationDetail();
    private readonly export = new JSONModel({ path: "", problem: null } satisfies Export);

    constructor(
        view: View,
        evaluations: Evaluations,
        private readonly openRun: (run: string) => void,
    ) {
        super(view, "Evaluation");
        // What is under way changes with every item.
        evaluations.model.bindProperty("/list").attachChange(() => this.follow());
    }

    async open(id: string): Promise<void> {
        await this.show();
        await this.detail.open(id);
    }

    onFilter(event: Select$ChangeEvent): void {
        void this.detail.filter((event.getParameter("selectedItem")?.getKey() ?? "all") as Verdict | "all");
    }

    onMore(): void {
        void this.detail.more();
    }

    onResume(): void {
        void this.detail.resume();
    }

    onCancel(): void {
        void this.detail.cancel();
    }

    onOpenRun(event: Event): void {
        const { result } = (event.getSource() as Control).getBindingContext("evaluation")?.getObject() as EvaluatedItem;
        if (result?.run) {
            const { run } = result;
            void this.onClose().then(() => this.openRun(run));
        }
    }

    onExport(): void {
        this.export.setProperty("/problem", null);
        this.control<ResponsivePopover>("evaluationExportPopover").openBy(this.control<Control>("evaluationExport"));
    }

    async onBrowse(): Promise<void> {
        try {
            const path = await chooseSave(text("evaluationExport"), "evaluation.csv", { name: "CSV", extensions: ["csv"] });
            if (path !== null) {
                this.export.setData({ path, problem: null });
            }
        } catch (error) {
            this.export.setProperty("/problem", error);
        }
    }

    async onExported(): Promise<void> {
        const { path } = this.export.getData() as Export;
        const id = this.detail.state.figures?.evaluation.id;
        if (path.trim() === "" || id === undefined) {
            return;
        }
        this.export.setProperty("/problem", null);
        try {
            const { rows } = await exportEvaluation(id, path.trim());
            this.onExportCancel();
            MessageToast.show(text("evaluationExported", count(rows), path.trim()));
        } catch (error) {
            this.export.setProperty("/problem", error);
        }
    }

    onExportCancel(): void {
        this.control<ResponsivePopover>("evaluationExportPopover").close();
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.detail.model, "evaluation").setModel(this.export, "export");
    }

    private follow(): void {
        const { figures } = this.detail.state;
        if (figures) {
            void this.detail.refresh();
        }
    }
}
