import type {
    EvaluatedItemPage,
    EvaluationFigures,
    EvaluationPage,
    EvaluationTarget,
    ParameterOverrides,
    PromptSet,
    PromptSetItemPage,
    Verdict,
} from "./schemas";
import { call, pageOf } from "./tauri";

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
