import type { Turn } from "../../model/chatTree";
import Page, { click, find, isVisible, press, shown, tap, type, until } from "./page";

const turns = (page: Page) => page.component.chat.turns as Turn[];
const answered = (page: Page, count: number) => () => turns(page).length === count && !page.component.chat.active;

async function open(): Promise<Page> {
    const page = await Page.open({ loaded: true, answer: "An answer." });
    click(find("navigateChat"));
    await until("the page", () => isVisible("newChat"));
    return page;
}

QUnit.module("Chat page");

QUnit.test("a chat is begun, Enter sends, and its first words are its title", async (assert) => {
    const page = await open();
    assert.ok(shown("chatFirstSteps").includes("Talk to a model"));
    click(find("chatFirstButton"));
    await until("the composer", () => isVisible("message"));
    type("message-inner", "Why is the sky blue?");
    press("Enter", find("message-inner"), { shiftKey: true });
    assert.notOk(page.component.chat.active, "it begins a line");
    press("Enter", find("message-inner"));
    await until("the answer", answered(page, 2));
    await until("the title", () => shown("chatTitle") === "Why is the sky blue?" && shown("chatList").includes("Why is the sky"));
    assert.ok(shown("turns").includes("An answer."));
    assert.ok(shown("turns").includes("42 → "));
    page.close();
});

QUnit.test("an edit makes a version, and arrows lead between them", async (assert) => {
    const page = await open();
    click(find("newChat"));
    await until("the composer", () => isVisible("message"));
    type("message-inner", "One.");
    press("Enter", find("message-inner"));
    await until("the answer", answered(page, 2));
    await tap("[id$='--turns'] .nopenaiAsked button[title^='Say this otherwise']");
    await until("the edit", () => isVisible("editingBar"));
    type("message-inner", "Two.");
    press("Enter", find("message-inner"));
    await until("the other version", () => answered(page, 2)() && turns(page)[0]?.said === "Two.");
    await tap("[id$='--turns'] .nopenaiVersions button[title='Show the version before']");
    await until("the first version", () => turns(page)[0]?.said === "One.");
    assert.ok(shown("turns").includes("1 of 2"));
    page.close();
});

QUnit.test("settings stand beside the chat and are kept", async (assert) => {
    const page = await open();
    click(find("newChat"));
    await until("the composer", () => isVisible("message"));
    if (!isVisible("chatSettings")) {
        click(find("chatSettingsButton"));
    }
    await until("the settings", () => isVisible("chatSystemPrompt"));
    type("chatSystemPrompt-inner", "Be brief.");
    await until("kept", () => page.called("update_chat").length === 1);
    const { settings } = page.called("update_chat")[0]!.input as { settings: { parameters: object } };
    assert.deepEqual(settings.parameters, { system_prompt: "Be brief." });
    page.close();
});
