import type Dialog from "sap/m/Dialog";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import { embedTexts, type Embedding, type Failure } from "../backend/studio";
import { copy } from "../model/clipboard";
import { lines, pairs, type Pair } from "../model/embeddingFormat";
import type { ModelRow } from "../model/models";
import FragmentDialog from "./FragmentDialog";

interface State {
    model: string;
    name: string;
    texts: string;
    busy: boolean;
    points: Embedding[] | null;
    pairs: Pair[];
    problem: Failure | null;
}

const EMPTY: State = { model: "", name: "", texts: "", busy: false, points: null, pairs: [], problem: null };

/** Compares texts by where a model sees them. */
export default class EmbeddingsDialog extends FragmentDialog {
    private readonly state = new JSONModel({ ...EMPTY });

    constructor(view: View) {
        super(view, "Embeddings");
    }

    async open({ id, name }: ModelRow): Promise<void> {
        const { texts } = this.data;
        this.state.setData({ ...EMPTY, model: id, name, texts });
        await this.show();
    }

    async onEmbed(): Promise<void> {
        const { model } = this.data;
        const texts = lines(this.data.texts);
        this.set({ busy: true, points: null, pairs: [], problem: null });
        let found: Partial<State>;
        try {
            const points = await embedTexts(model, texts);
            found = { points, pairs: pairs(texts, points) };
        } catch (error) {
            found = { problem: error as Failure };
        }
        // Another model may have been chosen meanwhile.
        if (this.data.model === model) {
            this.set({ ...found, busy: false });
        }
    }

    onCopyPoints(): void {
        void copy(JSON.stringify((this.data.points ?? []).map(({ vector }) => vector)));
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.state, "embeddings");
    }

    private get data(): State {
        return this.state.getData() as State;
    }

    private set(change: Partial<State>): void {
        this.state.setData({ ...this.data, ...change });
    }
}
