import JSONModel from "sap/ui/model/json/JSONModel";
import type { Change, EngineStatus, Failure, ModelList } from "../backend/studio";
import { IDLE, memoryOf, structure, withMemory, type Memory } from "./engine";
import { modelRows, situation, usableModel, type ModelRow, type Situation } from "./models";
import { paced } from "./pace";
import { text } from "./texts";

/** What the window knows of the engine and the models, as the backend last told it. */
export interface LiveState {
    situation: Situation;
    problem: Failure | null;
    engine: EngineStatus;
    folder: string;
    folderProblem: Failure | null;
    models: ModelRow[];
    /** The model the next run uses. */
    chosen: ModelRow | null;
}

/** The backend tells of itself every 15 s when nothing changes. */
export const SILENCE_MS = 40_000;
const MEMORY_PACE_S = 5;

/** Keeps a JSON model in step with the backend's changes. */
export default class Live {
    readonly model = new JSONModel(initialState());
    /** How often memory figures change, seconds. */
    memoryPace = MEMORY_PACE_S;
    private list: ModelList | null = null;
    private engine = IDLE;
    private memory: Memory = new Map();
    private preferred: string | null;
    private silence = 0;
    private ended = false;
    private readonly showEngine = paced<EngineStatus>(
        (engine) => {
            this.engine = engine;
            this.refresh();
        },
        (shown, next) => structure(shown) !== structure(next),
    );
    private readonly showMemory = paced<Memory>(
        (memory) => {
            this.memory = memory;
            this.refresh();
        },
        (shown, next) => [...shown.keys()].join() !== [...next.keys()].join(),
        () => this.memoryPace * 1000,
    );

    constructor(
        preferred: string | null,
        private readonly onHistory: () => void,
        private readonly silenceAfter = SILENCE_MS,
    ) {
        this.preferred = preferred;
    }

    onChange(change: Change): void {
        this.heard();
        switch (change.kind) {
            case "engine":
                this.showMemory(memoryOf(change.engine));
                this.showEngine(change.engine);
                break;
            case "models":
                this.list = change.models;
                this.refresh();
                break;
            case "history":
                this.onHistory();
                break;
        }
    }

    /** The subscription ended: nothing on screen is kept up to date any more. */
    lost(problem: Failure): void {
        this.ended = true;
        clearTimeout(this.silence);
        this.model.setProperty("/problem", problem);
    }

    /** Nothing is waited for any more. */
    stop(): void {
        clearTimeout(this.silence);
    }

    choose(model: string): void {
        this.preferred = model;
        this.refresh();
    }

    get chosen(): ModelRow | null {
        return this.state.chosen;
    }

    private get state(): LiveState {
        return this.model.getData() as LiveState;
    }

    private heard(): void {
        if (this.ended) {
            return;
        }
        clearTimeout(this.silence);
        this.silence = window.setTimeout(() => this.model.setProperty("/problem", silent()), this.silenceAfter);
        if (this.state.problem) {
            this.model.setProperty("/problem", null);
        }
    }

    private refresh(): void {
        const engine = withMemory(this.engine, this.memory);
        const models = modelRows(this.list?.models ?? [], engine);
        const chosen = usableModel(models, this.preferred);
        this.model.setData({
            situation: situation(this.list, models),
            problem: this.state.problem,
            engine,
            folder: this.list?.folder ?? "",
            folderProblem: this.list?.problem ?? null,
            models,
            chosen: models.find((row) => row.id === chosen) ?? null,
        } satisfies LiveState);
    }
}

function silent(): Failure {
    return { code: "internal", message: text("backendSilent"), details: {} };
}

function initialState(): LiveState {
    return {
        situation: "starting",
        problem: null,
        engine: IDLE,
        folder: "",
        folderProblem: null,
        models: [],
        chosen: null,
    };
}
