import type { Failure } from "../backend/studio";
import { bytes, count, magnitude } from "./format";
import type { ModelRow, ModelState, Situation } from "./models";
import { leaving, REMOTE_ICON } from "./remoteFormat";
import { isolated, series, text } from "./texts";

type Colour = "None" | "Success" | "Warning" | "Error" | "Information";

const COLOURS: Record<ModelState, Colour> = {
    ready: "Success",
    busy: "Success",
    loading: "Information",
    failed: "Error",
    onDisk: "None",
    remote: "Information",
    unsupported: "Warning",
};

const ICONS: Record<ModelState, string> = {
    ready: "sap-icon://status-positive",
    busy: "sap-icon://status-positive",
    loading: "sap-icon://in-progress",
    failed: "sap-icon://status-negative",
    onDisk: "sap-icon://status-inactive",
    remote: REMOTE_ICON,
    unsupported: "sap-icon://status-critical",
};

export function chosenTitle(chosen: ModelRow | null, situation: Situation): string {
    if (chosen) {
        return series([chosen.name, chosen.quantization]);
    }
    return situation === "starting" ? text("lookingForModels") : text("noModel");
}

/** One line under a model's name: what it is, or why it cannot run. */
export function facts(row: ModelRow): string {
    if (row.problem) {
        return row.problem.message;
    }
    if (row.state === "remote") {
        return series([row.file, contextText(row), leaving(row.model.remote)]);
    }
    return series([
        row.architecture,
        row.quantization,
        row.parameters === null ? "" : text("factParameters", magnitude(row.parameters)),
        contextText(row),
        bytes(row.sizeBytes),
    ]);
}

function contextText({ contextLength }: ModelRow): string {
    return contextLength === null ? "" : text("factContext", count(contextLength));
}

/** As few facts as tell models apart. */
export function shortFacts(row: ModelRow): string {
    const { architecture, quantization, parameters, sizeBytes, model } = row;
    if (model.remote) {
        return series([row.file, model.remote.host]);
    }
    return series([architecture, parameters === null ? "" : magnitude(parameters), quantization, bytes(sizeBytes)]);
}

export function stateText(row: ModelRow): string {
    if (row.state === "loading" && row.percent !== null) {
        return text("loadingPercent", row.percent);
    }
    return series([
        text(`modelState.${row.state}`),
        row.memoryBytes === null ? "" : bytes(row.memoryBytes),
        row.status?.pinned ? text("pinnedShort") : "",
    ]);
}

export function stateIcon(state: ModelState): string {
    return ICONS[state];
}

export function stateColour(state: ModelState): Colour {
    return COLOURS[state];
}

/** What the button at the row does. */
export function actionText(state: ModelState): string {
    if (state === "loading") {
        return text("cancelLoad");
    }
    return state === "ready" || state === "busy" ? text("unload") : text("load");
}

export function actionTooltip(row: ModelRow): string {
    return `${actionText(row.state)}: ${row.name}`;
}

export function rowSpoken(row: ModelRow): string {
    return [row.name, stateText(row), facts(row)].join(", ");
}

export function engineText(chosen: ModelRow | null, problem: Failure | null): string {
    if (problem) {
        return text("disconnected");
    }
    if (!chosen) {
        return "";
    }
    return chosen.waiting > 0 ? `${stateText(chosen)} · ${text("waiting", chosen.waiting)}` : stateText(chosen);
}

export function engineIcon(chosen: ModelRow | null, problem: Failure | null): string {
    if (problem) {
        return "sap-icon://disconnected";
    }
    return chosen ? ICONS[chosen.state] : "";
}

export function engineState(chosen: ModelRow | null, problem: Failure | null): Colour {
    if (problem) {
        return "Error";
    }
    return chosen ? COLOURS[chosen.state] : "None";
}

/** Where the engine's figures come from. */
export function engineTooltip(chosen: ModelRow | null, problem: Failure | null): string {
    if (problem) {
        return problem.message;
    }
    if (chosen?.model.remote) {
        return leaving(chosen.model.remote);
    }
    const status = chosen?.status;
    if (!status) {
        return text("engineTooltip.onDisk");
    }
    if (status.state === "failed") {
        return status.problem?.message ?? text("modelState.failed");
    }
    return series([
        status.device,
        status.element_type,
        status.context_length == null ? "" : text("factContext", count(status.context_length)),
        status.memory_bytes == null ? "" : text("engineTooltip.memory", bytes(status.memory_bytes)),
        status.pinned ? text("engineTooltip.pinned") : "",
    ]);
}

/** What all models in memory occupy together; empty while there are none. */
export function memoryInUse(rows: ModelRow[] | undefined): string {
    const held = (rows ?? []).map((row) => row.memoryBytes).filter((value) => value !== null);
    return held.length === 0 ? "" : text("memoryInUse", held.length, bytes(held.reduce((sum, value) => sum + value, 0)));
}

export function noModels(search: string, folder: string): string {
    return search ? text("noModelFound", search) : text("noModelsIn", isolated(folder));
}
