import type {
    ApplicationInfo,
    Catalogue,
    Change,
    Comparison,
    Configured,
    Conflict,
    ConflictKey,
    ConnectionProfile,
    Deletion,
    DeployPlan,
    Deployment,
    Diagnosis,
    Download,
    Embedding,
    EngineStatus,
    Example,
    ExportFormat,
    FoundModel,
    HubAccess,
    HubModel,
    HubRepository,
    HubSort,
    ImportMethod,
    KeptProfile,
    Level,
    MemoryReport,
    Mode,
    Model,
    ModelConfiguration,
    NotificationPage,
    ParameterOverrides,
    Parameters,
    Preset,
    Price,
    Requantized,
    Registration,
    RemoteDiagnosis,
    Run,
    RunCount,
    RunEvent,
    RunFacets,
    RunFilter,
    RunPage,
    RunQuery,
    RunSelection,
    RuntimeChoice,
    RuntimeSpeed,
    RuntimesReport,
    SentPrompt,
    Settings,
    SideBySide,
    SyncProblem,
    TokenCount,
    WeightForm,
    Weights,
    Winner,
} from "./schemas";
import { call } from "./tauri";

export type * from "./schemas";

/** The backend's error; named so that it does not hide JavaScript's own. */

/** Streams the engine's state, the models and a note of every change; ends only with the window. */
export function watch(onChange: (change: Change) => void): Promise<void> {
    return call("watch", {}, onChange);
}

export function applicationInfo(): Promise<ApplicationInfo> {
    return call("application_info", {});
}

/** A text about the application and the machine, without prompts, answers or secrets. */
export function diagnostics(): Promise<{ text: string }> {
    return call("diagnostics", {});
}

// Models

export function loadModel(model: string): Promise<EngineStatus> {
    // The progress arrives through `watch` too; the channel belongs to the operation's contract.
    return call("load_model", { model }, () => undefined);
}

export function unloadModel(model: string): Promise<EngineStatus> {
    return call("unload_model", { model });
}

/** `name`: what it is called in the models folder; absent, as it is now. */
export function importModel(path: string, method: ImportMethod, name?: string): Promise<Model> {
    return call("import_model", name === undefined ? { path, method } : { path, method, name });
}

/** `name` null: back to the file's own name. */
export function renameModel(model: string, name: string | null): Promise<Model> {
    return call("rename_model", { model, name });
}

export function removeModel(model: string, deleteFiles: boolean): Promise<void> {
    return call("remove_model", { model, delete_files: deleteFiles });
}

/** Undoes a removal that kept the files. */
export function restoreModel(model: string): Promise<Model> {
    return call("restore_model", { model });
}

// Models that answer elsewhere

/** `key` null: the one that is kept stays; else it goes to the keyring and is never given back. */
export function saveRemoteModel(registration: Registration): Promise<Model> {
    return call("save_remote_model", registration);
}

/** Asks the model one short question, once; nothing is kept. */
export function testRemoteModel(registration: Registration): Promise<RemoteDiagnosis> {
    return call("test_remote_model", registration);
}

/** What the endpoint calls its models. */
export function listRemoteIdentifiers(registration: Registration): Promise<string[]> {
    return call("list_remote_identifiers", registration);
}

export function clearRemoteKey(model: string): Promise<Model> {
    return call("clear_remote_key", { model });
}

// Models from elsewhere

/** Models that the product recommends; nothing is connected to. */
export function listCatalogue(): Promise<Catalogue> {
    return call("list_catalogue", {});
}

export function searchHub(words: string, sort: HubSort): Promise<HubModel[]> {
    return call("search_hub", { words, sort });
}

/** What can be downloaded of a repository of the hub. */
export function readHubRepository(repository: string): Promise<HubRepository> {
    return call("read_hub_repository", { repository });
}

/** Models of other applications on this machine. */
export function listOtherApplications(): Promise<FoundModel[]> {
    return call("list_other_applications", {});
}

/** `file` null: the repository's safetensors. It goes on by itself, and is told of through `watch`. */
export function startDownload(repository: string, revision: string, file: string | null): Promise<Download> {
    return call("start_download", { repository, revision, file });
}

export function pauseDownload(name: string): Promise<void> {
    return call("pause_download", { name });
}

export function resumeDownload(name: string): Promise<Download> {
    return call("resume_download", { name });
}

/** Deletes what has arrived. */
export function cancelDownload(name: string): Promise<void> {
    return call("cancel_download", { name });
}

export function readHubAccess(): Promise<HubAccess> {
    return call("read_hub_access", {});
}

export function setHubToken(token: string): Promise<HubAccess> {
    return call("set_hub_token", { token });
}

export function clearHubToken(): Promise<HubAccess> {
    return call("clear_hub_token", {});
}

// Configuration

export function getConfiguration(model: string): Promise<Configured> {
    return call("get_configuration", { model });
}

export function saveConfiguration(model: string, configuration: ModelConfiguration): Promise<void> {
    return call("save_configuration", { model, configuration });
}

export function resetConfiguration(model: string): Promise<void> {
    return call("reset_configuration", { model });
}

export function exportConfiguration(configuration: ModelConfiguration, path: string): Promise<void> {
    return call("export_configuration", { configuration, path });
}

export function importConfiguration(path: string): Promise<ModelConfiguration> {
    return call("import_configuration", { path });
}

export function listPresets(): Promise<Preset[]> {
    return call("list_presets", {});
}

export function savePreset(preset: Preset): Promise<void> {
    return call("save_preset", { preset });
}

export function removePreset(name: string): Promise<void> {
    return call("remove_preset", { name });
}

export function estimateMemory(model: string, contextLength: number | null): Promise<MemoryReport> {
    return call("estimate_memory", { model, context_length: contextLength });
}

/** What would answer for the model if `choice` were saved. */
export function getRuntimes(model: string, choice: RuntimeChoice): Promise<RuntimesReport> {
    return call("get_runtimes", { model, choice });
}

/** Times each runtime that can run the model; runs wait meanwhile. */
export function measureRuntimes(model: string): Promise<RuntimeSpeed[]> {
    return call("measure_runtimes", { model });
}

/** Points for texts: those that mean alike, for the model, are near each other. */
export function embedTexts(model: string, texts: string[]): Promise<Embedding[]> {
    return call("embed_texts", { model, texts });
}

/** Writes a model in another form beside it, where it is as good in it. */
export function requantizeModel(model: string, form: WeightForm): Promise<Requantized> {
    return call("requantize_model", { model, form });
}

// Settings, modes, prices

export function getSettings(): Promise<Settings> {
    return call("get_settings", {});
}

export function changeSettings(settings: Settings): Promise<Settings> {
    return call("change_settings", { settings });
}

export function listModes(): Promise<Mode[]> {
    return call("list_modes", {});
}

/** A mode whose `id` is empty is added. */
export function saveMode(mode: Mode): Promise<Mode> {
    return call("save_mode", { mode });
}

/** Removes a person's mode; brings a shipped one back to how it came. */
export function removeMode(mode: string): Promise<void> {
    return call("remove_mode", { mode });
}

export function listPrices(): Promise<Price[]> {
    return call("list_prices", {});
}

export function setPrice(price: Omit<Price, "from">): Promise<Price> {
    return call("set_price", price);
}

export function removePrice(model: string): Promise<void> {
    return call("remove_price", { model });
}

// Prompts

export function listExamples(): Promise<Example[]> {
    return call("list_examples", {});
}

export interface Prompt {
    model: string | null;
    mode: string | null;
    prompt: string;
    parameters: ParameterOverrides;
    stream: boolean;
    /** Whether an answer that was computed before may be given again. */
    cache: boolean;
}

export function runPrompt(input: Prompt, onEvent: (event: RunEvent) => void): Promise<Run> {
    return call("run_prompt", input, onEvent);
}

/** A prompt exactly as it would be sent; null while the model is not loaded. */
export function previewPrompt(input: Prompt): Promise<SentPrompt | null> {
    return call("preview_prompt", input);
}

export function cancelRun(run: string): Promise<void> {
    return call("cancel_run", { run });
}

/** Tokens of the prompt as it would be sent; null while the model is not loaded. */
export function countTokens(input: {
    model: string;
    mode: string | null;
    prompt: string;
    parameters: ParameterOverrides;
}): Promise<TokenCount | null> {
    return call("count_tokens", input);
}

/** What a run would be made with: defaults under the model's configuration under the mode under the overrides. */
export function effectiveParameters(
    model: string,
    mode: string | null,
    parameters: ParameterOverrides,
): Promise<Parameters> {
    return call("effective_parameters", { model, mode, parameters });
}

// History

export function listRuns(query: RunQuery, limit: number, after?: string): Promise<RunPage> {
    return call("list_runs", { query, page: after === undefined ? { limit } : { limit, after } });
}

export function countRuns(filter: RunFilter): Promise<RunCount> {
    return call("count_runs", { filter });
}

export function runFacets(): Promise<RunFacets> {
    return call("run_facets", {});
}

export function getRun(run: string): Promise<Run> {
    return call("get_run", { run });
}

/** `rating` null takes it away. */
export function rateRun(run: string, rating: number | null): Promise<void> {
    return call("rate_run", { run, rating });
}

export function tagRun(run: string, tags: string[]): Promise<void> {
    return call("tag_run", { run, tags });
}

export function deleteRuns(selection: RunSelection): Promise<Deletion> {
    return call("delete_runs", { selection });
}

export function restoreRuns(deletion: number): Promise<{ runs: number }> {
    return call("restore_runs", { deletion });
}

export function exportRuns(
    query: RunQuery,
    format: ExportFormat,
    path: string,
): Promise<{ path: string; rows: number }> {
    return call("export_runs", { query, format, path });
}

// Comparisons

export function compareRuns(a: string, b: string, weights: Weights): Promise<SideBySide> {
    return call("compare_runs", { a, b, weights });
}

/** `winner` null leaves the decision to the score. */
export function saveComparison(input: {
    a: string;
    b: string;
    weights: Weights;
    winner: Winner | null;
    note: string;
}): Promise<Comparison> {
    return call("save_comparison", input);
}

// Notifications and long work

export function listNotifications(level: Level | null, limit: number, after?: string): Promise<NotificationPage> {
    return call("list_notifications", { level, limit, ...(after === undefined ? {} : { after }) });
}

export function readNotifications(upTo: number): Promise<void> {
    return call("read_notifications", { up_to: upTo });
}

export function dismissNotifications(notifications: number[]): Promise<void> {
    return call("dismiss_notifications", { notifications });
}

export function dismissAllNotifications(level: Level | null): Promise<void> {
    return call("dismiss_all_notifications", { level });
}

export function cancelTask(task: number): Promise<void> {
    return call("cancel_task", { task });
}

// The team's database

export function listProfiles(): Promise<KeptProfile[]> {
    return call("list_profiles", {});
}

/** `password` null: the one that is kept stays. */
export function saveProfile(profile: ConnectionProfile, password: string | null): Promise<KeptProfile> {
    return call("save_profile", { profile, password });
}

export function removeProfile(profile: string): Promise<void> {
    return call("remove_profile", { profile });
}

/** null: no server. */
export function activateProfile(profile: string | null): Promise<void> {
    return call("activate_profile", { profile });
}

/** `password` null: the one that is kept. */
export function testProfile(profile: ConnectionProfile, password: string | null): Promise<Diagnosis> {
    return call("test_profile", { profile, password });
}

export function planDeployment(profile: string): Promise<DeployPlan> {
    return call("plan_deployment", { profile });
}

export function deploySchema(profile: string): Promise<Deployment> {
    return call("deploy_schema", { profile });
}

export function cancelDeployment(): Promise<void> {
    return call("cancel_deployment", {});
}

export function readGrants(kind: ConnectionProfile["kind"], schema: string, user: string): Promise<string[]> {
    return call("read_grants", { kind, schema, user });
}

export function syncNow(): Promise<void> {
    return call("sync_now", {});
}

export function cancelSync(): Promise<void> {
    return call("cancel_sync", {});
}

export function listConflicts(): Promise<Conflict[]> {
    return call("list_conflicts", {});
}

export function restoreConflict(conflict: ConflictKey): Promise<void> {
    return call("restore_conflict", { conflict });
}

export function dismissConflict(conflict: ConflictKey): Promise<void> {
    return call("dismiss_conflict", { conflict });
}

export function listSyncProblems(): Promise<SyncProblem[]> {
    return call("list_sync_problems", {});
}
