const id = (name) => `[id$="--${name}"]`;
const ALL = ["en", "ar"];
const OPEN = async (page) => {
    await page.click(id("navigateChat"));
    await page.waitForSelector(id("newChat"));
    await page.waitForTimeout(300);
};
const say = async (page, text) => {
    await page.fill(`${id("message")} textarea`, text);
    await page.click(id("send"));
    await page.waitForSelector(id("send"), { state: "visible" });
    await page.waitForTimeout(600);
};
const TALK = async (page) => {
    await OPEN(page);
    await page.click(id("newChat"));
    await page.waitForSelector(id("message"));
    await say(page, "Why is the sky blue?");
    await say(page, "Say it in one sentence.");
};
const THOUGHT = "<think>\nThe user asks about the sky. Rayleigh scattering.\n</think>\n\nBecause **short waves** scatter more.";

/** State: scenario, what is done, languages. */
export const CHAT_STATES = {
    "chat-none": [{ loaded: true }, OPEN, ALL],
    "chat-empty": [
        { loaded: true },
        async (page) => {
            await OPEN(page);
            await page.click(id("newChat"));
            await page.waitForTimeout(500);
        },
    ],
    "chat-turns": [{ loaded: true }, TALK, ALL],
    "chat-thought": [
        { loaded: true, answer: THOUGHT },
        async (page) => {
            await TALK(page);
            await page.click(`${id("turns")} .nopenaiThinking .sapMPanelWrappingDiv`);
            await page.click(id("chatSettingsButton"));
            await page.waitForTimeout(400);
        },
        ALL,
    ],
    "chat-streaming": [
        { loaded: true, pace: 60 },
        async (page) => {
            await OPEN(page);
            await page.click(id("newChat"));
            await page.fill(`${id("message")} textarea`, "Why is the sky blue?");
            await page.press(`${id("message")} textarea`, "Enter");
            await page.waitForTimeout(1500);
        },
    ],
    "chat-edit": [
        { loaded: true },
        async (page) => {
            await TALK(page);
            await page.click(`${id("turns")} .nopenaiAsked button >> nth=0`);
            await page.waitForTimeout(400);
        },
    ],
    "chat-failed": [
        { loaded: true, failRun: { code: "context_overflow", message: "The prompt has 300 tokens, and the context length is set to 256 with the answer. Shorten the prompt or raise the context length.", details: { used: 300, available: 256 } } },
        TALK,
    ],
};
