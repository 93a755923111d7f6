import type {
    Cost,
    Failure,
    FinishReason,
    LoadProgress,
    Measures,
    Outcome,
    RemoteUse,
    Run,
    RunEvent,
    TokenLikelihood,
} from "../backend/studio";
import { isRemote } from "./remoteFormat";

/**
 * What the answer pane shows.
 * `idle`: nothing asked yet; `sent`: on its way or waiting for its turn; `loading`: the model is being loaded;
 * `reading`: the model reads the prompt; `streaming`; `ended`.
 */
export type Phase = "idle" | "sent" | "loading" | "reading" | "streaming" | "ended";

export interface Answer {
    phase: Phase;
    run: string | null;
    model: string | null;
    modelName: string | null;
    modeName: string | null;
    progress: LoadProgress | null;
    /** Pieces of text received so far. */
    pieces: number;
    sequence: number;
    outcome: Outcome | null;
    finishReason: FinishReason | null;
    error: Failure | null;
    measures: Measures;
    cost: Cost | null;
    /** A person's, 1 to 5; 0 for none. */
    rating: number;
    tags: string[];
    /** What else could have come in each token's place, where that was asked. */
    likelihoods: TokenLikelihood[] | null;
    /** Where it was answered, when elsewhere. */
    remote: RemoteUse | null;
    /** Why a rating or tags could not be kept. */
    assessmentProblem: Failure | null;
    /** Who measured: the application once a run has ended, this window while it streams. */
    source: "window" | "application" | null;
    stopping: boolean;
    /** The window's clock, in milliseconds. */
    sentAt: number;
    firstPieceAt: number | null;
    lastPieceAt: number | null;
}

export function idle(): Answer {
    return {
        phase: "idle",
        run: null,
        model: null,
        modelName: null,
        modeName: null,
        progress: null,
        pieces: 0,
        sequence: -1,
        outcome: null,
        finishReason: null,
        error: null,
        measures: {},
        cost: null,
        rating: 0,
        tags: [],
        likelihoods: null,
        remote: null,
        assessmentProblem: null,
        source: null,
        stopping: false,
        sentAt: 0,
        firstPieceAt: null,
        lastPieceAt: null,
    };
}

/** By whom an answer is given, as far as it is known before the run has an end. */
export type Answerer = Pick<Answer, "model" | "modelName" | "modeName">;

export function sent(answerer: Answerer, now: number): Answer {
    return { ...idle(), ...answerer, phase: "sent", sentAt: now, source: "window" };
}

/** The answer after one event of its run; an event that was seen before changes nothing. */
export function after(answer: Answer, event: RunEvent, now: number): Answer {
    if (event.sequence <= answer.sequence || answer.phase === "ended") {
        return answer;
    }
    const next = { ...answer, run: event.run, sequence: event.sequence };
    switch (event.kind) {
        case "accepted":
            return next;
        case "loading":
            return { ...next, phase: "loading", progress: event.progress };
        case "started":
            return { ...next, phase: "reading", progress: null, measures: { tokens_in: event.tokens_in } };
        case "token":
            return {
                ...next,
                phase: "streaming",
                pieces: answer.pieces + 1,
                firstPieceAt: answer.firstPieceAt ?? now,
                lastPieceAt: now,
            };
        case "finished":
            return finished(event.result);
    }
}

export function finished(run: Run): Answer {
    return {
        ...idle(),
        phase: run.outcome === "running" ? "streaming" : "ended",
        run: run.id,
        model: run.model,
        modelName: run.model_name,
        modeName: run.mode?.name ?? null,
        outcome: run.outcome,
        finishReason: run.finish_reason ?? null,
        error: run.error ?? null,
        measures: run.measures,
        cost: run.cost ?? null,
        rating: run.rating ?? 0,
        tags: run.tags,
        likelihoods: run.likelihoods ?? null,
        remote: run.remote ?? null,
        source: "application",
    };
}

/** The run was refused before it began, or could not be opened. */
export function refused(answer: Answer, error: Failure): Answer {
    const { run, model, modelName, modeName } = answer;
    return { ...idle(), phase: "ended", run, error, model, modelName, modeName, outcome: run ? "failed" : null };
}

/** What this window can tell of a run under way; the application's own measures replace it at the end. */
export function liveMeasures(answer: Answer, now: number): Measures {
    const { sentAt, firstPieceAt, lastPieceAt, model } = answer;
    // Elsewhere a piece is not a token, and the endpoint counts at the end.
    const pieces = isRemote(model) ? 0 : answer.pieces;
    const streamed = firstPieceAt !== null && lastPieceAt !== null ? lastPieceAt - firstPieceAt : 0;
    return {
        total_ms: now - sentAt,
        ttft_ms: firstPieceAt === null ? null : firstPieceAt - sentAt,
        tokens_per_s: pieces > 1 && streamed > 0 ? ((pieces - 1) / streamed) * 1000 : null,
        tokens_in: answer.measures.tokens_in ?? null,
        tokens_out: pieces > 0 ? pieces : null,
    };
}

export function isActive(phase: Phase): boolean {
    return phase !== "idle" && phase !== "ended";
}
