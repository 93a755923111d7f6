import type { LoadProgress, Mode } from "../backend/studio";
import { isActive, type Answer, type Phase } from "./answer";
import { count, outcomeText, percent } from "./format";
import type { ModelRow, Situation } from "./models";
import { leaving } from "./remoteFormat";
import { series, text } from "./texts";

const SITUATION_ICONS: Record<Situation, string> = {
    starting: "sap-icon://in-progress",
    noFolder: "sap-icon://folder",
    noModels: "sap-icon://machine",
    noUsableModel: "sap-icon://machine",
    ready: "sap-icon://discussion",
};

export function canRun(phase: Phase, prompt: string, chosen: ModelRow | null, batch = false): boolean {
    return !isActive(phase) && !batch && prompt.trim() !== "" && chosen !== null;
}

/** Whether the run shown can be rated, tagged and compared. */
export function canAssess(run: string | null, phase: Phase): boolean {
    return run !== null && phase === "ended";
}

export function canStop(phase: Phase, stopping: boolean): boolean {
    return isActive(phase) && !stopping;
}

/** The model that a run in a mode asks: the mode's own where it can run, else the chosen one. */
export function askedModel(mode: Mode | null, chosen: ModelRow | null, models: ModelRow[]): ModelRow | null {
    return models.find(({ id, state }) => id === mode?.model && state !== "unsupported") ?? chosen;
}

/** What the next run will use, where that is not what the header shows. */
export function statusLine(
    answer: Answer,
    modeId: string,
    selected: ModelRow | null,
    models: ModelRow[] | null,
    modes: Mode[] | null,
): string {
    const mode = modes?.find(({ id }) => id === modeId) ?? null;
    const chosen = askedModel(mode, selected, models ?? []);
    if (chosen?.state === "remote") {
        const asks = mode && chosen.id !== selected?.id ? text("modeAsks", mode.name, chosen.name) : "";
        return series([asks, leaving(chosen.model.remote)]);
    }
    if (isActive(answer.phase) || !chosen) {
        return "";
    }
    if (mode && chosen.id !== selected?.id) {
        return text("modeAsks", mode.name, chosen.name);
    }
    return chosen.state === "onDisk" || chosen.state === "failed" ? text("loadsFirst", chosen.name) : "";
}

export function statusText(answer: Answer): string {
    if (answer.stopping && isActive(answer.phase)) {
        return text("phase.stopping");
    }
    switch (answer.phase) {
        case "idle":
            return "";
        case "ended":
            return answer.outcome ? outcomeText(answer.outcome, answer.finishReason) : text("phase.refused");
        case "reading":
            return answer.measures.tokens_in == null
                ? text("phase.readingElsewhere")
                : text("phase.reading", count(answer.measures.tokens_in));
        default:
            return text(`phase.${answer.phase}`);
    }
}

export function loadPercent(progress: LoadProgress | null): number {
    return percent(progress) ?? 0;
}

/** Where a measure comes from; nothing when there is no measure. */
export function source(answer: Answer, value: unknown): string {
    if (value === null || value === undefined || answer.source === null) {
        return "";
    }
    return answer.source === "application" ? text("source.application", answer.run ?? "") : text("source.window");
}

export function situationIcon(situation: Situation): string {
    return SITUATION_ICONS[situation];
}

export function situationTitle(situation: Situation, runs: number): string {
    return situation === "ready" && runs > 0 ? text("situation.returning") : text(`situation.${situation}`);
}

export function situationText(situation: Situation, folder: string, runs: number): string {
    if (situation !== "ready") {
        return text(`situationText.${situation}`, folder);
    }
    return runs > 0 ? text("situationText.returning") : text("situationText.ready", text("example"));
}
