// Takes screenshots of dist/ over the fake backend, in the states that matter, and tells what axe-core finds serious in
// them: node scripts/look.mjs FOLDER [STATE…]
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { launch, serve } from "./chromium.mjs";
import { CHAT_STATES } from "./lookChat.mjs";
import { HISTORY_STATES } from "./lookHistory.mjs";
import { PROMPT_STATES } from "./lookPrompt.mjs";
import { SHELL_STATES } from "./lookShell.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const [folder = path.join(root, ".build/look"), ...wanted] = process.argv.slice(2);
const id = (name) => `[id$="--${name}"]`;
const STATES = { ...CHAT_STATES, ...PROMPT_STATES, ...HISTORY_STATES, ...SHELL_STATES };

const bundled = await esbuild.build({
    stdin: {
        contents: `import { FakeBackend } from "./FakeBackend"; window.install = (s) => new FakeBackend(s).install();`,
        resolveDir: path.join(root, "webapp/test/fake"),
    },
    bundle: true,
    write: false,
});
const site = await serve(path.join(root, "dist"));
const browser = await launch();
const axe = await readFile(path.join(root, "node_modules/axe-core/axe.min.js"), "utf8");
await mkdir(folder, { recursive: true });
for (const [name, [scenario, act, languages = ["en"]]] of Object.entries(STATES)) {
    if (wanted.length > 0 && !wanted.includes(name)) {
        continue;
    }
    for (const [width, height, colorScheme, locale] of views(languages)) {
        const context = await browser.newContext({ viewport: { width, height }, colorScheme, locale });
        const page = await context.newPage();
        page.on("console", (message) => message.type() === "error" && console.log(name, message.text()));
        page.on("pageerror", (error) => console.log(name, String(error)));
        page.on("response", (response) => response.status() >= 400 && console.log(name, response.status(), response.url()));
        await page.addInitScript(`${bundled.outputFiles[0].text};window.install(${JSON.stringify(scenario)});`);
        await page.goto(site.url);
        await page.waitForSelector(id("runButton"));
        await page.waitForTimeout(700);
        await act(page);
        const file = [name, width, colorScheme, ...(locale === "en" ? [] : [locale])].join("-");
        await page.screenshot({ path: path.join(folder, `${file}.png`) });
        for (const finding of await findings(page)) {
            console.log(`${file}: ${finding}`);
        }
        await context.close();
    }
}
await browser.close();
site.close();

async function findings(page) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(" | ")}`);
}

/** Each size in light and dark; other languages than English in one of them. */
function views(languages) {
    const sizes = [[1280, 800, "light"], [1280, 800, "dark"], [1920, 1080, "light"], [1920, 1080, "dark"]];
    return languages.flatMap((locale) =>
        sizes.filter((_, index) => locale === "en" || index % 3 === 0).map((size) => [...size, locale]),
    );
}
