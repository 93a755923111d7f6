import JSONModel from "sap/ui/model/json/JSONModel";
import { cancelRun, getRun, runPrompt, type Failure, type Parameters, type Run, type RunEvent } from "../backend/studio";
import { after, finished, idle, isActive, liveMeasures, refused, sent, type Answer, type Phase } from "./answer";
import { PACE_MS } from "./pace";

/** Where the answer's text appears. */
export interface TextSink {
    replace(text: string): void;
    append(text: string): void;
}

/** One prompt at a time and its answer: the state behind the page, apart from the page. */
export default class PromptSession {
    readonly model = new JSONModel({ ...idle(), hasText: false });
    private answer: Answer = idle();
    private text = "";
    private sink: TextSink | undefined;
    private clock = 0;
    /** Counts what was asked for, so that a late reply to something older is recognised. */
    private asked = 0;

    get active(): boolean {
        return isActive(this.answer.phase);
    }

    get phase(): Phase {
        return this.answer.phase;
    }

    get run(): string | null {
        return this.answer.run;
    }

    get answerText(): string {
        return this.text;
    }

    showTextIn(sink: TextSink): void {
        this.sink = sink;
        sink.replace(this.text);
    }

    /** Sends a prompt; resolves when its run has ended, however it ended. */
    async ask(model: string, modelName: string, prompt: string, parameters: Parameters): Promise<Failure | null> {
        this.asked += 1;
        this.setText("");
        this.set(sent(modelName, performance.now()));
        this.clock = window.setInterval(() => this.tick(), PACE_MS);
        try {
            const run = await runPrompt({ model, prompt, parameters }, (event) => this.onEvent(event));
            this.end(run);
            return null;
        } catch (error) {
            this.set(refused(this.answer, error as Failure));
            return error as Failure;
        } finally {
            clearInterval(this.clock);
        }
    }

    /** Asks the run under way to stop; before its acceptance this waits for the identifier. */
    async stop(): Promise<void> {
        if (!this.active || this.answer.stopping) {
            return;
        }
        this.set({ ...this.answer, stopping: true });
        await this.cancel();
    }

    /** Shows a recorded run; null when it could not be read or something newer was asked for meanwhile. */
    async open(id: string): Promise<Run | null> {
        const asked = ++this.asked;
        try {
            const run = await getRun(id);
            if (asked !== this.asked) {
                return null;
            }
            this.setText(run.answer);
            this.set({ ...finished(run), phase: "ended" });
            return run;
        } catch (error) {
            if (asked === this.asked) {
                this.setText("");
                this.set(refused(idle(), error as Failure));
            }
            return null;
        }
    }

    private onEvent(event: RunEvent): void {
        const before = this.answer;
        const next = after(before, event, performance.now());
        if (next === before) {
            return;
        }
        if (event.kind === "finished") {
            this.end(event.result);
            return;
        }
        if (event.kind === "token") {
            this.text += event.text;
            this.sink?.append(event.text);
        }
        this.answer = next;
        // Tokens come faster than numbers may change; the clock shows those.
        if (next.phase !== before.phase || next.run !== before.run) {
            this.show();
        }
        if (before.run === null && next.stopping) {
            void this.cancel();
        }
    }

    private end(run: Run): void {
        if (!this.active) {
            return;
        }
        if (run.answer !== this.text) {
            this.setText(run.answer);
        }
        this.set({ ...finished(run), phase: "ended" });
    }

    private async cancel(): Promise<void> {
        if (this.answer.run === null) {
            return;
        }
        try {
            await cancelRun(this.answer.run);
        } catch (error) {
            if (this.active) {
                this.set({ ...this.answer, stopping: false, error: error as Failure });
            }
        }
    }

    private tick(): void {
        if (this.active) {
            this.show();
        }
    }

    private set(answer: Answer): void {
        this.answer = answer;
        this.show();
    }

    private show(): void {
        const measures = this.active ? liveMeasures(this.answer, performance.now()) : this.answer.measures;
        this.model.setData({ ...this.answer, measures, hasText: this.text !== "" });
    }

    private setText(text: string): void {
        this.text = text;
        this.sink?.replace(text);
    }
}
