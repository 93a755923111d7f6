import type {
    ApplicationInfo,
    Attachment,
    Catalogue,
    Change,
    Chat,
    ChatAnswer,
    ChatContents,
    ChatDeletion,
    ChatEvent,
    ChatPage,
    ChatSettings,
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
    EvaluatedItemPage,
    EvaluationFigures,
    EvaluationPage,
    EvaluationTarget,
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
    PromptSet,
    PromptSetItemPage,
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
    Verdict,
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

// Chats

export function listChats(search: string, limit: number, after?: string): Promise<ChatPage> {
    return call("list_chats", { search, ...pageOf(limit, after) });
}

export function createChat(settings: ChatSettings): Promise<Chat> {
    return call("create_chat", { settings });
}

export function updateChat(chat: string, settings: ChatSettings): Promise<Chat> {
    return call("update_chat", { chat, settings });
}

export function getChat(chat: string): Promise<ChatContents> {
    return call("get_chat", { chat });
}

/** What a person says, and the model that is asked where the chat names none. */
export interface Said {
    text: string;
    attachments: Attachment[];
    model: string | null;
}

export function sendMessage(chat: string, said: Said, onEvent: (event: ChatEvent) => void): Promise<ChatAnswer> {
    return call("send_message", { chat, ...said }, onEvent);
}

/** Says something else in place of `message`, which stays as another branch. */
export function editMessage(
    chat: string,
    message: string,
    said: Said,
    onEvent: (event: ChatEvent) => void,
): Promise<ChatAnswer> {
    return call("edit_message", { chat, message, ...said }, onEvent);
}

/** Has a question, or the question of an answer, answered anew. */
export function regenerate(
    chat: string,
    message: string,
    model: string | null,
    onEvent: (event: ChatEvent) => void,
): Promise<ChatAnswer> {
    return call("regenerate", { chat, message, model }, onEvent);
}

/** Gives back what the functions yield that an answer calls, in the order of its calls. */
export function answerCalls(
    chat: string,
    message: string,
    results: string[],
    model: string | null,
    onEvent: (event: ChatEvent) => void,
): Promise<ChatAnswer> {
    return call("answer_calls", { chat, message, results, model }, onEvent);
}

/** Goes on with the last answer, when it was cut short. */
export function continueAnswer(
    chat: string,
    message: string,
    model: string | null,
    onEvent: (event: ChatEvent) => void,
): Promise<ChatAnswer> {
    return call("continue_answer", { chat, message, model }, onEvent);
}

/** Points for texts: those that mean alike, for the model, are near each other. */
export function embedTexts(model: string, texts: string[]): Promise<Embedding[]> {
    return call("embed_texts", { model, texts });
}

/** Writes a model in another form beside it, where it is as good in it. */
export function requantizeModel(model: string, form: WeightForm): Promise<Requantized> {
    return call("requantize_model", { model, form });
}

export function selectBranch(chat: string, message: string): Promise<Chat> {
    return call("select_branch", { chat, message });
}

export function deleteChats(chats: string[]): Promise<ChatDeletion> {
    return call("delete_chats", { chats });
}

export function restoreChats(deletion: number): Promise<{ chats: number }> {
    return call("restore_chats", { deletion });
}

/** Tokens of a message with all that stands before it; `edited` null: at the end of the branch that is shown. */
export function countMessage(chat: string, said: Said, edited: string | null): Promise<TokenCount | null> {
    return call("count_message", { chat, ...said, edited });
}

/** A message exactly as it would be sent; null while the model is not loaded. */
export function previewMessage(chat: string, said: Said, edited: string | null): Promise<SentPrompt | null> {
    return call("preview_message", { chat, ...said, edited });
}

/** A text file for a message: UTF-8, at most 1 MiB. */
export function readTextFile(path: string): Promise<Attachment> {
    return call("read_text_file", { path });
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

// Prompt sets and evaluations

export function listPromptSets(): Promise<PromptSet[]> {
    return call("list_prompt_sets", {});
}

/** `name` null: the file's own; `replace`: in place of the set of that name. */
export function importPromptSet(path: string, name: string | null, replace: boolean): Promise<PromptSet> {
    return call("import_prompt_set", { path, name, replace });
}

export function removePromptSet(set: string): Promise<void> {
    return call("remove_prompt_set", { set });
}

/** Undoes a removal. */
export function restorePromptSet(set: string): Promise<PromptSet> {
    return call("restore_prompt_set", { set });
}

export function listPromptSetItems(set: string, limit: number, after?: string): Promise<PromptSetItemPage> {
    return call("list_prompt_set_items", { set, page: pageOf(limit, after) });
}

/** `judge` is the model that judges, where the set has items that one judges. */
export function startEvaluations(input: {
    set: string;
    targets: EvaluationTarget[];
    judge: string | null;
    parameters: ParameterOverrides;
}): Promise<EvaluationFigures[]> {
    return call("start_evaluations", input);
}

export function cancelEvaluation(evaluation: string): Promise<void> {
    return call("cancel_evaluation", { evaluation });
}

export function resumeEvaluation(evaluation: string): Promise<EvaluationFigures> {
    return call("resume_evaluation", { evaluation });
}

export function listEvaluations(set: string, limit: number, after?: string): Promise<EvaluationPage> {
    return call("list_evaluations", { set, ...pageOf(limit, after) });
}

export function getEvaluation(evaluation: string): Promise<EvaluationFigures> {
    return call("get_evaluation", { evaluation });
}

/** `verdict` null: all. */
export function listEvaluatedItems(
    evaluation: string,
    verdict: Verdict | null,
    limit: number,
    after?: string,
): Promise<EvaluatedItemPage> {
    return call("list_evaluated_items", { evaluation, verdict, page: pageOf(limit, after) });
}

/** Of each model with each set, the last completed evaluation of the set as it is now. */
export function listQualities(): Promise<EvaluationFigures[]> {
    return call("list_qualities", {});
}

export function exportEvaluation(evaluation: string, path: string): Promise<{ rows: number }> {
    return call("export_evaluation", { evaluation, path });
}

function pageOf(limit: number, after?: string): { limit: number; after?: string } {
    return after === undefined ? { limit } : { limit, after };
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
