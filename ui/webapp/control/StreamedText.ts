import Button from "sap/m/Button";
import Control from "sap/ui/core/Control";
import type RenderManager from "sap/ui/core/RenderManager";
import type { MetadataOptions } from "sap/ui/core/Element";
import { text } from "../model/texts";
import { appendVisible } from "./visibleText";

const END_TOLERANCE_PX = 8;

/** Also of the controls that show such a text differently. */
export const renderer = {
    apiVersion: 2,
    render(rm: RenderManager, control: StreamedText): void {
        rm.openStart("div", control).class("nopenaiStreamedText").openEnd();
        rm.openStart("div", control.getId() + "-note").class("nopenaiStreamedTextNote").openEnd().close("div");
        rm.openStart("div", control.getId() + "-text")
            .class("nopenaiStreamedTextLines")
            .attr("role", "log")
            .attr("aria-live", "polite")
            .attr("aria-label", control.getProperty("label") as string)
            .attr("tabindex", "0")
            .openEnd()
            .close("div");
        rm.renderControl(control.getAggregation("_chip") as Button);
        rm.close("div");
    },
};

/**
 * Text that grows while it is read. Pieces are written once per animation frame, as text and never as markup,
 * one block per line, so that each line finds its own direction. The view follows the text only while the
 * reader is at its end; otherwise a chip leads there.
 *
 * @namespace nopenai.studio.control
 */
export default class StreamedText extends Control {
    static readonly metadata: MetadataOptions = {
        properties: {
            label: { type: "string", defaultValue: "" },
            /** The text; one that begins with what is shown is added to it. */
            text: { type: "string", defaultValue: "" },
        },
        aggregations: {
            _chip: { type: "sap.m.Button", multiple: false, visibility: "hidden" },
        },
    };

    protected content: string;
    protected frame: number;
    private pending: string;
    private following: boolean;

    init(): void {
        this.content = "";
        this.pending = "";
        this.frame = 0;
        this.following = true;
        this.setAggregation(
            "_chip",
            new Button(this.getId() + "-latest", {
                text: text("jumpToLatest"),
                icon: "sap-icon://down",
                press: () => this.toEnd(),
            }),
        );
    }

    exit(): void {
        cancelAnimationFrame(this.frame);
    }

    /** Adds a piece; it is on screen with the next frame. */
    append(piece: string): void {
        this.pending += piece;
        this.frame ||= requestAnimationFrame(() => this.flush());
    }

    replace(whole: string): void {
        this.content = "";
        this.pending = whole;
        this.following = true;
        this.clear();
        this.flush();
        this.scroller()?.scrollTo({ top: 0 });
    }

    getText(): string {
        return this.content + this.pending;
    }

    /** Null, as a binding passes where there is none, is none. */
    setText(whole: string | null): this {
        const [before, after] = [this.getText(), whole ?? ""];
        if (!after.startsWith(before)) {
            this.replace(after);
        } else if (after.length > before.length) {
            this.append(after.slice(before.length));
        }
        return this;
    }

    onAfterRendering(): void {
        const scroller = this.scroller();
        if (scroller) {
            scroller.addEventListener("scroll", () => this.onScroll(), { passive: true });
            scroller.addEventListener("copy", (event) => this.onCopy(event));
            this.rewrite();
        }
        this.showChip();
    }

    protected scroller(): HTMLElement | null {
        return this.getDomRef("text") as HTMLElement | null;
    }

    protected flush(): void {
        cancelAnimationFrame(this.frame);
        this.frame = 0;
        const piece = this.pending;
        this.pending = "";
        this.content += piece;
        this.write(piece);
        if (this.following) {
            this.toEnd();
        } else {
            this.showChip();
        }
    }

    protected clear(): void {
        this.scroller()?.replaceChildren();
    }

    protected rewrite(): void {
        this.clear();
        this.write(this.content);
    }

    /** Shows a piece that was added to the content. */
    protected write(piece: string): void {
        const scroller = this.scroller();
        if (!scroller || piece === "") {
            return;
        }
        const added = document.createDocumentFragment();
        let line = scroller.lastElementChild;
        for (const part of piece.split(/(?<=\n)/)) {
            if (!line || line.textContent?.endsWith("\n")) {
                line = document.createElement("div");
                line.setAttribute("dir", "auto");
                added.append(line);
            }
            appendVisible(line, part);
            line.normalize();
        }
        scroller.append(added);
    }

    private onScroll(): void {
        this.following = this.atEnd();
        this.showChip();
    }

    /** Lines are blocks, which the browser would copy with a second line break each. */
    protected onCopy(event: ClipboardEvent): void {
        const selection = document.getSelection();
        if (selection && selection.rangeCount > 0) {
            event.clipboardData?.setData("text/plain", selection.getRangeAt(0).cloneContents().textContent ?? "");
            event.preventDefault();
        }
    }

    private atEnd(): boolean {
        const scroller = this.scroller();
        return !scroller || scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight <= END_TOLERANCE_PX;
    }

    private toEnd(): void {
        this.following = true;
        this.scroller()?.scrollTo({ top: this.scroller()?.scrollHeight });
        this.showChip();
    }

    private showChip(): void {
        this.getDomRef()?.classList.toggle("nopenaiStreamedTextBehind", !this.following && !this.atEnd());
    }

    static renderer = renderer;
}
