import DateFormat from "sap/ui/core/format/DateFormat";
import type { Level, Notification } from "../backend/studio";
import { count } from "./format";
import { isolated, text } from "./texts";

/** The facts that each topic's text takes, in the order of its placeholders. */
const FACTS: Record<Notification["topic"], string[]> = {
    run_failed: ["model", "reason"],
    engine_failed: ["model", "reason"],
    model_imported: ["model"],
    import_failed: ["path", "reason"],
    model_downloaded: ["model"],
    download_failed: ["name", "reason"],
    model_requantized: ["model", "form", "before", "after"],
    runs_exported: ["rows", "path"],
    export_failed: ["path", "reason"],
    store_migrated: ["path"],
    evaluation_completed: ["set", "model", "passed", "judged"],
    evaluation_paused: ["set", "model", "reason"],
};

const ICONS: Record<Level, string> = {
    info: "sap-icon://information",
    warning: "sap-icon://alert",
    error: "sap-icon://error",
};

export function title({ topic }: Pick<Notification, "topic">): string {
    return text(`notificationTitle.${topic}`);
}

export function body({ topic, facts }: Pick<Notification, "topic" | "facts">): string {
    const values = FACTS[topic].map((name) => facts[name]);
    return text(`notification.${topic}`, ...values.map((value) => (typeof value === "number" ? count(value) : isolated(String(value ?? "")))));
}

export function icon(level: Level): string {
    return ICONS[level];
}

/** The same as OpenUI5's colour of a sign. */
export function colour(level: Level): "Neutral" | "Critical" | "Negative" {
    return level === "info" ? "Neutral" : level === "warning" ? "Critical" : "Negative";
}

export function levelText(level: Level): string {
    return text(`level.${level}`);
}

/** How long ago, as "5 minutes ago". */
export function ago(at: number, now: number): string {
    // A clock that was set back must not put the past into the future.
    const then = new Date(Math.min(at / 1000, now));
    return DateFormat.getDateTimeInstance({ relative: true, relativeScale: "auto", relativeStyle: "wide" }).format(then);
}

/** Where a notification leads, or nothing. */
export function linkText(notification: Notification): string {
    return notification.subject ? text(`notificationLink.${notification.subject.kind}`) : "";
}

export function badge(unread: number): string {
    return unread > 99 ? text("badgeMany") : unread > 0 ? count(unread) : "";
}

export function bellTooltip(unread: number): string {
    return unread > 0 ? text("notificationsUnread", count(unread)) : text("notificationsTooltip");
}

export function dismissTooltip(notification: Notification): string {
    return text("dismissNotification", title(notification));
}
