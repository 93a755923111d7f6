import type { AnswerRun, Attachment, ChatContents, ChatMessage, Failure } from "../backend/studio";
import { parts } from "./thinking";

const CALL_OPENS = "<tool_call>";

/** A message as it is shown. */
export interface Turn {
    id: string;
    /** Whether a person said it: a question, or what a function gave back. */
    isUser: boolean;
    /** The function whose result it is. */
    resultOf: string | null;
    /** What is said, without the thinking before it. */
    said: string;
    /** Null where nothing was thought. */
    thinking: string | null;
    thinkingOpen: boolean;
    /** Seconds it thought, where this window saw it. */
    thoughtFor: number | null;
    attachments: Attachment[];
    /** Which of its versions this is, from 1, and how many there are. */
    version: number;
    versions: number;
    run: AnswerRun | null;
    failure: Failure | null;
    /** Whether it is being written. */
    active: boolean;
    /** Whether it is a question without an answer. */
    unanswered: boolean;
    /** Whether it is a last answer that was cut short. */
    canGoOn: boolean;
    /** Functions it calls, with what a person types for each. */
    calls: Call[];
    /** Whether their results are still to be given. */
    awaitsResults: boolean;
}

/** A function an answer calls. */
export interface Call {
    name: string;
    /** Its arguments, as JSON. */
    written: string;
    /** What it gives back, as typed. */
    result: string;
    /** Whether that is still to be said. */
    awaited: boolean;
}

/** The messages of the branch that ends in `leaf`, the first one first. */
export function branch(messages: ChatMessage[], leaf: string | null | undefined): ChatMessage[] {
    const byId = new Map(messages.map((message) => [message.id, message]));
    const found: ChatMessage[] = [];
    let next = leaf;
    while (next && byId.has(next) && found.length < messages.length) {
        const message: ChatMessage = byId.get(next)!;
        found.unshift(message);
        next = message.parent;
    }
    return found;
}

/** A message and its versions, the oldest first. */
export function versions(messages: ChatMessage[], message: ChatMessage): ChatMessage[] {
    return messages
        .filter(({ parent, role }) => (parent ?? null) === (message.parent ?? null) && role === message.role)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** What is under way, as far as it has come. */
export interface UnderWay {
    message: string;
    text: string;
}

/** The turns of the branch that is shown; `thoughts` has how long messages were thought about, in seconds. */
export function turns(
    { chat, messages, runs }: ChatContents,
    underWay: UnderWay | null,
    thoughts: ReadonlyMap<string, number>,
): Turn[] {
    const shown = branch(messages, chat.leaf);
    return shown.map((message, index) => {
        const active = message.id === underWay?.message;
        const all = versions(messages, message);
        const run = runs.find(({ id }) => id === message.run) ?? null;
        const { thinking, open, said } = parts(active ? underWay.text : message.text);
        const isUser = message.role !== "assistant";
        const isLast = index === shown.length - 1;
        const calls = active || isUser ? [] : callsOf(run, isLast);
        return {
            id: message.id,
            isUser,
            resultOf: message.role === "tool" ? resultOf(shown, index, runs) : null,
            said: isUser ? message.text : calls.length > 0 ? besideCalls(said) : said,
            thinking: isUser ? null : thinking,
            thinkingOpen: open && active,
            thoughtFor: thoughts.get(message.id) ?? null,
            attachments: message.attachments,
            version: all.findIndex(({ id }) => id === message.id) + 1,
            versions: all.length,
            run,
            failure: active ? null : (run?.error ?? null),
            active,
            unanswered: isUser && isLast,
            canGoOn: !isUser && !active && isLast && calls.length === 0 && message.text.trim() !== "" && isCut(run),
            calls,
            awaitsResults: calls.length > 0 && isLast,
        };
    });
}

function callsOf(run: AnswerRun | null, awaited: boolean): Call[] {
    return (run?.calls ?? []).map(({ name, arguments: passed }) => ({
        name,
        written: JSON.stringify(passed, null, 2),
        result: "",
        awaited,
    }));
}

/** The function whose result stands at `index`: results follow the answer that calls, in the order of its calls. */
function resultOf(shown: ChatMessage[], index: number, runs: AnswerRun[]): string {
    let first = index;
    while (first > 0 && shown[first - 1]!.role === "tool") {
        first -= 1;
    }
    const run = runs.find(({ id }) => id === shown[first - 1]?.run);
    return run?.calls?.[index - first]?.name ?? "";
}

/** What an answer says before its calls. */
function besideCalls(said: string): string {
    const at = said.indexOf(CALL_OPENS);
    return at < 0 ? "" : said.slice(0, at).trim();
}

/** Whether an answer did not end by itself. */
export function isCut(run: AnswerRun | null): boolean {
    return run !== null && (run.outcome !== "completed" || run.finish_reason === "length");
}

/** The contents with a message that came since they were read, and its branch shown. */
export function withMessage(contents: ChatContents, message: ChatMessage): ChatContents {
    const others = contents.messages.filter(({ id }) => id !== message.id);
    return { ...contents, messages: [...others, message], chat: { ...contents.chat, leaf: message.id } };
}
