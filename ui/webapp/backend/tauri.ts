import { text } from "../model/texts";
import type { Failure } from "./studio";

interface Channel<Event> {
    onmessage: (event: Event) => void;
}

interface Core {
    invoke<Output>(operation: string, args: Record<string, unknown>): Promise<Output>;
    Channel: new <Event>() => Channel<Event>;
}

declare global {
    interface Window {
        __TAURI__?: { core: Core };
    }
}

/** Runs one operation of the backend. Whatever goes wrong, the promise rejects with a {@link Failure}. */
export async function call<Output, Event = never>(
    operation: string,
    input: object,
    onEvent?: (event: Event) => void,
): Promise<Output> {
    const core = window.__TAURI__?.core;
    if (!core) {
        throw failure(text("backendMissing"));
    }
    const args: Record<string, unknown> = { input };
    if (onEvent) {
        const events = new core.Channel<Event>();
        events.onmessage = onEvent;
        args.events = events;
    }
    try {
        return await core.invoke<Output>(operation, args);
    } catch (reason) {
        throw asFailure(reason);
    }
}

/** How the backend is asked for a page: at most `limit`, behind `after`. */
export function pageOf(limit: number, after?: string): { limit: number; after?: string } {
    return after === undefined ? { limit } : { limit, after };
}

function asFailure(reason: unknown): Failure {
    if (typeof reason === "object" && reason !== null && "code" in reason && "message" in reason) {
        return reason as Failure;
    }
    return failure(reason instanceof Error ? reason.message : String(reason));
}

function failure(message: string): Failure {
    return { code: "internal", message, details: {} };
}
