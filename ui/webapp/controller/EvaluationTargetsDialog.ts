import type Dialog from "sap/m/Dialog";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import { startEvaluations } from "../backend/evaluations";
import type { Failure, PromptSet } from "../backend/studio";
import { text } from "../model/texts";
import TargetsDialog from "./TargetsDialog";

interface State {
    set: PromptSet | null;
    title: string;
    items: number;
    judged: boolean;
    judge: string;
    maxTokens: number;
    seed: number;
    /** How many evaluations that would be. */
    count: number;
    ready: boolean;
    busy: boolean;
    problem: Failure | null;
}

const MOST = 64;
const MAX_TOKENS = 512;

/** Chooses of which models, in which modes, a set is asked. */
export default class EvaluationTargetsDialog extends TargetsDialog {
    private readonly state = new JSONModel({
        set: null,
        title: "",
        items: 0,
        judged: false,
        judge: "",
        maxTokens: MAX_TOKENS,
        seed: 0,
        count: 0,
        ready: false,
        busy: false,
        problem: null,
    } satisfies State);

    constructor(
        view: View,
        private readonly started: () => void,
    ) {
        super(view, "EvaluationTargets");
    }

    async open(set: PromptSet, model: string | undefined, mode: string | undefined): Promise<void> {
        const judged = set.judged > 0;
        const judge = this.data.judge || model || "";
        this.set({ set, title: text("setRunTitle", set.name), items: set.items, judged, judge, problem: null, busy: false });
        await this.show();
        this.preselect("evaluatedModels", "live", model);
        this.preselect("evaluatedModes", "modes", mode);
        this.onSelect();
    }

    onSelect(): void {
        const count = this.selected("evaluatedModels", "live").length * this.selected("evaluatedModes", "modes").length;
        this.set({ count, ready: count > 0 && count <= MOST && (!this.data.judged || this.data.judge !== "") });
    }

    async onStart(): Promise<void> {
        const { set, judged, judge, maxTokens, seed, busy, ready } = this.data;
        if (!set || busy || !ready) {
            return;
        }
        const modes = this.selected("evaluatedModes", "modes");
        const targets = this.selected("evaluatedModels", "live").flatMap((model) => modes.map((mode) => ({ model, mode })));
        this.set({ busy: true, problem: null });
        try {
            const parameters = { temperature: 0, seed, max_tokens: maxTokens };
            await startEvaluations({ set: set.id, targets, judge: judged ? judge : null, parameters });
            this.set({ busy: false });
            await this.onClose();
            this.started();
        } catch (error) {
            this.set({ busy: false, problem: error as Failure });
        }
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.state, "targets");
    }

    private get data(): State {
        return this.state.getData() as State;
    }

    private set(change: Partial<State>): void {
        this.state.setData({ ...this.data, ...change });
    }
}
