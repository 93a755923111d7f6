import type { MetadataOptions } from "sap/ui/core/Element";
import { copy } from "../model/clipboard";
import { beforeLast, parse, unfit, type Unfit } from "../model/markdown";
import { text } from "../model/texts";
import { build, settle } from "./markdownDom";
import StreamedText, { renderer } from "./StreamedText";

/** The share of time that parsing may take while a text grows. */
const LOAD = 0.2;
const QUICK_MS = 4;

/**
 * Streamed text that is shown as the Markdown it is written in, or as its source. Blocks that are complete stay
 * untouched while the text grows; only the last one is parsed again.
 *
 * @namespace nopenai.studio.control
 */
export default class Markdown extends StreamedText {
    static readonly metadata: MetadataOptions = {
        properties: {
            formatted: { type: "boolean", defaultValue: true },
        },
    };

    static renderer = renderer;

    /** Where the blocks that may still change begin, in the text and among the nodes. */
    private settledText: number;
    private settledNodes: number;
    private plain: Unfit | null;
    private restUntil: number;

    init(): void {
        super.init();
        this.settledText = 0;
        this.settledNodes = 0;
        this.plain = null;
        this.restUntil = 0;
    }

    setFormatted(formatted: boolean): this {
        if (formatted !== this.getProperty("formatted")) {
            this.setProperty("formatted", formatted, true);
            this.rewrite();
        }
        return this;
    }

    replace(whole: string): void {
        this.restUntil = 0;
        super.replace(whole);
    }

    onAfterRendering(): void {
        super.onAfterRendering();
        this.scroller()?.addEventListener("click", (event) => this.onClick(event));
    }

    protected flush(): void {
        if (performance.now() < this.restUntil) {
            this.frame = requestAnimationFrame(() => this.flush());
            return;
        }
        const started = performance.now();
        super.flush();
        const took = performance.now() - started;
        this.restUntil = took > QUICK_MS ? started + took / LOAD : 0;
    }

    protected clear(): void {
        super.clear();
        this.settledText = 0;
        this.settledNodes = 0;
        this.showPlain(null);
    }

    protected write(piece: string): void {
        const scroller = this.scroller();
        scroller?.classList.toggle("nopenaiMarkdown", this.isMarkdown());
        scroller?.classList.toggle("nopenaiStreamedTextLong", this.plain === "long");
        if (!scroller || !this.isMarkdown()) {
            super.write(piece);
        } else if (piece !== "") {
            this.format(scroller);
        }
    }

    protected onCopy(event: ClipboardEvent): void {
        if (!this.isMarkdown()) {
            super.onCopy(event);
        }
    }

    private isMarkdown(): boolean {
        return (this.getProperty("formatted") as boolean) && this.plain === null;
    }

    private format(scroller: HTMLElement): void {
        const reason = unfit(this.content) ?? (this.settled(scroller) && this.growing(scroller) ? null : "nested");
        if (reason) {
            this.clear();
            this.showPlain(reason);
            this.write(this.content);
        }
    }

    /** Writes the blocks that no further line can change; false when the text is nested too deeply. */
    private settled(scroller: HTMLElement): boolean {
        const lines = this.content.slice(this.settledText, this.content.lastIndexOf("\n") + 1);
        const tokens = parse(lines);
        if (tokens === null) {
            return false;
        }
        const complete = beforeLast(tokens, lines);
        if (complete.tokens.length > 0) {
            settle(scroller, this.settledNodes, build(complete.tokens));
            this.settledNodes = scroller.childNodes.length;
            this.settledText += complete.end;
        }
        return true;
    }

    private growing(scroller: HTMLElement): boolean {
        const tokens = parse(this.content.slice(this.settledText));
        settle(scroller, this.settledNodes, build(tokens ?? []));
        return tokens !== null;
    }

    private showPlain(reason: Unfit | null): void {
        this.plain = reason;
        const note = this.getDomRef("note");
        if (note) {
            note.textContent = reason ? text(`markdownPlain.${reason}`) : "";
        }
    }

    private onClick(event: MouseEvent): void {
        const button = event.target instanceof Element ? event.target.closest(".nopenaiCodeCopy") : null;
        const code = button?.closest(".nopenaiCode")?.querySelector("code");
        if (code) {
            void copy(code.textContent ?? "");
        }
    }
}
