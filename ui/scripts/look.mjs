// Takes screenshots of dist/ over the fake backend, in the states that matter: node scripts/look.mjs FOLDER [STATE…]
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { launch, serve } from "./chromium.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const [folder = path.join(root, ".build/look"), ...wanted] = process.argv.slice(2);
const id = (name) => `[id$="--${name}"]`;
const run = (page) => page.click(id("runButton"));
const ask = async (page) => {
    await page.fill(`${id("prompt")} textarea`, "Explain in two sentences why the sky is blue.");
    await run(page);
};
const failure = {
    code: "engine_failed",
    message: "The engine's process was killed during the run. The next run starts a new one.",
    details: { signal: 9 },
};

const STATES = {
    empty: [{}, async () => undefined],
    noModel: [{ models: [] }, async () => undefined],
    noFolder: [
        {
            folderProblem: {
                code: "folder_unavailable",
                message: "The models folder does not exist. Create it, or put it back where it was.",
                details: { folder: "/home/ada/.local/share/nopenai-studio/models" },
            },
        },
        async () => undefined,
    ],
    loading: [{ loadPace: 400, runs: 8 }, async (page) => (await ask(page), await page.waitForTimeout(2200))],
    streaming: [{ loaded: true, pace: 90, runs: 8 }, async (page) => (await ask(page), await page.waitForTimeout(2500))],
    finished: [{ loaded: true, runs: 40 }, async (page) => (await ask(page), await page.waitForTimeout(1500))],
    failed: [{ loaded: true, failRun: failure, runs: 8 }, async (page) => (await ask(page), await page.waitForTimeout(1200))],
    refused: [
        {
            loaded: true,
            refuse: {
                code: "invalid_input",
                message: "The prompt is 10.0 MB, and the most that is read is 1 MiB. Shorten it.",
                details: { field: "prompt" },
            },
        },
        async (page) => (await ask(page), await page.waitForTimeout(800)),
    ],
    history: [
        { loaded: true, runs: 131 },
        async (page) => {
            await page.click(`${id("historyTable")} td >> text="Failed" >> nth=0`);
            await page.waitForTimeout(500);
            await page.hover(id("measureTotal"));
            await page.click(`${id("historyTable")} .sapUiTableActionIcon >> nth=2`);
            await page.waitForTimeout(600);
        },
    ],
    models: [{ loaded: true, runs: 3 }, async (page) => (await page.click(id("modelButton")), await page.waitForTimeout(800))],
    about: [{ loaded: true, runs: 3 }, async (page) => (await page.click(id("aboutButton")), await page.waitForTimeout(800))],
    theme: [{ loaded: true, runs: 3 }, async (page) => (await page.click(id("themeButton")), await page.waitForTimeout(800))],
};

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
await mkdir(folder, { recursive: true });
for (const [name, [scenario, act]] of Object.entries(STATES)) {
    if (wanted.length > 0 && !wanted.includes(name)) {
        continue;
    }
    for (const [width, height] of [[1280, 800], [1920, 1080]]) {
        for (const colorScheme of ["light", "dark"]) {
            const context = await browser.newContext({ viewport: { width, height }, colorScheme });
            const page = await context.newPage();
            page.on("console", (message) => message.type() === "error" && console.log(name, message.text()));
            page.on("pageerror", (error) => console.log(name, String(error)));
            page.on("response", (response) => response.status() >= 400 && console.log(name, response.status(), response.url()));
            await page.addInitScript(`${bundled.outputFiles[0].text};window.install(${JSON.stringify(scenario)});`);
            await page.goto(site.url);
            await page.waitForSelector(id("runButton"));
            await page.waitForTimeout(700);
            await act(page);
            await page.screenshot({ path: path.join(folder, `${name}-${width}-${colorScheme}.png`) });
            await context.close();
        }
    }
}
await browser.close();
site.close();
