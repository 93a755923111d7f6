/** What a reasoning model wrote before its answer, and the answer. */
export interface Parts {
    /** Null where nothing was thought. */
    thinking: string | null;
    /** Whether it is still thinking. */
    open: boolean;
    said: string;
}

const OPENING = "<think>";
const CLOSING = "</think>";

/**
 * The parts of an answer. A chat template may have opened the block in the prompt, so that the answer only closes
 * it; until it does, such thinking can't be told from an answer.
 */
export function parts(answer: string): Parts {
    const start = answer.trimStart();
    const opened = start.startsWith(OPENING);
    const inside = opened ? start.slice(OPENING.length) : answer;
    const end = inside.indexOf(CLOSING);
    if (end >= 0) {
        const thinking = inside.slice(0, end).trim();
        const said = inside.slice(end + CLOSING.length).trimStart();
        return { thinking: thinking === "" ? null : thinking, open: false, said };
    }
    if (opened) {
        return { thinking: inside.trimStart(), open: true, said: "" };
    }
    // The tag itself may be on its way.
    const begun = start !== "" && OPENING.startsWith(start);
    return { thinking: null, open: false, said: begun ? "" : answer };
}

/** Whether a beginning can still turn out to be thinking. */
export function mayThink(begun: string): boolean {
    return OPENING.startsWith(begun.trimStart());
}

/** Whether thinking that was not seen to begin ends in `piece`, which follows `before`. */
export function closesThinking(before: string, piece: string): boolean {
    return (before.slice(-CLOSING.length) + piece).includes(CLOSING) && before.indexOf(CLOSING) < 0;
}
