import type { Model } from "../../backend/studio";
import { SMOL } from "../fake/models";
import Page, { find, shown, tap, until } from "./page";

declare global {
    interface Window {
        /** Set by nothing but a script that should never have run. */
        hostile?: string;
    }
}

/** Whatever asks for something below it was loaded. */
const TRAP = `${window.location.origin}/trap/`;
const MARKUP = [
    `<script>window.hostile = "script"</script>`,
    `<img src="${TRAP}image.png" onerror="window.hostile = 'image'">`,
    `<svg onload="window.hostile = 'svg'"><use href="${TRAP}use.svg#x"/></svg>`,
    `<iframe src="${TRAP}frame.html"></iframe>`,
    `<link rel="stylesheet" href="${TRAP}style.css"><style>@import "${TRAP}import.css";</style>`,
    `<video src="${TRAP}video.mp4" autoplay></video><audio src="${TRAP}audio.mp3" autoplay></audio>`,
    `<object data="${TRAP}object"></object><embed src="${TRAP}embed">`,
    `<form action="${TRAP}form"><input autofocus onfocus="window.hostile = 'focus'"></form>`,
    `<a href="javascript:window.hostile='link'">link</a>`,
    `<meta http-equiv="refresh" content="0;url=${TRAP}refresh"><base href="${TRAP}">`,
    `<div style="background: url(${TRAP}background.png)">div</div>`,
];
const MARKDOWN = [
    `[link](javascript:window.hostile='markdown')`,
    `![image](${TRAP}markdown.png "title\\" onload=\\"window.hostile='title'")`,
    `![image][reference]\n\n[reference]: ${TRAP}reference.png`,
    `<${TRAP}autolink>`,
    "```html\n" + MARKUP.join("\n") + "\n```",
    `| ${MARKUP[1]} | <b>b</b> |\n|---|---|\n| ![cell](${TRAP}cell.png) | ${MARKUP[0]} |`,
];
const DISGUISED = "a\u202Eb\u2066c\u0000d\ud800e\u{e0041}f";
const DISGUISED_AS_SHOWN = "a⟦U+202E⟧b⟦U+2066⟧c⟦U+0000⟧d\ufffde⟦U+E0041⟧f";
const LINE = "x".repeat(200_000);
const HOSTILE = [...MARKUP, ...MARKDOWN, DISGUISED].join("\n\n");
const NAME = `${MARKUP[0]}${MARKUP[1]}{/folder}{= alert(1)}`;
const MODEL: Model = { ...SMOL, name: NAME };

const LOADING = "script, iframe, frame, object, embed, video, audio, source, link, style, meta, base";

let page: Page;

/** What is in the window that could load, lead away or execute. */
function dangers(): string[] {
    const root = document.getElementById("qunit-fixture") as HTMLElement;
    const attributes = [...root.querySelectorAll("*")].flatMap((element) =>
        [...element.attributes].filter(({ name, value }) => name.startsWith("on") || /javascript:|\/trap\//i.test(loads(name, value))),
    );
    const images = [...root.querySelectorAll("img, image, use, a[href]")].filter((element) =>
        [...element.attributes].some(({ value }) => value.includes("/trap/")),
    );
    return [...root.querySelectorAll(LOADING), ...images].map(({ tagName }) => tagName).concat(attributes.map(({ name }) => name));
}

/** What an attribute could fetch; titles and labels are read only. */
function loads(name: string, value: string): string {
    return /^(src|srcset|href|xlink:href|style|data|action|formaction|poster|background|ping|content)$/.test(name) ? value : "";
}

function requested(): string[] {
    return performance.getEntriesByType("resource").flatMap(({ name }) => (name.includes("/trap/") ? [name] : []));
}

async function ask(prompt: string): Promise<void> {
    page.component.preferences.setProperty("/prompt", prompt);
    await until("the prompt can run", () => !(find("runButton") as HTMLButtonElement).disabled);
    await tap('[id$="--runButton"]');
    await until("the run completes", () => shown("outcome").includes("Completed"));
}

function assertHarmless(assert: Assert, where: string): void {
    assert.deepEqual(dangers(), [], `${where}: no element can load or execute`);
    assert.deepEqual(requested(), [], `${where}: nothing was loaded`);
    assert.strictEqual(window.hostile, undefined, `${where}: nothing was executed`);
}

QUnit.module("hostile", {
    beforeEach() {
        // The browser stops recording at 250, which the modules alone are more than.
        performance.clearResourceTimings();
        performance.setResourceTimingBufferSize(5000);
    },
    afterEach() {
        page.close();
    },
});

QUnit.test("an answer, its source, its prompt and its history are text", async (assert) => {
    page = await Page.open({ loaded: true, pace: 0, answer: HOSTILE, models: [MODEL] });
    await ask(HOSTILE);
    await until("the answer is whole", () => shown("answer-text").includes(DISGUISED_AS_SHOWN));
    assert.ok(shown("answer-text").includes(MARKUP[0]!));
    assertHarmless(assert, "formatted");
    page.component.preferences.setProperty("/answerView", "source");
    await until("the source is shown", () => shown("answer-text").includes("```html"));
    assert.ok(shown("answer-text").includes(DISGUISED_AS_SHOWN));
    assertHarmless(assert, "source");
    await until("the history has it", () => shown("historyTable").includes("Completed"));
    assert.ok(shown("historyTable").includes("<script>"));
    assertHarmless(assert, "history");
});

QUnit.test("names of models and modes, tags and errors are text", async (assert) => {
    const failRun = { code: "engine_failed", message: HOSTILE, details: { [NAME]: HOSTILE } } as const;
    page = await Page.open({ loaded: true, pace: 0, models: [MODEL], failRun });
    const { modes } = page.component;
    const mode = { name: NAME, description: HOSTILE, model: null, parameters: { stop: [NAME] }, shipped: false, changed: false };
    await window.__TAURI__?.core.invoke("save_mode", { input: { mode: { id: "", ...mode } } });
    await until("the mode is there", () => modes.items.some(({ name }) => name === NAME));
    modes.choose(modes.items.find(({ name }) => name === NAME)?.id ?? "");
    page.component.preferences.setProperty("/prompt", "hello");
    await tap('[id$="--runButton"]');
    await until("the run fails", () => shown("answerProblem").includes("<script>"));
    await tap('[id$="--answerProblem"] button');
    await page.component.session.tag([NAME]);
    await until("the tag is shown", () => shown("tags").includes("<script>"));
    assert.ok(shown("mode").includes(NAME));
    assert.ok(shown("measureModel").includes(NAME));
    assertHarmless(assert, "names");
});

QUnit.test("lines of 200,000 characters are shown whole, and the window goes on", async (assert) => {
    page = await Page.open({ loaded: true, pace: 0, answer: `${LINE}\n${DISGUISED}`, models: [MODEL] });
    const started = performance.now();
    await ask(`${LINE}\n${MARKUP.join("\n")}`);
    await until("the answer is whole", () => shown("answer-text") === `${LINE}\n${DISGUISED_AS_SHOWN}`);
    assert.ok(shown("answer-note").includes("20,000"));
    assert.ok(performance.now() - started < 10_000, `${Math.round(performance.now() - started)} ms`);
    assertHarmless(assert, "a long line");
});

QUnit.test("the trap would have noticed", async (assert) => {
    page = await Page.open({ loaded: true });
    const image = document.createElement("img");
    image.setAttribute("onerror", "window.hostile = 'works'");
    image.src = `${TRAP}works.png`;
    document.getElementById("qunit-fixture")?.append(image);
    await until("it is noticed", () => requested().length > 0 && window.hostile === "works");
    assert.deepEqual(dangers(), ["IMG", "onerror", "src"]);
    image.remove();
    delete window.hostile;
    performance.clearResourceTimings();
});
