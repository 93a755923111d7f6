import { notifySystem } from "../backend/window";
import type { Notification } from "../backend/studio";
import { body, title } from "./notificationFormat";
import { text } from "./texts";

/** A run that took longer than this was perhaps not waited for. */
export const LONG_RUN_MS = 10_000;

/** Calls a person back through the system when something happens while the window is hidden. */
export default class Attention {
    private busySince: number | null = null;

    constructor(
        private readonly allowed: () => boolean,
        private readonly hidden: () => boolean = () => document.hidden,
        private readonly now: () => number = () => performance.now(),
    ) {}

    onNotification(notification: Notification): void {
        this.call(title(notification), body(notification));
    }

    /** Runs began, or the last of them ended. `failed` ones have a notification of their own. */
    onRuns(active: boolean, failed: boolean): void {
        const since = this.busySince;
        this.busySince = active ? (since ?? this.now()) : null;
        if (!active && since !== null && this.now() - since > LONG_RUN_MS && !failed) {
            this.call(text("systemRunEnded"), text("systemRunEndedText"));
        }
    }

    private call(heading: string, content: string): void {
        if (this.allowed() && this.hidden()) {
            // Whether the system shows it is the system's affair; the window has it in any case.
            notifySystem(heading, content).catch(() => undefined);
        }
    }
}
