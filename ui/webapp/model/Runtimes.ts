import JSONModel from "sap/ui/model/json/JSONModel";
import { getRuntimes, measureRuntimes, type Failure, type RuntimeChoice, type RuntimesReport } from "../backend/studio";

interface State {
    report: RuntimesReport | null;
    measuring: boolean;
    problem: Failure | null;
}

/** The runtimes for one model: which can run it, how fast they were, and which one answers for a choice. */
export default class Runtimes {
    readonly model = new JSONModel({ report: null, measuring: false, problem: null } satisfies State);
    private asked = 0;
    private subject = "";
    private choice: RuntimeChoice = "auto";

    /** Asks what would answer if `choice` were saved. */
    async look(model: string, choice: RuntimeChoice): Promise<void> {
        if (model !== this.subject) {
            this.set({ report: null, problem: null });
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

    private set(change: Partial<State>): void {
        this.model.setData({ ...(this.model.getData() as State), ...change });
    }
}
