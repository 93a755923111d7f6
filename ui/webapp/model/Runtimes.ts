import JSONModel from "sap/ui/model/json/JSONModel";
import {
    getRuntimes,
    measureRuntimes,
    requantizeModel,
    type Failure,
    type Requantized,
    type RuntimeChoice,
    type RuntimesReport,
    type WeightForm,
} from "../backend/studio";

interface State {
    report: RuntimesReport | null;
    measuring: boolean;
    /** The form a model is to be written in, whether that is under way, and what came of it. */
    form: WeightForm;
    writing: boolean;
    written: Requantized | null;
    problem: Failure | null;
}

const EMPTY: State = { report: null, measuring: false, form: "q8_0", writing: false, written: null, problem: null };

/** The runtimes for one model: which can run it, how fast they were, and which one answers for a choice. */
export default class Runtimes {
    readonly model = new JSONModel({ ...EMPTY });
    private asked = 0;
    private subject = "";
    private choice: RuntimeChoice = "auto";

    /** Asks what would answer if `choice` were saved. */
    async look(model: string, choice: RuntimeChoice): Promise<void> {
        if (model !== this.subject) {
            this.set({ report: null, written: null, problem: null });
        }
        this.subject = model;
        this.choice = choice;
        const asked = ++this.asked;
        try {
            const report = await getRuntimes(model, choice);
            if (asked === this.asked) {
                this.set({ report });
            }
        } catch (error) {
            if (asked === this.asked) {
                this.set({ report: null, problem: error as Failure });
            }
        }
    }

    /** Times the runtimes with the model; what is shown of another one meanwhile stays. */
    async measure(): Promise<void> {
        const model = this.subject;
        this.set({ measuring: true, problem: null });
        try {
            await measureRuntimes(model);
        } catch (error) {
            const problem = error as Failure;
            if (model === this.subject && problem.code !== "cancelled") {
                this.set({ problem });
            }
        }
        this.set({ measuring: false });
        await this.look(this.subject, this.choice);
    }

    /** Writes the model in the chosen form beside it. */
    async requantize(): Promise<void> {
        const model = this.subject;
        this.set({ writing: true, written: null, problem: null });
        try {
            const written = await requantizeModel(model, (this.model.getData() as State).form);
            if (model === this.subject) {
                this.set({ written });
            }
        } catch (error) {
            const problem = error as Failure;
            if (model === this.subject && problem.code !== "cancelled") {
                this.set({ problem });
            }
        }
        this.set({ writing: false });
    }

    private set(change: Partial<State>): void {
        this.model.setData({ ...(this.model.getData() as State), ...change });
    }
}
