import { call } from "./tauri";

/**
 * What only the window itself can do: native dialogs, the system's file manager and its notifications.
 * Every path also has a field to type it in, so that nothing depends on a dialog.
 */

export interface FileKind {
    /** What the dialog calls it. */
    name: string;
    /** Without the dot. */
    extensions: string[];
}

/** Resolves with null when the person cancelled. */
export function chooseFile(title: string, kind: FileKind): Promise<string | null> {
    return call("window_choose_file", { title, kind });
}

export function chooseFolder(title: string): Promise<string | null> {
    return call("window_choose_folder", { title });
}

export function chooseSave(title: string, name: string, kind: FileKind): Promise<string | null> {
    return call("window_choose_save", { title, name, kind });
}

/** Shows a folder, or a file in its folder, in the system's file manager. */
export function openPath(path: string): Promise<void> {
    return call("window_open_path", { path });
}

/** A notification of the system; it costs nothing when the system has none. */
export function notifySystem(title: string, text: string): Promise<void> {
    return call("window_notify", { title, text });
}

export type DropEvent = { kind: "over" } | { kind: "leave" } | { kind: "drop"; paths: string[] };

/** Tells of files dragged over and dropped onto the window; resolves only when the window ends. */
export function watchDrops(onDrop: (event: DropEvent) => void): Promise<void> {
    return call("window_watch_drops", {}, onDrop);
}
