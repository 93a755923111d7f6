// The states of the history and of the comparison of two runs, for look.mjs.
const id = (name) => `[id$="--${name}"]`;
const wait = (page, ms = 700) => page.waitForTimeout(ms);
const MANY = { loaded: true, runs: 131 };
const ALL = ["en", "de", "ar"];

const openFilters = async (page) => {
    await page.click(id("historyFiltersButton"));
    await wait(page);
};
const tick = async (page, ...rows) => {
    for (const row of rows) {
        await page.click(id(`historyTable-rowsel${row}`));
    }
    await wait(page);
};
const compareTwo = async (page, ...rows) => {
    await page.fill(`${id("historySearch")} input`, "scattering");
    await wait(page, 900);
    await tick(page, ...rows);
    await page.click(id("historyCompare"));
    await wait(page, 1200);
};

export const HISTORY_STATES = {
    historyFilled: [MANY, async (page) => wait(page), ALL],
    historyNoMatch: [MANY, async (page) => (await page.fill(`${id("historySearch")} input`, "zebra"), await wait(page, 900))],
    historySearch: [MANY, async (page) => (await page.fill(`${id("historySearch")} input`, "scattering blu"), await wait(page, 900))],
    historySelection: [MANY, async (page) => tick(page, 0, 2, 3)],
    historyDeleted: [
        MANY,
        async (page) => {
            await tick(page, 0, 2, 3);
            await page.click(id("historyDelete"));
            await wait(page);
        },
        ALL,
    ],
    historyFilters: [
        MANY,
        async (page) => {
            await openFilters(page);
            await page.click(id("filterModels-arrow"));
            await wait(page);
            await page.click(`${id("filterModels-popup-list")} li >> nth=0`);
            await wait(page);
        },
        ALL,
    ],
    historySummary: [
        MANY,
        async (page) => {
            await openFilters(page);
            await page.click(id("filterRating"));
            await wait(page);
            await page.click('[role="option"]:has-text("3") >> nth=0');
            await wait(page);
            await page.click(id("historyFiltersButton"));
            await wait(page);
        },
    ],
    historySort: [MANY, async (page) => (await page.click(id("historyColumn-ttft")), await wait(page))],
    historyColumns: [MANY, async (page) => (await page.click(id("historyColumnsButton")), await wait(page))],
    historyProblem: [
        {
            ...MANY,
            historyProblem: {
                code: "store_unavailable",
                message: "The database is locked by another program. Close it and try again.",
                details: { file: "/home/ada/.local/share/nopenai-studio/studio.sqlite" },
            },
        },
        async (page) => wait(page),
    ],
    historyExport: [
        { ...MANY, exportPace: 400 },
        async (page) => {
            await page.click(id("historyExport"));
            await wait(page);
            await page.fill(id("exportPath-inner"), "/home/ada/runs.csv");
            await page.click(id("exportStart"));
            await wait(page, 2500);
        },
        ALL,
    ],
    historyDetail: [
        MANY,
        async (page) => {
            await page.click(`${id("historyTable-rowact2")} .sapUiTableActionIcon >> nth=1`);
            await wait(page, 1200);
        },
        ALL,
    ],
    compareOne: [MANY, async (page) => compareTwo(page, 0)],
    compare: [MANY, async (page) => compareTwo(page, 0, 1), ALL],
    compareDecided: [
        MANY,
        async (page) => {
            await compareTwo(page, 0, 1);
            await page.click(`${id("decision")} >> text="Tie"`);
            await page.fill(`${id("compareNote")} textarea`, "Both say the same; A is shorter.");
            await wait(page);
        },
    ],
    comparePicker: [
        MANY,
        async (page) => {
            await compareTwo(page, 0);
            await page.click(id("slotB--slotChooseFirst"));
            await wait(page, 1000);
        },
        ALL,
    ],
};
