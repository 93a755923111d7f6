import JSONModel from "sap/ui/model/json/JSONModel";
import { changeSettings, type Failure, type Settings as Values } from "../backend/studio";
import { applyLook } from "./theme";

const BOOT_KEY = "nopenai.boot";
const LOOK_AGAIN_MS = 1000;

/** Until the backend has told. */
const INITIAL: Values = {
    theme: "system",
    language: "system",
    density: "compact",
    models_folder: null,
    refresh_interval_s: 5,
    default_mode: "normal",
    system_notifications: true,
    memory_budget_bytes: null,
    idle_unload_minutes: 30,
};

/** What a change of language needs of the window. */
export interface Page {
    /** Whether something is under way that a reload would cut off. */
    busy(): boolean;
    reload(): void;
    storage: Storage;
}

interface State extends Values {
    known: boolean;
    /** Why the last change was refused. */
    problem: Failure | null;
    /** The field that was refused. */
    invalid: string;
    /** Whether the page waits for the end of a run to change its language. */
    reloadPending: boolean;
}

/** What a person set for the whole application, as the backend last told it, put into effect here. */
export default class Settings {
    readonly model = new JSONModel({
        ...INITIAL,
        known: false,
        problem: null,
        invalid: "",
        reloadPending: false,
    } satisfies State);
    private timer = 0;

    constructor(
        private readonly page: Page,
        private readonly onApplied: (settings: Values) => void = () => undefined,
    ) {}

    get values(): Values {
        const { known: _known, problem: _problem, invalid: _invalid, reloadPending: _pending, ...values } = this.state;
        return values;
    }

    /** Saves a change; what is refused stands beside its field and nothing changes. */
    async change(change: Partial<Values>): Promise<boolean> {
        try {
            this.apply(await changeSettings({ ...this.values, ...change }));
            return true;
        } catch (error) {
            this.say(error as Failure);
            return false;
        }
    }

    /** Shows why something was refused, beside its field when it has one. */
    say(problem: Failure): void {
        this.set({ problem, invalid: String(problem.details.field ?? "") });
    }

    /** Puts settings into effect at once; of the language only a reload can. */
    apply(values: Values): void {
        this.set({ ...values, known: true, problem: null, invalid: "" });
        applyLook(values);
        this.onApplied(values);
        if (this.mirror(values) && window.nopenaiBoot.languageOf(values.language) !== window.nopenaiBoot.language) {
            this.reloadWhenIdle();
        } else {
            this.stop();
            this.set({ reloadPending: false });
        }
    }

    forgetProblem(): void {
        this.set({ problem: null, invalid: "" });
    }

    reload(): void {
        this.stop();
        this.page.reload();
    }

    /** Nothing is waited for any more. */
    stop(): void {
        clearInterval(this.timer);
        this.timer = 0;
    }

    private reloadWhenIdle(): void {
        if (!this.page.busy()) {
            this.reload();
            return;
        }
        this.set({ reloadPending: true });
        this.timer ||= window.setInterval(() => {
            if (!this.page.busy()) {
                this.reload();
            }
        }, LOOK_AGAIN_MS);
    }

    /** Keeps what the first paint needs; false when it can't be kept, as a reload would then change nothing. */
    private mirror({ theme, language, density }: Values): boolean {
        const kept = JSON.stringify({ theme, language, density });
        try {
            this.page.storage.setItem(BOOT_KEY, kept);
            return this.page.storage.getItem(BOOT_KEY) === kept;
        } catch {
            return false;
        }
    }

    private get state(): State {
        return this.model.getData() as State;
    }

    private set(change: Partial<State>): void {
        this.model.setData({ ...this.state, ...change });
    }
}
