import JSONModel from "sap/ui/model/json/JSONModel";
import type { Change, EngineStatus, Failure, ModelList } from "../backend/studio";
import { modelRows, situation, usableModel, type ModelRow, type Situation } from "./models";
import { paced } from "./pace";

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

const IDLE: EngineStatus = { state: "idle", waiting: 0 };

/** Keeps a JSON model in step with the backend's changes. */
export default class Live {
    readonly model = new JSONModel(initialState());
    private list: ModelList | null = null;
    private engine = IDLE;
    private preferred: string | null;
    private readonly showEngine = paced<EngineStatus>(
        (engine) => {
            this.engine = engine;
            this.refresh();
        },
        (shown, next) => shown.state !== next.state || shown.model !== next.model,
    );

    constructor(
        preferred: string | null,
        private readonly onHistory: () => void,
    ) {
        this.preferred = preferred;
    }

    onChange(change: Change): void {
        switch (change.kind) {
            case "engine":
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
        this.model.setProperty("/problem", problem);
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

    private refresh(): void {
        const models = modelRows(this.list?.models ?? [], this.engine);
        const chosen = usableModel(models, this.preferred, this.engine.model);
        this.model.setData({
            situation: situation(this.list, models),
            problem: this.state.problem,
            engine: this.engine,
            folder: this.list?.folder ?? "",
            folderProblem: this.list?.problem ?? null,
            models,
            chosen: models.find((row) => row.id === chosen) ?? null,
        } satisfies LiveState);
    }
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
