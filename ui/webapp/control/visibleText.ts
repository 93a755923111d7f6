// C0 and C1 controls but tab and line feed, the characters that turn the direction of what follows, and those
// that are seen nowhere: invisible operators, the byte order mark, and tags, which can carry a whole hidden text.
// The joiners stay, as Persian and emoji are written with them.
const HIDDEN =
    /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2061-\u2064\u2066-\u2069\uFEFF\u{E0000}-\u{E007F}]/gu;
const LONE_SURROGATE = /\p{Surrogate}/gu;
const LINE_BREAK = /\r\n/g;

/** Appends a text as text. Characters that could hide or disguise something are named instead of obeyed. */
export function appendVisible(parent: Node, content: string): void {
    const whole = content.replace(LONE_SURROGATE, "\uFFFD").replace(LINE_BREAK, "\n");
    let from = 0;
    for (const { 0: hidden, index } of whole.matchAll(HIDDEN)) {
        if (index > from) {
            parent.appendChild(document.createTextNode(whole.slice(from, index)));
        }
        const name = document.createElement("span");
        name.className = "nopenaiHidden";
        name.append(named(hidden));
        parent.appendChild(name);
        from = index + hidden.length;
    }
    if (from < whole.length) {
        parent.appendChild(document.createTextNode(whole.slice(from)));
    }
}

/** As ⟦U+202E⟧. */
export function named(character: string): string {
    return `⟦U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟧`;
}
