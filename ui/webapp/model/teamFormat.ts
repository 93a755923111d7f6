import type { ConnectionProfile, DeployPlan, Diagnosis, KeptProfile, PoolStatus, SyncStatus } from "../backend/studio";
import { count, moment, rate } from "./format";
import { isolated, series, text } from "./texts";

type Row = Record<string, unknown> | null | undefined;
type Absent = null | undefined;

/** What the header says: offline, connecting, synced, n pending, error. */
export function headerText(status: SyncStatus | Absent): string {
    if (!status || status.phase === "none") {
        return text("team");
    }
    const name = status.server === "postgre_sql" ? "PostgreSQL" : "HANA";
    return text("teamHeader", name, phaseText(status));
}

export function phaseText(status: SyncStatus | Absent): string {
    if (!status) {
        return "";
    }
    if (status.phase === "synced" && status.pending > 0) {
        return text("sync.pending", count(status.pending));
    }
    return text(`sync.${status.phase}`);
}

export function phaseIcon(status: SyncStatus | Absent): string {
    switch (status?.phase) {
        case "synced":
            return status.refused + status.waiting > 0 ? "sap-icon://status-critical" : "sap-icon://status-positive";
        case "offline":
            return "sap-icon://disconnected";
        case "error":
            return "sap-icon://status-negative";
        case "connecting":
        case "syncing":
            return "sap-icon://synchronize";
        default:
            return "sap-icon://group";
    }
}

export function phaseState(status: SyncStatus | Absent): "None" | "Success" | "Warning" | "Error" | "Information" {
    switch (status?.phase) {
        case "synced":
            return status.refused + status.waiting > 0 ? "Warning" : "Success";
        case "offline":
            return "Warning";
        case "error":
            return "Error";
        default:
            return "None";
    }
}

export function headerTooltip(status: SyncStatus | Absent): string {
    const last = status?.last_success ? text("syncLastAt", moment(status.last_success)) : null;
    return series([text("teamTooltip"), status?.problem?.message, last]);
}

export function moved({ pushed, pulled, rows_per_s }: SyncStatus): string {
    const pace = rows_per_s ? text("syncRate", rate(rows_per_s).value) : null;
    return series([text("syncPushed", count(pushed)), text("syncPulled", count(pulled)), pace]);
}

export function pool({ active, idle, total, waiting, wait_p95_ms }: PoolStatus): string {
    return text("syncPoolFacts", count(total), count(active), count(idle), count(waiting), wait_p95_ms.toFixed(1));
}

export function conflictsTab(conflicts: number | Absent): string {
    return conflicts ? text("teamTabConflictsOf", count(conflicts)) : text("teamTabConflicts");
}

export function profileFacts(profile: ConnectionProfile | Absent): string {
    if (!profile) {
        return "";
    }
    const { kind, host, port, database, user, schema } = profile;
    return series([text(`server.${kind}`), `${host}:${port}`, database, user, schema]);
}

export function passwordText(password: KeptProfile["password"]): string {
    switch (password?.kind) {
        case "keyring":
            return text("profilePassword.keyring");
        case "variable":
            return text("profilePassword.variable", isolated(password.name));
        case "file":
            return text("profilePassword.file", isolated(password.path));
        default:
            return text("profilePassword.none");
    }
}

function nameOf(profile: ConnectionProfile | Absent): string {
    return isolated(profile?.name ?? "");
}

export function useTooltip(profile: ConnectionProfile | Absent): string {
    return text("profileUse", nameOf(profile));
}

export function editTooltip(profile: ConnectionProfile | Absent): string {
    return text("profileEdit", nameOf(profile));
}

export function copyTooltip(profile: ConnectionProfile | Absent): string {
    return text("profileDuplicate", nameOf(profile));
}

export function removeTooltip(profile: ConnectionProfile | Absent): string {
    return text("profileRemove", nameOf(profile));
}

export function databaseLabel(kind: ConnectionProfile["kind"]): string {
    return text(kind === "hana" ? "profileTenant" : "profileDatabase");
}

export function findingText(diagnosis: Diagnosis | Absent): string {
    return diagnosis ? series([text(`finding.${diagnosis.finding}`), diagnosis.server]) : "";
}

export function findingType(diagnosis: Diagnosis | Absent): "Success" | "Warning" | "Error" {
    switch (diagnosis?.finding) {
        case "ready":
            return "Success";
        case "schema_missing":
        case "schema_older":
        case "busy":
            return "Warning";
        default:
            return "Error";
    }
}

export function planText(plan: DeployPlan | Absent, deployed: boolean): string {
    if (!plan) {
        return text("schemaLooking");
    }
    const { from, to, statements } = plan;
    if (statements.length === 0) {
        return text(deployed ? "schemaDeployed" : "schemaCurrent", count(to));
    }
    return text("schemaPlan", count(from), count(to), count(statements.length));
}

export function script(statements: string[] | Absent): string {
    return (statements ?? []).map((statement) => `${statement};`).join("\n");
}

/** What one version of a row has otherwise than another. */
export function changed(row: Row, other: Row): string {
    if (!row) {
        return text("conflictDeleted");
    }
    const names = Object.keys(row).filter((name) => !other || String(row[name]) !== String(other[name]));
    return names.map((name) => `${name}: ${short(row[name])}`).join("\n");
}

function short(value: unknown): string {
    const shown = String(value ?? "–");
    return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
}
