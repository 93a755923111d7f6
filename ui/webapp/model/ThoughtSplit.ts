import JSONModel from "sap/ui/model/json/JSONModel";
import type { TextSink } from "./PromptSession";
import { closesThinking, mayThink, parts } from "./thinking";

/** Takes the thinking out of an answer that streams in, and passes on what is said. */
export default class ThoughtSplit implements TextSink {
    /** The thinking, null where there is none, and whether it goes on. */
    readonly model = new JSONModel({ thinking: null as string | null, open: false });
    private whole = "";
    /** Whether what comes is part of the answer for all that is known. */
    private said = false;

    constructor(private readonly sink: TextSink) {}

    replace(text: string): void {
        this.whole = text;
        this.split();
    }

    append(piece: string): void {
        const before = this.whole;
        this.whole += piece;
        if (this.said && !closesThinking(before, piece)) {
            this.sink.append(piece);
        } else {
            this.split();
        }
    }

    private split(): void {
        const { thinking, open, said } = parts(this.whole);
        this.said = !open && !mayThink(this.whole);
        this.model.setData({ thinking, open });
        this.sink.replace(said);
    }
}
