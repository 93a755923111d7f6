// The states of the page of prompts. A name is the same in every language, so what is pressed is named by its identifier.
const ALL = ["en", "de", "ar"];
const id = (name) => `[id$="--${name}"]`;
const PROMPT = "Explain in two sentences why the sky is blue.";
const MARKDOWN = [
    "## Why the sky is blue\n\nAir scatters **short** wavelengths more than *long* ones, as `1/λ⁴`:",
    "\n1. noon: blue\n2. dusk: red\n   - less blue is left\n\n| colour | wavelength |\n|---|--:|\n| blue | 450 nm |\n| red | 700 nm |",
    "\n```python\ndef scattering(wavelength):\n    return wavelength ** -4\n```\n\n> Rayleigh, 1871\n\nThe intensity is $I_0 \\lambda^{-4}$.",
    "\nSee [the article](https://example.com/rayleigh) and ![a sunset](https://example.com/sunset.png). <b>Not bold</b>, a\u202Eb.\n",
    "\n### بالعربية\n\nالسماء زرقاء بسبب **تشتت** الضوء في الهواء:\n\n- نهاراً: أزرق\n- مساءً: أحمر\n",
].join("\n");
const KILLED = {
    code: "engine_failed",
    message: "The engine's process was killed during the run. The next run starts a new one.",
    details: { signal: 9 },
};
const TOO_LONG = {
    code: "invalid_input",
    message: "The prompt is 10.0 MB, and the most that is read is 1 MiB. Shorten it.",
    details: { field: "prompt" },
};
const NO_FOLDER = {
    code: "folder_unavailable",
    message: "The models folder does not exist. Create it, or put it back where it was.",
    details: { folder: "/home/ada/.local/share/nopenai-studio/models" },
};

const type = (page, prompt = PROMPT) => page.fill(`${id("prompt")} textarea`, prompt);
/** Runs the prompt and waits for what it leads to. */
const ask = (wait) => async (page) => {
    await type(page);
    await page.click(id("runButton"));
    await page.waitForTimeout(wait);
};
const press = async (page, ...names) => {
    for (const name of names) {
        await page.click(id(name));
        await page.waitForTimeout(400);
    }
};
const expand = async (page, ...panels) => {
    for (const panel of panels) {
        await page.click(`${id(panel)} button >> nth=0`);
        await page.waitForTimeout(400);
    }
};
const inMode = (page, index) => page.click(`${id("mode")} li >> nth=${index}`);
const startBatch = async (page) => {
    await type(page);
    await press(page, "batchButton", "batchAllModes");
};

export const PROMPT_STATES = {
    empty: [{}, async () => undefined, ALL],
    noModel: [{ models: [] }, async () => undefined],
    noFolder: [{ folderProblem: NO_FOLDER }, async () => undefined],
    loading: [{ loadPace: 400, runs: 8 }, ask(2200)],
    streaming: [{ loaded: true, pace: 90, runs: 8, answer: MARKDOWN }, ask(3500), ALL],
    finished: [{ loaded: true, runs: 40 }, ask(1500), ALL],
    stopped: [
        { loaded: true, pace: 60, runs: 8 },
        async (page) => {
            await ask(1500)(page);
            await press(page, "stopButton");
            await page.waitForTimeout(500);
        },
    ],
    failed: [{ loaded: true, failRun: KILLED, runs: 8 }, ask(1200), ALL],
    refused: [{ loaded: true, refuse: TOO_LONG }, ask(800)],
    markdown: [{ loaded: true, runs: 12, answer: MARKDOWN }, ask(2500), ALL],
    source: [
        { loaded: true, answer: MARKDOWN },
        async (page) => {
            await ask(1800)(page);
            await page.click(`${id("answerView")} li >> nth=1`);
            await page.waitForTimeout(500);
        },
    ],
    examples: [
        { loaded: true },
        async (page) => {
            await press(page, "examplesButton");
            await page.keyboard.press("ArrowDown");
            await page.waitForTimeout(500);
        },
        ALL,
    ],
    example: [
        { loaded: true, runs: 8 },
        async (page) => {
            await type(page, "What was typed and never sent");
            await press(page, "examplesButton");
            for (const key of ["ArrowDown", "ArrowDown", "Enter", "Enter"]) {
                await page.keyboard.press(key);
                await page.waitForTimeout(300);
            }
            await page.waitForTimeout(700);
        },
        ALL,
    ],
    inherited: [
        { loaded: true, runs: 8 },
        async (page) => {
            await inMode(page, 0);
            await expand(page, "systemPromptPanel", "parametersPanel");
            await page.waitForTimeout(600);
        },
        ALL,
    ],
    parameters: [
        { loaded: true, runs: 8 },
        async (page) => {
            await inMode(page, 0);
            await expand(page, "parametersPanel");
            await page.fill(id("temperature-inner"), "3");
            await page.fill(id("seed-inner"), "42");
            await page.fill(id("stop-inner"), "\\n\\n");
            await page.keyboard.press("Enter");
            await ask(900)(page);
        },
        ALL,
    ],
    modes: [
        { loaded: true },
        async (page) => {
            await press(page, "modesButton");
            await page.keyboard.press("End");
            await page.keyboard.press("Enter");
            await page.waitForTimeout(900);
        },
        ALL,
    ],
    prices: [
        { loaded: true },
        async (page) => {
            await ask(1500)(page);
            await press(page, "priceButton");
            for (const [input, output] of [["0.5", "1.5"], ["0.4", "1.2"]]) {
                await page.fill(id("priceInput-inner"), input);
                await page.fill(id("priceOutput-inner"), output);
                await press(page, "savePrice");
            }
        },
        ALL,
    ],
    batchRunning: [
        { loaded: true, answer: MARKDOWN, pace: 25 },
        async (page) => (await startBatch(page), await page.waitForTimeout(5500)),
        ALL,
    ],
    batch: [{ loaded: true, answer: MARKDOWN, pace: 1 }, async (page) => (await startBatch(page), await page.waitForTimeout(3500)), ALL],
    batchTargets: [
        { loaded: true },
        async (page) => {
            await type(page);
            await press(page, "batchButton", "batchChoose");
            await page.waitForTimeout(500);
        },
        ALL,
    ],
};
