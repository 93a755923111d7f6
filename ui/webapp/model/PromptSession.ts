import JSONModel from "sap/ui/model/json/JSONModel";
import {
    cancelRun,
    getRun,
    rateRun,
    runPrompt,
    tagRun,
    type Failure,
    type ParameterOverrides,
    type Prompt,
    type Run,
    type RunEvent,
} from "../backend/studio";
import { after, finished, idle, isActive, liveMeasures, refused, sent, type Answer, type Phase } from "./answer";
import { PACE_MS } from "./pace";
import { asOverrides } from "./parameters";

/** Where the answer's text appears. */
export interface TextSink {
    replace(text: string): void;
    append(text: string): void;
}

/** Begins a run and passes its events on. */
export type Send = (input: Prompt, onEvent: (event: RunEvent) => void) => Promise<Run>;

/** What is asked, of whom and how. */
export interface Request {
    model: string;
    modelName: string;
    mode: { id: string; name: string } | null;
    prompt: string;
    /** Over those of mode and model. */
    parameters: ParameterOverrides;
    /** Whether the answer is shown while it is made. */
    stream: boolean;
    /** Whether an answer that was computed before may be given again. */
    cache: boolean;
}

/** One prompt at a time and its answer: the state behind the page, apart from the page. */
export default class PromptSession {
    readonly model = new JSONModel({ ...idle(), hasText: false, canRepeat: false, best: {} });
    private answer: Answer = idle();
    private asking: Request | null = null;
    private best: Record<string, boolean> = {};
    private text = "";
    private readonly sinks = new Set<TextSink>();
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

    /** What was asked last, here or in the run that was opened. */
    get request(): Request | null {
        return this.asking;
    }

    get measures(): Answer["measures"] {
        return this.answer.measures;
    }

    get cost(): Answer["cost"] {
        return this.answer.cost;
    }

    get rating(): number {
        return this.answer.rating;
    }

    showTextIn(sink: TextSink): void {
        this.sinks.add(sink);
        sink.replace(this.text);
    }

    hideTextFrom(sink: TextSink): void {
        this.sinks.delete(sink);
    }

    /** Sends a prompt; resolves when its run has ended, however it ended. `send` begins the run in another way. */
    async ask(request: Request, send: Send = runPrompt): Promise<Failure | null> {
        this.asked += 1;
        this.asking = request;
        const { model, modelName, mode, prompt, parameters, stream, cache } = request;
        this.setText("");
        this.set(sent({ model, modelName, modeName: mode?.name ?? null }, performance.now()));
        this.clock = window.setInterval(() => this.tick(), PACE_MS);
        try {
            const input = { model, mode: mode?.id ?? null, prompt, parameters, stream, cache };
            this.end(await send(input, (event) => this.onEvent(event)));
            return null;
        } catch (error) {
            this.set(refused(this.answer, error as Failure));
            return error as Failure;
        } finally {
            clearInterval(this.clock);
        }
    }

    /** Rates the run shown, 1 to 5; 0 takes the rating away. */
    async rate(rating: number): Promise<void> {
        await this.assess({ rating }, (run) => rateRun(run, rating || null));
    }

    async tag(tags: string[]): Promise<void> {
        await this.assess({ tags }, (run) => tagRun(run, tags));
    }

    /** Tells in which measures this answer is the best of those beside it. */
    mark(best: Record<string, boolean>): void {
        this.best = best;
        this.show();
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
            this.asking = {
                model: run.model,
                modelName: run.model_name,
                mode: run.mode ?? null,
                prompt: run.prompt,
                parameters: asOverrides(run.parameters),
                stream: run.streamed,
                cache: true,
            };
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
            this.sinks.forEach((sink) => sink.append(event.text));
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

    /** Shows an assessment at once, and takes it back when it could not be kept. */
    private async assess(change: Partial<Answer>, keep: (run: string) => Promise<void>): Promise<void> {
        const { run, rating, tags } = this.answer;
        if (run === null || this.active) {
            return;
        }
        this.set({ ...this.answer, ...change, assessmentProblem: null });
        try {
            await keep(run);
        } catch (error) {
            if (this.answer.run === run) {
                this.set({ ...this.answer, rating, tags, assessmentProblem: error as Failure });
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
        const canRepeat = this.asking !== null && !this.active;
        this.model.setData({ ...this.answer, measures, hasText: this.text !== "", canRepeat, best: this.best });
    }

    private setText(text: string): void {
        this.text = text;
        this.sinks.forEach((sink) => sink.replace(text));
    }
}
