// The states of the shell that are worth a look: what stands over the pages, and around them.
const id = (name) => `[id$="--${name}"]`;
const wait = (page, milliseconds = 900) => page.waitForTimeout(milliseconds);
const press = async (page, keys) => (await page.keyboard.press(keys), await wait(page));
const manage = (page) => press(page, "Control+Shift+L");
const chooseModel = async (page, name) => (await page.click(`${id("modelsList")} >> text="${name}"`), await wait(page, 500));
const help = async (page, item) => (await page.click(id("helpButton")), await page.click(id(item)), await wait(page));

const LONG = "/home/ada/work/2026/language-models/quantized/experiments/SmolLM2-135M-Instruct.Q4_1-second-attempt.gguf";
const PRESETS = ["Careful", "Creative writing"].map((name) => ({
    name,
    configuration: {
        parameters: {
            temperature: 0.2,
            top_p: 0.9,
            top_k: 40,
            min_p: 0,
            repetition_penalty: 1,
            max_tokens: 512,
            context_length: null,
            seed: null,
            stop: [],
            system_prompt: "",
        },
        memory_limit_bytes: null,
    },
}));
const configure = async (page) => {
    await manage(page);
    await page.click(id("modelConfigure"));
    await wait(page);
};
const TASKS = [
    { id: 1, kind: "import_model", subject: "Qwen2.5-14B-Instruct-Q4_K_M.gguf", done: 2_100_000_000, total: 8_990_000_000 },
    { id: 2, kind: "export_runs", subject: "runs.jsonl", done: 12_400, total: 131_000 },
];
const BOTH = ["en", "ar"];

export const SHELL_STATES = {
    settings: [{ loaded: true }, (page) => press(page, "Control+,"), BOTH],
    settingsRefused: [
        { loaded: true },
        async (page) => {
            await press(page, "Control+,");
            await page.fill(id("settingsFolder-inner"), "models");
            await page.keyboard.press("Enter");
            await wait(page, 500);
        },
        BOTH,
    ],
    about: [{ loaded: true, runs: 3 }, (page) => help(page, "aboutButton"), BOTH],
    shortcuts: [{ loaded: true }, (page) => press(page, "F1"), BOTH],
    notifications: [{ loaded: true, notifications: 25 }, (page) => press(page, "Control+i"), BOTH],
    notificationsNone: [{ loaded: true }, (page) => press(page, "Control+i"), BOTH],
    models: [{ loaded: true, runs: 3 }, (page) => press(page, "Control+l"), BOTH],
    modelsDialog: [{ loaded: true }, manage, BOTH],
    modelHashing: [{ loaded: true }, async (page) => (await manage(page), await chooseModel(page, "Qwen2.5-7B-Instruct")), BOTH],
    modelUnsupported: [{ loaded: true }, async (page) => (await manage(page), await chooseModel(page, "gemma-3-270m")), BOTH],
    modelsNone: [{ models: [] }, manage, BOTH],
    modelRename: [{ loaded: true }, async (page) => (await manage(page), await page.click(id("renameButton")), await wait(page)), BOTH],
    modelRemoved: [
        { loaded: true },
        async (page) => {
            await manage(page);
            await page.click(id("modelMore"));
            await page.click(id("removeModel"));
            await wait(page);
        },
        BOTH,
    ],
    modelDelete: [
        { loaded: true },
        async (page) => {
            await manage(page);
            await page.click(id("modelMore"));
            await page.click(id("deleteModel"));
            await wait(page);
        },
        BOTH,
    ],
    import: [
        { loaded: true, importPace: 400, chosenPath: LONG },
        async (page) => {
            await manage(page);
            await page.click(id("importModel"));
            await page.click(id("importFile"));
            await wait(page, 300);
            await page.click(id("importStart"));
            await wait(page, 2200);
        },
        BOTH,
    ],
    importRefused: [
        { loaded: true },
        async (page) => {
            await manage(page);
            await page.click(id("importModel"));
            await page.fill(id("importPath-inner"), "Downloads/model.gguf");
            await page.click(id("importStart"));
            await wait(page);
        },
        BOTH,
    ],
    drop: [{ loaded: true, dropping: true }, (page) => wait(page, 300), BOTH],
    configurator: [{ loaded: true, presets: PRESETS }, configure, BOTH],
    configuratorTyped: [
        { loaded: true, presets: PRESETS, availableBytes: 40_000_000 },
        async (page) => {
            await configure(page);
            await page.fill(id("configTemperature-input-inner"), "3");
            await page.fill(id("configLimit-input-inner"), "250");
            await page.click(id("configSave"));
            await wait(page);
        },
        BOTH,
    ],
    configuratorReset: [
        { loaded: true, presets: PRESETS, configured: PRESETS[0].configuration },
        async (page) => (await configure(page), await page.click(id("configReset")), await wait(page)),
        BOTH,
    ],
    configuratorExport: [
        { loaded: true },
        async (page) => (await configure(page), await page.click(id("configExport")), await wait(page)),
        BOTH,
    ],
    workBar: [{ loaded: true, runs: 8, tasks: TASKS }, (page) => wait(page, 600), BOTH],
};
