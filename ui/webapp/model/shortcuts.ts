import { text } from "./texts";

/** What can be reached by keys from every page. */
export type GlobalShortcut = "settings" | "models" | "manageModels" | "notifications" | "navigation" | "shortcuts";

interface Keys {
    key: string;
    /** Ctrl, or the command key. */
    command: boolean;
    shift?: boolean;
}

const KEYS: Record<GlobalShortcut, Keys[]> = {
    models: [{ key: "l", command: true, shift: false }],
    manageModels: [{ key: "l", command: true, shift: true }],
    notifications: [{ key: "i", command: true, shift: false }],
    settings: [{ key: ",", command: true }],
    navigation: [{ key: "b", command: true, shift: false }],
    // A question mark is typed with Shift on some keyboards only.
    shortcuts: [
        { key: "?", command: false },
        { key: "f1", command: false },
    ],
};

/** Every shortcut there is, in groups. */
const GROUPS: Record<string, string[]> = {
    everywhere: [...Object.keys(KEYS), "close"],
    prompt: ["run", "stop", "regenerate", "rate"],
    chat: ["chatSend", "chatLine", "chatNew"],
    history: ["openRun", "runDetails", "deleteRun", "undo"],
};

export interface Shortcut {
    group: string;
    keys: string;
    does: string;
}

export function shortcuts(): Shortcut[] {
    return Object.entries(GROUPS).flatMap(([group, names]) =>
        names.map((name) => ({
            group: text(`shortcutGroup.${group}`),
            keys: text(`shortcutKeys.${name}`),
            does: text(`shortcut.${name}`),
        })),
    );
}

/** The shortcut that keys stand for; none while they are text. */
export function shortcutOf(event: KeyboardEvent): GlobalShortcut | undefined {
    const command = event.ctrlKey || event.metaKey;
    if (event.altKey || (!command && event.key.length === 1 && isTyping(event.target))) {
        return undefined;
    }
    const fits = (keys: Keys) =>
        keys.key === event.key.toLowerCase() && keys.command === command && (keys.shift ?? event.shiftKey) === event.shiftKey;
    return (Object.keys(KEYS) as GlobalShortcut[]).find((name) => KEYS[name].some(fits));
}

function isTyping(target: EventTarget | null): boolean {
    return target instanceof Element && target.closest("input, textarea, [contenteditable='true']") !== null;
}
