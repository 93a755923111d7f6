import type { AnswerRun, ContextPolicy, ContextUse, Failure, SentPrompt, TokenCount } from "../backend/studio";
import type { Answer } from "./answer";
import { statusText } from "./answerFormat";
import { isCut } from "./chatTree";
import { countSource, countState } from "./draftFormat";
import { bytes, count, durationText, loadText, outcomeText, rateText, tokens } from "./format";
import type { ModelRow } from "./models";
import { marked } from "./remoteFormat";
import { isolated, series, text } from "./texts";
import type { Counting } from "./TokenCounter";

export function title(title: string | null | undefined): string {
    return title || text("chatUntitled");
}

export function actionsTooltip(of: string): string {
    return text("chatActions", title(of));
}

/** What to do in a chat without messages, or without a chat. */
export function firstSteps(id: string | null, chosen: ModelRow | null): string {
    if (!chosen) {
        return text("chatChooseModel");
    }
    return id ? text("chatEmptyText", isolated(chosen.name)) : text("chatNoneText");
}

export function version(which: number, of: number): string {
    return text("chatVersion", which, of);
}

export function file(name: string, size: number): string {
    return `${isolated(name)} · ${bytes(size)}`;
}

export function thought(open: boolean, seconds: number | null): string {
    if (open) {
        return text("chatThinkingNow");
    }
    return seconds === null ? text("chatThinking") : text("chatThought", Math.max(1, Math.round(seconds)));
}

/** How far an answer without text has come. */
export function phase(answer: Answer): string {
    return answer.phase === "loading" ? loadText(answer.progress) : statusText(answer);
}

/** What was left out of a conversation that did not fit. */
export function leftOut(use: ContextUse | null | undefined): string {
    if (!use) {
        return "";
    }
    const { policy, left_out, cut_characters, used, available } = use;
    const what =
        policy === "rolling"
            ? text("chatLeftOut.rolling", left_out)
            : text("chatLeftOut.truncate_middle", count(cut_characters));
    return series([what, text("tokenCount", count(used), count(available))]);
}

/** What a policy does; without the model's tokenizer none can be followed. */
export function policyMeaning(policy: ContextPolicy, asks: ModelRow | null): string {
    return asks?.state === "remote" ? text("contextPolicyMeaning.remote") : text(`contextPolicyMeaning.${policy}`);
}

export const endedEarly = isCut;

/** What an answer does that calls a function. */
export function calls(name: string): string {
    return text("chatCalls", isolated(name));
}

export function resultOf(name: string | null): string {
    return text("chatResultOf", isolated(name ?? ""));
}

export function outcome(run: AnswerRun | null): string {
    return run ? outcomeText(run.outcome, run.finish_reason) : "";
}

/** The measures of an answer in one line. */
export function measures(run: AnswerRun | null): string {
    if (!run) {
        return "";
    }
    const { tokens_per_s, ttft_ms, cache } = run.measures;
    return series([
        marked(run.model_name, run.model),
        tokens_per_s == null ? "" : text("chatSpeed", rateText(tokens_per_s)),
        ttft_ms == null ? "" : text("chatFirstToken", durationText(ttft_ms)),
        run.measures.tokens_in == null ? "" : text("chatTokens", tokens(run.measures)),
        cache === "hit" ? text("chatFromCache") : "",
    ]);
}

/** Tokens of a prompt as it would be sent, and what was left out of it. */
export function sentFigures(sent: SentPrompt | null): string {
    return sent ? series([budget("counted", sent), leftOut(sent.context)]) : "";
}

export function canSend(message: string, model: string, chosen: ModelRow | null): boolean {
    return message.trim() !== "" && (model !== "" || chosen !== null);
}

export function budget(counting: Counting, counted: TokenCount | null): string {
    if (counting === "counted" && counted) {
        return text("chatBudgetText", count(counted.tokens), count(counted.context_length));
    }
    if (counting === "remote") {
        return text("chatBudgetRemote");
    }
    return text(counting === "notLoaded" ? "chatBudgetNotLoaded" : "chatBudgetNone");
}

export function budgetPercent(counted: TokenCount | null): number {
    return counted ? Math.min(100, (counted.tokens / counted.context_length) * 100) : 0;
}

/** Beyond the context is an error only where nothing gives way. */
export function budgetState(counted: TokenCount | null, policy: ContextPolicy): "None" | "Warning" | "Error" {
    const state = countState(counted);
    return state === "Error" && policy !== "refuse" ? "Warning" : state;
}

export function budgetIcon(counted: TokenCount | null, policy: ContextPolicy): string {
    const icons = { None: "", Warning: "sap-icon://status-critical", Error: "sap-icon://status-negative" };
    return icons[budgetState(counted, policy)];
}

/** Where the count comes from, and what happens beyond the context. */
export function budgetSource(
    counting: Counting,
    counted: TokenCount | null,
    problem: Failure | null,
    policy: ContextPolicy,
): string {
    const over = counted !== null && counted.tokens > counted.context_length;
    return over ? text(`chatBudgetOver.${policy}`) : countSource(counting, counted, problem);
}
