import JSONModel from "sap/ui/model/json/JSONModel";
import { getSettings, listModes, type Failure, type Mode } from "../backend/studio";
import { text } from "./texts";

/** So many modes stand beside each other; the rest is in a menu. */
const BESIDE = 4;
const FALLBACK = "normal";

interface ModesState {
    items: Mode[];
    /** Those that stand beside each other: the first ones, and the chosen one wherever it comes from. */
    beside: Mode[];
    /** What the menu beside them offers: the others and, without an identifier, the dialog that edits them. */
    menu: { id: string; name: string; section: boolean }[];
    /** The identifier of the chosen one; empty until the modes are known. */
    chosen: string;
    problem: Failure | null;
}

/** Where the choice is kept between starts. */
export interface ModeMemory {
    get(): string | null;
    set(mode: string): void;
}

/** The modes there are, and the one the next run is made in. */
export default class Modes {
    readonly model = new JSONModel({ items: [], beside: [], menu: [], chosen: "", problem: null } satisfies ModesState);

    constructor(private readonly memory: ModeMemory) {}

    get items(): Mode[] {
        return this.state.items;
    }

    get chosen(): Mode | null {
        return this.find(this.state.chosen) ?? null;
    }

    find(id: string | null | undefined): Mode | undefined {
        return this.items.find((mode) => mode.id === id);
    }

    async refresh(): Promise<void> {
        try {
            const [items, preferred] = [await listModes(), this.memory.get() ?? (await defaultMode())];
            this.show(items, this.state.chosen || preferred);
        } catch (error) {
            this.model.setProperty("/problem", error);
        }
    }

    choose(id: string): void {
        if (this.find(id)) {
            this.memory.set(id);
            this.show(this.items, id);
        }
    }

    private get state(): ModesState {
        return this.model.getData() as ModesState;
    }

    private show(items: Mode[], wanted: string): void {
        const known = (id: string) => items.find((mode) => mode.id === id);
        const chosen = known(wanted) ?? known(FALLBACK) ?? items[0];
        const first = items.slice(0, BESIDE);
        const beside = chosen && !first.includes(chosen) ? [...first, chosen] : first;
        const rest = items.filter((mode) => !beside.includes(mode));
        const menu = [
            ...rest.map(({ id, name }) => ({ id, name, section: false })),
            { id: "", name: text("editModes"), section: rest.length > 0 },
        ];
        this.model.setData({ items, beside, menu, chosen: chosen?.id ?? "", problem: null } satisfies ModesState);
    }
}

async function defaultMode(): Promise<string> {
    try {
        return (await getSettings()).default_mode;
    } catch {
        return FALLBACK;
    }
}
