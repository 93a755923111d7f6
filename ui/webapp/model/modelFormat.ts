import type { EngineStatus, Failure } from "../backend/studio";
import { bytes, count, magnitude } from "./format";
import type { ModelRow, ModelState, Situation } from "./models";
import { isolated, series, text } from "./texts";

type Colour = "None" | "Success" | "Warning" | "Error" | "Information";

const COLOURS: Record<ModelState, Colour> = {
    ready: "Success",
    busy: "Success",
    loading: "Information",
    failed: "Error",
    onDisk: "None",
    unsupported: "Warning",
};

const ICONS: Record<ModelState, string> = {
    ready: "sap-icon://status-positive",
    busy: "sap-icon://status-positive",
    loading: "sap-icon://in-progress",
    failed: "sap-icon://status-negative",
    onDisk: "sap-icon://status-inactive",
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
    return series([
        row.architecture,
        row.quantization,
        row.parameters === null ? "" : text("factParameters", magnitude(row.parameters)),
        row.contextLength === null ? "" : text("factContext", count(row.contextLength)),
        bytes(row.sizeBytes),
    ]);
}

/** As few facts as tell models apart. */
export function shortFacts(row: ModelRow): string {
    const { architecture, quantization, parameters, sizeBytes } = row;
    return series([architecture, parameters === null ? "" : magnitude(parameters), quantization, bytes(sizeBytes)]);
}

export function stateText(row: ModelRow): string {
    if (row.state === "loading" && row.percent !== null) {
        return text("loadingPercent", row.percent);
    }
    const state = text(`modelState.${row.state}`);
    return row.memoryBytes === null ? state : `${state} · ${bytes(row.memoryBytes)}`;
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

export function engineText(chosen: ModelRow | null, engine: EngineStatus, problem: Failure | null): string {
    if (problem) {
        return text("disconnected");
    }
    if (!chosen) {
        return "";
    }
    return engine.waiting > 0 ? `${stateText(chosen)} · ${text("waiting", engine.waiting)}` : stateText(chosen);
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
export function engineTooltip(chosen: ModelRow | null, engine: EngineStatus, problem: Failure | null): string {
    if (problem) {
        return problem.message;
    }
    if (!chosen || chosen.state === "onDisk") {
        return text("engineTooltip.onDisk");
    }
    if (chosen.state === "failed") {
        return engine.problem?.message ?? text("modelState.failed");
    }
    return series([
        engine.device,
        engine.element_type,
        engine.context_length == null ? "" : text("factContext", count(engine.context_length)),
        engine.memory_bytes == null ? "" : text("engineTooltip.memory", bytes(engine.memory_bytes)),
    ]);
}

export function noModels(search: string, folder: string): string {
    return search ? text("noModelFound", search) : text("noModelsIn", isolated(folder));
}
