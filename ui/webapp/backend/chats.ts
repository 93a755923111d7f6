import type {
    Attachment,
    Chat,
    ChatAnswer,
    ChatContents,
    ChatDeletion,
    ChatEvent,
    ChatPage,
    ChatSettings,
    SentPrompt,
    TokenCount,
} from "./schemas";
import { call, pageOf } from "./tauri";

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
