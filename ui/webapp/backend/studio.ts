import type { components } from "./api";
import { call } from "./tauri";

type Schemas = components["schemas"];

export type ApplicationInfo = Schemas["ApplicationInfo"];
export type Change = Schemas["Change"];
export type EngineStatus = Schemas["EngineStatus"];
/** The backend's error; named so that it does not hide JavaScript's own. */
export type Failure = Schemas["Error"];
export type FinishReason = Schemas["FinishReason"];
export type LoadProgress = Schemas["LoadProgress"];
export type Measures = Schemas["Measures"];
export type Model = Schemas["Model"];
export type ModelList = Schemas["ModelList"];
export type Outcome = Schemas["Outcome"];
export type Parameters = Schemas["Parameters"];
export type Run = Schemas["Run"];
export type RunEvent = Schemas["RunEvent"];
export type RunPage = Schemas["Page_of_RunSummary"];
export type RunSummary = Schemas["RunSummary"];

/** Streams the engine's state, the models and a note of every change of the history; ends only with the window. */
export function watch(onChange: (change: Change) => void): Promise<void> {
    return call("watch", {}, onChange);
}

export function loadModel(model: string): Promise<EngineStatus> {
    // The progress arrives through `watch` too; the channel belongs to the operation's contract.
    return call("load_model", { model }, () => undefined);
}

export function unloadModel(model: string): Promise<EngineStatus> {
    return call("unload_model", { model });
}

export function runPrompt(
    input: { model: string | null; prompt: string; parameters: Parameters },
    onEvent: (event: RunEvent) => void,
): Promise<Run> {
    return call("run_prompt", input, onEvent);
}

export function cancelRun(run: string): Promise<void> {
    return call("cancel_run", { run });
}

export function listRuns(limit: number, after?: string): Promise<RunPage> {
    return call("list_runs", after === undefined ? { limit } : { limit, after });
}

export function getRun(run: string): Promise<Run> {
    return call("get_run", { run });
}

export function deleteRun(run: string): Promise<void> {
    return call("delete_run", { run });
}

export function restoreRun(run: string): Promise<void> {
    return call("restore_run", { run });
}

export function applicationInfo(): Promise<ApplicationInfo> {
    return call("application_info", {});
}
