import MarkdownIt, { type StateBlock, type StateInline, type Token } from "../thirdparty/markdown-it";

export type { Token };

/** Beyond these, a text is shown plain: what lies beneath stays quick on anything a model could write. */
export const MOST_CHARACTERS = 300_000;
export const LONGEST_LINE = 20_000;
const DEEPEST = 32;

/** The longest formula within a line; also bounds the search for its end. */
const LONGEST_FORMULA = 1000;
/** As the parser counts lines. */
const LINE_BREAK = /\r\n?|\n/g;
const NUL = "\0";
const BLANK = /\s/;
const DIGIT = /\d/;

const FORMULAS = [
    ["$$", "$$"],
    ["\\(", "\\)"],
    ["\\[", "\\]"],
    ["$", "$"],
] as const;

// Raw HTML stays text. Without reference links each block stands for itself, so that a text that
// grows is parsed from its last block only.
const parser = new MarkdownIt({ html: false, linkify: false, breaks: true, maxNesting: DEEPEST }).disable("reference");
parser.inline.ruler.before("escape", "formula", formula);
parser.block.ruler.before("fence", "formula", formulaBlock, { alt: ["paragraph", "blockquote", "list"] });

/** Why a text is shown plain. */
export type Unfit = "long" | "line" | "nested";

export function unfit(text: string): Unfit | null {
    if (text.length > MOST_CHARACTERS) {
        return "long";
    }
    for (let from = 0; text.length - from > LONGEST_LINE; ) {
        const end = text.indexOf("\n", from);
        if (end < 0 || end - from > LONGEST_LINE) {
            return "line";
        }
        from = end + 1;
    }
    return null;
}

/** The blocks of a text, in the parser's flat form; null when it is nested deeper than is shown. */
export function parse(text: string): Token[] | null {
    // The parser would replace this one character, and hide which it was.
    const tokens = parser.parse(text.replaceAll(NUL, "⟦U+0000⟧"), {});
    // At its bound the parser leaves the rest of a block out.
    return tokens.some((token) => token.nesting === 1 && token.level >= DEEPEST - 1) ? null : tokens;
}

/** The blocks before the last one, which nothing that follows can change, and where that last one begins. */
export function beforeLast(tokens: Token[], text: string): { tokens: Token[]; end: number } {
    let last = tokens.length - 1;
    while (last > 0 && !(tokens[last]?.level === 0 && (tokens[last]?.nesting ?? 0) >= 0)) {
        last -= 1;
    }
    let end = 0;
    let line = tokens[last]?.map?.[0] ?? 0;
    for (const found of line > 0 ? text.matchAll(LINE_BREAK) : []) {
        end = found.index + found[0].length;
        if (--line === 0) {
            break;
        }
    }
    return { tokens: tokens.slice(0, Math.max(last, 0)), end };
}

/** `$…$`, `$$…$$`, `\(…\)` and `\[…\]` within a line stay as they were written. */
function formula(state: StateInline, silent: boolean): boolean {
    const { src, pos } = state;
    const delimiters = FORMULAS.find(([opening]) => src.startsWith(opening, pos));
    const end = delimiters ? formulaEnd(src, pos + delimiters[0].length, delimiters[1]) : -1;
    if (end < 0 || end > state.posMax) {
        return false;
    }
    if (!silent) {
        state.push("formula", "", 0).content = src.slice(pos, end);
    }
    state.pos = end;
    return true;
}

function formulaEnd(src: string, from: number, closing: string): number {
    const most = Math.min(src.length, from + LONGEST_FORMULA);
    // "$5 and $10" are prices: a formula has no blank inside its dollars, and no digit after.
    const dollar = closing === "$";
    if (dollar && BLANK.test(src.charAt(from))) {
        return -1;
    }
    for (let at = src.indexOf(closing, from + 1); at >= 0 && at < most; at = src.indexOf(closing, at + 1)) {
        if (!dollar || !(BLANK.test(src.charAt(at - 1)) || DIGIT.test(src.charAt(at + 1)))) {
            return at + closing.length;
        }
    }
    return -1;
}

/** A formula in lines of its own ends with its closing delimiter or, as in TeX, before a blank line. */
function formulaBlock(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
    const begin = (line: number) => (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0);
    const from = begin(startLine);
    const opening = state.src.slice(from, from + 2);
    if (opening !== "$$" && opening !== "\\[") {
        return false;
    }
    const closing = opening === "$$" ? "$$" : "\\]";
    const rest = (line: number, skip = 0) => state.src.slice(begin(line) + skip, state.eMarks[line]).trimEnd();
    const closedAt = rest(startLine, 2).indexOf(closing);
    if (closedAt >= 0 && closedAt + 2 < rest(startLine, 2).length) {
        return false;
    }
    if (silent) {
        return true;
    }
    let line = startLine + 1;
    while (closedAt < 0 && line < endLine && !state.isEmpty(line) && (state.sCount[line] ?? 0) >= state.blkIndent) {
        line += 1;
        if (rest(line - 1).endsWith(closing)) {
            break;
        }
    }
    state.line = line;
    const token = state.push("formula_block", "", 0);
    token.content = state.getLines(startLine, line, state.blkIndent, false);
    token.map = [startLine, line];
    return true;
}
