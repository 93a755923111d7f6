import nextUIUpdate from "sap/ui/test/utils/nextUIUpdate";
import Markdown from "../../control/Markdown";

const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));

/** Everything that may ever appear, with the attributes it may bear. */
const ELEMENTS =
    /^(P|H[4-6]|STRONG|EM|S|UL|OL|LI|CODE|PRE|TABLE|THEAD|TBODY|TR|TH|TD|BLOCKQUOTE|HR|BR|SPAN|DIV|BUTTON)$/;
const ATTRIBUTES: Record<string, RegExp> = {
    class: /^nopenai[\w-]+$/,
    dir: /^(auto|ltr|rtl)$/,
    start: /^\d+$/,
    type: /^button$/,
    tabindex: /^0$/,
    role: /^group$/,
    "aria-label": /^(Copy the code|Code|Table)$/,
};

const HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<style>body{display:none}</style>",
    "<iframe src='http://127.0.0.1:1/'></iframe>",
    "<a href='javascript:alert(1)' onclick=alert(1)>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#x73;cript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "![x](http://127.0.0.1:1/pixel.png)",
    "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    "![x](file:///etc/passwd)",
    "<https://example.com/\" onmouseover=\"alert(1)>",
    '[x](http://example.com "\\" onclick=\\"alert(1)")',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "```html\" onclick=\"alert(1)\n<b>bold</b>\n```",
    "| <b>a</b> | b |\n|:--:|--|\n| <script>x</script> | y |",
    "> * 1. <object data=x>\n>   ~~<embed>~~",
    "[ref]\n\n[ref]: javascript:alert(1)",
    "<!-- comment --><![CDATA[x]]><?php x ?>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "$<img src=x onerror=alert(1)>$",
    "# <a name=x>heading</a>",
];
const PIECES = [
    ...HOSTILE,
    ..."<>\"'`*_~[]()!#|$\\&;:=-+.\n\t ".split(""),
    "\n\n", "\n> ", "\n- ", "\n1. ", "\n    ", "\n```\n", "\n$$\n", "\\[", "\\]", "| a | b |\n|---|--:|\n| 1 | 2 |\n", "word", "كلمة",
    "\u202e", "\u0000", "\ud800", "http://example.com", "onload=", "src=", "href=", "\r\n", "===\n", "---\n", "[a]: b\n",
];

let control: Markdown;
const body = () => control.getDomRef("text") as HTMLElement;
const note = () => control.getDomRef("note")?.textContent ?? "";

function shown(source: string): HTMLElement {
    control.replace(source);
    return body();
}

/** Writes what was appended now, without the pause that a slow machine would take. */
function flush(): void {
    const inside = control as unknown as { flush(): void; restUntil: number };
    inside.restUntil = 0;
    inside.flush();
}

/** What is not on the list. */
function foreign(root: HTMLElement): string[] {
    return [...root.querySelectorAll("*")].flatMap((element) => [
        ...(ELEMENTS.test(element.tagName) && element.namespaceURI === "http://www.w3.org/1999/xhtml" ? [] : [element.tagName]),
        ...[...element.attributes]
            .filter(({ name, value }) => !ATTRIBUTES[name]?.test(value))
            .map(({ name, value }) => `${element.tagName} ${name}="${value}"`),
    ]);
}

/** Numbers that look random and are the same in every run (Park and Miller 1988). */
function numbers(seed: number): (below: number) => number {
    let state = seed;
    return (below) => (state = (state * 48_271) % 2_147_483_647) % below;
}

function generated(next: (below: number) => number): string {
    return Array.from({ length: 1 + next(30) }, () => PIECES[next(PIECES.length)] ?? "").join("");
}

QUnit.module("Markdown", {
    async beforeEach() {
        control = new Markdown({ label: "Answer" } as object);
        control.placeAt("qunit-fixture");
        await nextUIUpdate();
        (control.getDomRef() as HTMLElement).style.height = "100px";
    },
    afterEach() {
        control.destroy();
    },
});

QUnit.test("blocks and marks become elements", (assert) => {
    const root = shown(
        "# One\n\n**b** *i* ~~s~~ `c`\nnext\n\n- a\n- b\n\n3. c\n\n> q\n\n---\n\n| x | y |\n|---|--:|\n| 1 | 2 |\n\n```rust\nfn main() {}\n```",
    );
    const texts = (selector: string) => [...root.querySelectorAll(selector)].map((element) => element.textContent);
    assert.deepEqual(texts("h4"), ["One"]);
    assert.deepEqual([...texts("strong"), ...texts("em"), ...texts("s"), ...texts("p > code")], ["b", "i", "s", "c"]);
    assert.strictEqual(root.querySelectorAll("br").length, 1);
    assert.deepEqual(texts("ul > li"), ["a", "b"]);
    assert.strictEqual(root.querySelector("ol")?.start, 3);
    assert.deepEqual(texts("blockquote > p"), ["q"]);
    assert.deepEqual([...texts("th"), ...texts("td")], ["x", "y", "1", "2"]);
    assert.strictEqual(root.querySelectorAll(".nopenaiCell-right").length, 2);
    assert.deepEqual(texts(".nopenaiCodeHead > span"), ["rust"]);
    assert.deepEqual(texts("pre > code"), ["fn main() {}\n"]);
    assert.deepEqual(foreign(root), []);
});

QUnit.test("what could load, lead away or execute is text", (assert) => {
    performance.clearResourceTimings();
    for (const source of HOSTILE) {
        const root = shown(source);
        assert.deepEqual(foreign(root), [], source);
        assert.notStrictEqual(root.textContent?.trim(), "", source);
    }
    const requested = performance.getEntriesByType("resource").filter(({ name }) => name.includes("127.0.0.1:1/"));
    assert.deepEqual(requested, []);
});

QUnit.test("a link and an image show where they lead", (assert) => {
    assert.strictEqual(shown("[here](https://example.com/a)").textContent, "here (https://example.com/a)");
    assert.strictEqual(shown("<https://example.com/a>").textContent, "https://example.com/a");
    assert.strictEqual(shown("![a cat](https://example.com/c.png)").textContent, "Image: a cat (https://example.com/c.png)");
    assert.strictEqual(body().querySelector("a, img"), null);
});

QUnit.test("generated texts never leave the list, whole or in pieces, and both look the same", async (assert) => {
    const next = numbers(20_250_301);
    const problems: string[] = [];
    for (let round = 0; round < 300; round++) {
        const source = generated(next);
        const whole = shown(source).innerHTML;
        problems.push(...foreign(body()).map((what) => `${what} of ${JSON.stringify(source)}`));
        control.replace("");
        for (let from = 0; from < source.length; ) {
            const length = 1 + next(12);
            control.append(source.slice(from, from + length));
            flush();
            from += length;
        }
        if (!/\p{Surrogate}|\r/u.test(source) && body().innerHTML !== whole) {
            problems.push(`differs in pieces: ${JSON.stringify(source)}`);
        }
        problems.push(...foreign(body()).map((what) => `${what} of the pieces of ${JSON.stringify(source)}`));
    }
    await frame();
    assert.deepEqual(problems.slice(0, 3), []);
});

QUnit.test("formulas stay as they were written", (assert) => {
    for (const formula of ["$a_1 + b_2 * c*$", "\\(x_i \\cdot y_i\\)", "$$\n\\frac{a_b}{c_d}\n= 1\n$$", "\\[ \\sum_{i} *x* \\]"]) {
        const root = shown(`Take ${formula.startsWith("$$") ? "\n" : ""}${formula}`);
        assert.strictEqual(root.querySelector(".nopenaiFormula")?.textContent, formula);
        assert.strictEqual(root.querySelector("em, h4, h5"), null);
    }
    const prices = shown("It costs $5 *now* and $10 later.");
    assert.strictEqual(prices.querySelector(".nopenaiFormula"), null);
    assert.strictEqual(prices.querySelector("em")?.textContent, "now");
});

QUnit.test("characters that hide or turn are named, whether written or as entities", (assert) => {
    for (const formatted of [true, false]) {
        control.setFormatted(formatted);
        assert.strictEqual(shown("a\u202eb\u0000c\u2066\u200fd\ud800").textContent, "a⟦U+202E⟧b⟦U+0000⟧c⟦U+2066⟧⟦U+200F⟧d\ufffd");
    }
    control.setFormatted(true);
    assert.strictEqual(shown("a&#x202E;b").textContent, "a⟦U+202E⟧b");
    assert.strictEqual(shown("`x\u202ey`").querySelector("code")?.textContent, "x⟦U+202E⟧y");
    assert.strictEqual(shown("a\ufeff\u2063\u{e0041}b").textContent, "a⟦U+FEFF⟧⟦U+2063⟧⟦U+E0041⟧b");
    assert.strictEqual(shown("می\u200cخواهم 👩\u200d🔬").textContent, "می\u200cخواهم 👩\u200d🔬");
});

QUnit.test("blocks find their own direction, and lists the one of their first words", (assert) => {
    const root = shown("Hello\n\nمرحبا\n\n- واحد\n- اثنان\n\n```\ncode\n```");
    assert.ok([...root.querySelectorAll("p")].every((block) => block.dir === "auto"));
    assert.strictEqual(root.querySelector("ul")?.dir, "rtl");
    assert.strictEqual(root.querySelector<HTMLElement>(".nopenaiCode")?.dir, "ltr");
});

QUnit.test("complete blocks are left alone while the text grows", (assert) => {
    control.append("first\n\nsecond *wo");
    flush();
    const [first, second] = [...body().children];
    control.append("rd* and\n\n```\nco");
    flush();
    control.append("de\n```\n");
    flush();
    assert.strictEqual(body().children[0], first);
    assert.strictEqual(body().children[1], second);
    assert.strictEqual(second?.querySelector("em")?.textContent, "word");
    assert.strictEqual(body().querySelector("pre")?.textContent, "code\n");
});

QUnit.test("the source is shown on demand, and the text survives", async (assert) => {
    shown("**b**\n\n- x\n");
    control.setFormatted(false);
    assert.strictEqual(body().textContent, "**b**\n\n- x\n");
    control.setFormatted(true);
    assert.strictEqual(body().querySelector("strong")?.textContent, "b");
    assert.strictEqual(control.getText(), "**b**\n\n- x\n");
    control.invalidate();
    await nextUIUpdate();
    assert.strictEqual(body().querySelector("strong")?.textContent, "b");
});

QUnit.test("code has a button of its own that copies it", async (assert) => {
    let written = "";
    const original = navigator.clipboard.writeText;
    navigator.clipboard.writeText = async (content: string) => void (written = content);
    shown("```\na < b\n```").querySelector<HTMLElement>("button")?.click();
    await frame();
    navigator.clipboard.writeText = original;
    assert.strictEqual(written, "a < b\n");
});

QUnit.test("what is too long or too deep is shown plain, whole, and says so", (assert) => {
    const cases: [string, string][] = [
        ["x".repeat(200_000), "line"],
        ["words and words\n".repeat(70_000), "characters"],
        [">".repeat(10_000) + " deep", "nested"],
        [Array.from({ length: 400 }, (_, depth) => `${"  ".repeat(depth)}- x`).join("\n"), "nested"],
    ];
    for (const [source, reason] of cases) {
        const started = performance.now();
        const root = shown(source);
        assert.strictEqual(root.textContent, source);
        assert.ok(note().includes(reason), note());
        const took = performance.now() - started;
        assert.ok(took < 3000, `${reason} took ${Math.round(took)} ms`);
    }
    shown("short");
    assert.strictEqual(note(), "");
});

QUnit.test("pathological marks stay quick", (assert) => {
    const pathological = [
        "[".repeat(15_000),
        "![[]()".repeat(3000),
        "*a **a ".repeat(2500),
        "`a``".repeat(4000),
        "$a ".repeat(6000),
        "\\(".repeat(9000),
        "(".repeat(9000) + "](".repeat(4000),
        "| a ".repeat(4000) + "\n" + "|-".repeat(4000),
        "&".repeat(19_000),
        "<".repeat(19_000),
        "_".repeat(19_000),
        "- ".repeat(9000),
        "[a](".repeat(4500),
    ];
    for (const source of pathological) {
        const started = performance.now();
        shown(source);
        const took = performance.now() - started;
        assert.ok(took < 3000, `${source.slice(0, 8)} took ${Math.round(took)} ms`);
    }
});

QUnit.test("a long answer streams without holding the window up", async (assert) => {
    const block = "Some *words* and `code`, again and again, up to the end of this paragraph.\n\n";
    let longest = 0;
    for (let piece = 0; piece < 2000; piece++) {
        control.append(block);
        if (piece % 20 === 0) {
            const started = performance.now();
            await frame();
            longest = Math.max(longest, performance.now() - started);
        }
    }
    // On a busy machine the control rests for more than a frame before the last lines.
    for (let frames = 0; frames < 600 && body().querySelectorAll("p").length < 2000; frames++) {
        await frame();
    }
    assert.strictEqual(body().querySelectorAll("p").length, 2000);
    assert.ok(longest < 500, `${Math.round(longest)} ms`);
});
