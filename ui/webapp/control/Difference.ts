import Control from "sap/ui/core/Control";
import type RenderManager from "sap/ui/core/RenderManager";
import type { MetadataOptions } from "sap/ui/core/Element";
import type { SideBySide } from "../backend/studio";
import { text } from "../model/texts";
import { appendVisible } from "./visibleText";

export type Piece = SideBySide["differences"][number];

/** Beyond this many pieces a reader is not helped by marks, and the page becomes slow. */
export const MOST_PIECES = 4000;

/**
 * A text as text, with what another text beside it lacks marked: by lines under it and by what it is to assistive
 * technology, not only by colour.
 *
 * @namespace nopenai.studio.control
 */
export default class Difference extends Control {
    static readonly metadata: MetadataOptions = {
        properties: {
            label: { type: "string", defaultValue: "" },
            /** Shown as it is, when there are no pieces. */
            content: { type: "string", defaultValue: "" },
            pieces: { type: "object", defaultValue: null },
            /** Whose text of the two: "a" or "b". */
            side: { type: "string", defaultValue: "a" },
        },
    };

    static renderer = {
        apiVersion: 2,
        render(rm: RenderManager, control: Difference): void {
            rm.openStart("div", control).class("nopenaiDifference").attr("tabindex", "0").attr("role", "group");
            rm.attr("aria-label", control.getProperty("label") as string).openEnd().close("div");
        },
    };

    onAfterRendering(): void {
        const dom = this.getDomRef();
        if (dom) {
            dom.replaceChildren(this.build());
        }
    }

    private build(): Node {
        const pieces = this.getProperty("pieces") as Piece[] | null;
        const built = document.createDocumentFragment();
        if (!pieces) {
            appendVisible(built, (this.getProperty("content") as string) ?? "");
            return built;
        }
        const { marked, rest } = sideOf(pieces, this.getProperty("side") as Side);
        marked.forEach((piece) => built.append(element(piece)));
        if (rest) {
            const note = document.createElement("p");
            note.className = "nopenaiSecondary";
            note.textContent = text("differenceCoarse");
            built.prepend(note);
            appendVisible(built, rest);
        }
        return built;
    }
}

type Side = "a" | "b";

/** The pieces that make up the text of one side, and what follows where there are too many. */
export function sideOf(pieces: Piece[], side: Side): { marked: Piece[]; rest: string } {
    const other = side === "a" ? "only_b" : "only_a";
    const own = pieces.filter(({ change }) => change !== other);
    const rest = own.slice(MOST_PIECES).map((piece) => piece.text);
    return { marked: own.slice(0, MOST_PIECES), rest: rest.join("") };
}

function element(piece: Piece): Node {
    const names = { same: "span", only_a: "del", only_b: "ins" };
    const built = document.createElement(names[piece.change]);
    appendVisible(built, piece.text);
    return built;
}
