import { appendVisible } from "./visibleText";
import type { Token } from "../model/markdown";
import { text } from "../model/texts";

/**
 * Builds elements from parsed Markdown: only those named here, only with the attributes set here, and all
 * content as text. Nothing in it can be followed, loaded or executed.
 */

const CONTAINERS: Record<string, keyof HTMLElementTagNameMap> = {
    blockquote_open: "blockquote",
    bullet_list_open: "ul",
    ordered_list_open: "ol",
    list_item_open: "li",
    table_open: "table",
    thead_open: "thead",
    tbody_open: "tbody",
    tr_open: "tr",
    th_open: "th",
    td_open: "td",
    paragraph_open: "p",
};
const INLINE: Record<string, keyof HTMLElementTagNameMap> = { strong_open: "strong", em_open: "em", s_open: "s" };
const ALIGNMENT = /^text-align:(left|center|right)$/;
/** The page has headings down to the third level; an answer's stand beneath. */
const HEADINGS = ["h4", "h5", "h6"] as const;
const LETTER = /\p{L}/u;
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

export function build(tokens: Token[]): DocumentFragment {
    const whole = document.createDocumentFragment();
    const open: (DocumentFragment | Element)[] = [whole];
    for (const token of tokens) {
        const parent = open.at(-1) ?? whole;
        if (token.nesting === 1) {
            const element = token.hidden ? parent : opened(token, parent);
            open.push(element);
        } else if (token.nesting === -1) {
            const closed = open.pop();
            if (closed instanceof Element && !token.hidden) {
                setDirection(closed);
            }
        } else {
            addLeaf(parent, token);
        }
    }
    return whole;
}

/** What a line or a cell finds by itself a container is told, since it would not look into its blocks. */
function setDirection(element: Element): void {
    if (/^(UL|OL|LI|BLOCKQUOTE|TABLE)$/.test(element.tagName)) {
        element.setAttribute("dir", direction(element.textContent ?? ""));
    }
}

function direction(content: string): "ltr" | "rtl" {
    return RIGHT_TO_LEFT.test(LETTER.exec(content)?.[0] ?? "") ? "rtl" : "ltr";
}

function opened(token: Token, parent: DocumentFragment | Element): Element {
    if (token.type === "heading_open") {
        const level = Number(token.tag.slice(1));
        const element = add(parent, HEADINGS[Math.min(level, HEADINGS.length) - 1] ?? "h6", `nopenaiHeading${level}`);
        element.setAttribute("dir", "auto");
        return element;
    }
    if (token.type === "table_open") {
        const frame = add(parent, "div", "nopenaiTableFrame");
        focusable(frame, text("markdownTable"));
        return add(frame, "table");
    }
    const element = add(parent, CONTAINERS[token.type] ?? "div");
    element.setAttribute("dir", "auto");
    const start = Number(token.attrGet("start"));
    if (element instanceof HTMLOListElement && Number.isInteger(start) && start !== 0) {
        element.setAttribute("start", String(start));
    }
    const alignment = ALIGNMENT.exec(String(token.attrGet("style") ?? ""))?.[1];
    if (alignment) {
        element.classList.add(`nopenaiCell-${alignment}`);
    }
    return element;
}

function addLeaf(parent: DocumentFragment | Element, token: Token): void {
    switch (token.type) {
        case "inline":
            addInline(parent, token.children ?? []);
            break;
        case "fence":
        case "code_block":
            addCode(parent, token);
            break;
        case "hr":
            add(parent, "hr");
            break;
        case "formula_block":
            addFormula(parent, "div", token.content);
            break;
        default:
            appendVisible(add(parent, "p"), token.content);
    }
}

function addInline(parent: DocumentFragment | Element, tokens: Token[]): void {
    const open: { element: DocumentFragment | Element; address: string }[] = [{ element: parent, address: "" }];
    for (const token of tokens) {
        const { element } = open.at(-1) ?? { element: parent };
        if (token.nesting === 1) {
            const link = token.type === "link_open";
            const inner = add(element, INLINE[token.type] ?? "span", link ? "nopenaiLink" : "");
            open.push({ element: inner, address: link ? address(token, "href") : "" });
        } else if (token.nesting === -1) {
            const closed = open.pop();
            if (closed?.address && closed.element.textContent !== closed.address) {
                addAddress(closed.element, closed.address);
            }
        } else {
            addInlineLeaf(element, token);
        }
    }
}

function addInlineLeaf(parent: DocumentFragment | Element, token: Token): void {
    switch (token.type) {
        case "softbreak":
        case "hardbreak":
            add(parent, "br");
            break;
        case "code_inline": {
            const code = add(parent, "code");
            code.setAttribute("dir", "auto");
            appendVisible(code, token.content);
            break;
        }
        case "image": {
            const image = add(parent, "span", "nopenaiLink");
            appendVisible(image, text("markdownImage", token.content));
            addAddress(image, address(token, "src"));
            break;
        }
        case "formula":
            addFormula(parent, "span", token.content);
            break;
        default:
            appendVisible(parent, token.content);
    }
}

function address(token: Token, attribute: string): string {
    const title = token.attrGet("title");
    return `${String(token.attrGet(attribute) ?? "")}${title ? ` "${String(title)}"` : ""}`;
}

function addAddress(parent: DocumentFragment | Element, content: string): void {
    const element = add(parent, "span", "nopenaiAddress");
    element.setAttribute("dir", "ltr");
    appendVisible(element, ` (${content})`);
}

function addFormula(parent: DocumentFragment | Element, tag: "div" | "span", content: string): void {
    const element = add(parent, tag, "nopenaiFormula");
    element.setAttribute("dir", "ltr");
    appendVisible(element, content);
}

function addCode(parent: DocumentFragment | Element, token: Token): void {
    const frame = add(parent, "div", "nopenaiCode");
    frame.setAttribute("dir", "ltr");
    const head = add(frame, "div", "nopenaiCodeHead");
    appendVisible(add(head, "span"), token.info.trim().split(/\s/, 1)[0] ?? "");
    const copy = add(head, "button", "nopenaiCodeCopy");
    copy.setAttribute("type", "button");
    copy.setAttribute("aria-label", text("copyCode"));
    copy.append(text("copy"));
    const lines = add(frame, "pre");
    focusable(lines, text("markdownCode"));
    appendVisible(add(lines, "code"), token.content);
}

/** What scrolls sideways must be reached by the keyboard. */
function focusable(element: Element, label: string): void {
    element.setAttribute("tabindex", "0");
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", label);
}

function add<Tag extends keyof HTMLElementTagNameMap>(parent: ParentNode, tag: Tag, style = ""): HTMLElementTagNameMap[Tag] {
    const element = document.createElement(tag);
    if (style) {
        element.className = style;
    }
    parent.append(element);
    return element;
}

/** Makes the nodes of `parent` from the index on equal to the fresh ones, and leaves alone what already is. */
export function settle(parent: Element, from: number, fresh: DocumentFragment): void {
    const nodes = [...fresh.childNodes];
    nodes.forEach((node, index) => {
        const present = parent.childNodes[from + index];
        if (present) {
            become(present, node);
        } else {
            parent.append(node);
        }
    });
    while (parent.childNodes.length > from + nodes.length) {
        parent.lastChild?.remove();
    }
}

function become(present: ChildNode, fresh: ChildNode): void {
    if (present.isEqualNode(fresh)) {
        return;
    }
    if (present instanceof Text && fresh instanceof Text) {
        present.data = fresh.data;
    } else if (present instanceof Element && fresh instanceof Element && sameHead(present, fresh)) {
        const children = document.createDocumentFragment();
        children.append(...fresh.childNodes);
        settle(present, 0, children);
    } else {
        present.replaceWith(fresh);
    }
}

function sameHead(a: Element, b: Element): boolean {
    return a.cloneNode(false).isEqualNode(b.cloneNode(false));
}
