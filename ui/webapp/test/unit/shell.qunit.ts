import { DEFAULTS } from "../../model/configuration";
import type { Scenario } from "../fake/FakeBackend";
import { GEMMA, QWEN, SMOL } from "../fake/models";
import Page, { click, find, isVisible, press, shown, tap, type, until } from "./page";

const OPERABLE = "button, [role=button], [role=menuitem], [role=option], input, textarea, a[href], [role=img], [role=progressbar], [role=dialog]";

let page: Page;

async function open(scenario: Scenario): Promise<void> {
    page = await Page.open(scenario);
}

/** Global keys, which are heard only while nothing lies over the page. */
const keys = (key: string, modifiers: KeyboardEventInit = {}) => press(key, document.body, modifiers);
/** Once it is open it has the focus; what is pressed earlier would close again with it. */
const opened = (name: string) => until(`${name} is open`, () => isVisible(name) && find(name)?.contains(document.activeElement) === true);

/** Chooses in a button's menu, once its first item has the focus. */
async function chooseIn(button: string, first: string, item: string): Promise<void> {
    await tap(`[id$="--${button}-internalBtn"]`);
    await until("the menu is open", () => document.activeElement === find(first));
    click(find(item));
}

function nameless(): string[] {
    return [...document.querySelectorAll<HTMLElement>(`#sap-ui-static :is(${OPERABLE})`)]
        .filter((element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0)
        .filter((element) => !["aria-label", "aria-labelledby", "title"].some((name) => element.getAttribute(name)))
        .filter((element) => !element.textContent?.trim() && !(element as HTMLInputElement).labels?.length)
        .map((element) => element.id);
}

QUnit.module("shell", {
    afterEach() {
        page.close();
    },
});

QUnit.test("keys open what they stand for, and nothing beneath a dialog", async (assert) => {
    await open({ loaded: true });
    keys(",", { ctrlKey: true });
    await opened("settingsDialog");
    assert.deepEqual(nameless(), []);
    keys("F1");
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.strictEqual(find("shortcutsDialog"), null);
    click(find("settingsClose"));
    await until("it is closed", () => !isVisible("settingsDialog"));
    keys("F1");
    await opened("shortcutsDialog");
    assert.ok(shown("shortcutList").includes("Ctrl+Shift+Enter"));
    assert.deepEqual(nameless(), []);
});

QUnit.test("the navigation and the help menu lead where they say", async (assert) => {
    await open({ loaded: true });
    const expanded = page.component.preferences.getProperty("/navigationExpanded") as boolean;
    keys("b", { ctrlKey: true });
    assert.strictEqual(page.component.preferences.getProperty("/navigationExpanded"), !expanded);
    await chooseIn("helpButton", "shortcutsButton", "aboutButton");
    await until("the facts are shown", () => shown("aboutFacts").includes("studio.sqlite"));
    click(find("copyDiagnostics"));
    await until("the report is asked for", () => page.called("diagnostics").length === 1);
    assert.deepEqual(nameless(), []);
    click(find("aboutClose"));
    await until("it is closed", () => !isVisible("aboutDialog"));
    // The toast that tells of the copy takes no keys.
    keys("b", { ctrlKey: true });
    assert.strictEqual(page.component.preferences.getProperty("/navigationExpanded"), expanded);
});

QUnit.test("a setting takes effect at once", async (assert) => {
    await open({ loaded: true });
    keys(",", { ctrlKey: true });
    await opened("settingsDialog");
    click(document.querySelector('[id$="--settingsDensity"] li:last-child'));
    await until("the page is dressed anew", () => document.documentElement.classList.contains("sapUiSizeCozy"));
    click(document.querySelector('[id$="--settingsDensity"] li:first-child'));
    await until("and back", () => document.documentElement.classList.contains("sapUiSizeCompact"));
    assert.strictEqual(page.called("change_settings").length, 2);
});

QUnit.test("a folder that is refused stays as typed, with the reason at its field", async (assert) => {
    await open({ loaded: true });
    keys(",", { ctrlKey: true });
    await opened("settingsDialog");
    type("settingsFolder-inner", "models");
    press("Enter", find("settingsFolder-inner"), { keyCode: 13 } as KeyboardEventInit);
    find("settingsFolder-inner")?.blur();
    await until("it is marked", () => find("settingsFolder-inner")?.getAttribute("aria-invalid") === "true");
    assert.strictEqual((find("settingsFolder-inner") as HTMLInputElement).value, "models");
    assert.strictEqual(page.called("change_settings").length, 1);
});

QUnit.test("notifications are counted, shown, filtered and lead to their subject", async (assert) => {
    await open({ loaded: true, notifications: 8 });
    assert.ok(find("notificationsButton")?.title.includes("2 unread"));
    click(find("notificationsButton"));
    await until("they are shown", () => shown("notificationList").includes("Runs exported"));
    await until("they count as read", () => find("notificationsButton")?.title.includes("unread") === false);
    assert.deepEqual(nameless(), []);
    click(document.querySelectorAll('[id$="--notificationFilter"] li')[3]);
    await until("errors alone are shown", () => !shown("notificationList").includes("Runs exported"));
    click(find("dismissAllNotifications"));
    await until("none is left", () => shown("notificationList").includes("None of this kind"));
    click(document.querySelectorAll('[id$="--notificationFilter"] li')[0]);
    await until("the others are there", () => shown("notificationList").includes("Model imported"));
    const links = [...(find("notificationList")?.querySelectorAll("a") ?? [])];
    click(links.find((link) => link.textContent === "Show in the file manager"));
    await until("the file is shown", () => page.called("window_open_path").length === 1);
    click(links.find((link) => link.textContent === "Show the model"));
    await until("its model is shown", () => shown("modelTitle").includes(QWEN.name));
});

QUnit.test("a notification leads to its run", async (assert) => {
    await open({ loaded: true, runs: 3, notifications: 1 });
    click(find("notificationsButton"));
    await until("it is shown", () => shown("notificationList").includes("Open the run"));
    click(find("notificationList")?.querySelector("a"));
    await until("the run is open", () => window.location.hash.endsWith("000000000001"));
    await until("its answer is shown", () => shown("answer-text").includes("Rayleigh"));
    await until("the popover is closed", () => !isVisible("notificationsPopover-popover"));
    assert.strictEqual(page.component.session.run, "0193d5e2-7c00-7000-8000-000000000001");
});

QUnit.test("an address that leads nowhere shows the first page", async (assert) => {
    await open({ loaded: true });
    window.location.hash = "#/nowhere/at-all";
    await until("the page stays", () => isVisible("runButton"));
    assert.ok(isVisible("prompt"));
});

QUnit.test("every fact of a model is shown, and what it can do", async (assert) => {
    await open({ loaded: true });
    keys("L", { ctrlKey: true, shiftKey: true });
    await opened("modelsDialog");
    await until("the chosen one is shown", () => shown("modelTitle").includes(SMOL.name));
    assert.ok(shown("modelFacts").includes("9, keys and values 3"));
    assert.ok(shown("modelHash").includes(SMOL.sha256!));
    assert.deepEqual(nameless(), []);
    type("modelsSearch-I", "gemma");
    await until("the list is searched", () => !shown("modelsList").includes(SMOL.name));
    click(find("modelsList")?.querySelector("li"));
    await until("the reason is shown", () => shown("modelProblem").includes("gemma3"));
    assert.notOk(isVisible("modelLoad"));
    assert.ok(shown("modelTitle").includes(GEMMA.name));
});

QUnit.test("a model is renamed, removed and brought back", async (assert) => {
    await open({ loaded: true });
    keys("L", { ctrlKey: true, shiftKey: true });
    await opened("modelsDialog");
    await tap('[id$="--renameButton"]');
    await opened("renamePopover-popover");
    type("renameField-inner", "Smallest");
    await tap('[id$="--renameSave"]');
    await until("the name is shown", () => shown("modelTitle").includes("Smallest"));
    await chooseIn("modelMore", "openModelFolder", "removeModel");
    await until("it is gone", () => !shown("modelsList").includes("Smallest"));
    assert.deepEqual(page.called("remove_model").map(({ input }) => input), [{ model: SMOL.id, delete_files: false }]);
    await until("the next one is shown", () => shown("modelTitle") !== "" && !shown("modelTitle").includes("Smallest"));
    await tap('[id$="--undoRemoveModel"]');
    await until("it is back", () => shown("modelTitle").includes("Smallest"));
});

QUnit.test("files are deleted only after a question that names them", async (assert) => {
    await open({ loaded: true });
    keys("L", { ctrlKey: true, shiftKey: true });
    await opened("modelsDialog");
    await chooseIn("modelMore", "openModelFolder", "deleteModel");
    await opened("deleteDialog");
    assert.ok(shown("deleteText").includes(SMOL.file));
    assert.strictEqual(page.called("remove_model").length, 0);
    await tap('[id$="--deleteConfirm"]');
    await until("they are gone", () => !shown("modelsList").includes(SMOL.name));
    assert.deepEqual(page.called("remove_model").map(({ input }) => input), [{ model: SMOL.id, delete_files: true }]);
});

QUnit.test("what is dropped is imported, one after the other", async (assert) => {
    await open({ loaded: true });
    page.backend.shell.drag({ kind: "over" });
    await until("the place to drop is shown", () => isVisible("dropOverlay"));
    page.backend.shell.drag({ kind: "drop", paths: ["/tmp/first.gguf", "/tmp/second.gguf"] });
    await opened("importDialog");
    assert.notOk(isVisible("dropOverlay"));
    assert.strictEqual((find("importPath-inner") as HTMLInputElement).value, "/tmp/first.gguf");
    await until("the other one waits", () => shown("importWaiting").includes("1"));
    assert.deepEqual(nameless(), []);
    await tap('[id$="--importStart"]');
    await until("it is the other one's turn", () => (find("importPath-inner") as HTMLInputElement).value === "/tmp/second.gguf");
    assert.deepEqual(page.called("import_model")[0]?.input, { path: "/tmp/first.gguf", method: "link" });
    await until("the first is shown", () => shown("modelTitle").includes("first"));
});

QUnit.test("work under way is shown, leads to what it belongs to, and is cancelled", async (assert) => {
    await open({ loaded: true, importPace: 60 });
    page.backend.shell.drag({ kind: "drop", paths: ["/tmp/large.gguf"] });
    await opened("importDialog");
    await tap('[id$="--importStart"]');
    await until("the bar shows it", () => shown("workBar").includes("Importing large.gguf"));
    await tap('[id$="--importClose"]');
    await until("the dialog is closed", () => !isVisible("importDialog"));
    click(find("workBar")?.querySelectorAll("button")[0]);
    await opened("importDialog");
    click(find("workBar")?.querySelectorAll("button")[1]);
    await until("the bar is gone", () => !isVisible("workBar"));
    assert.strictEqual(page.called("cancel_task").length, 1);
    assert.notOk(shown("importProblem").includes("Cancelled"));
});

QUnit.test("a model is configured with an eye on its memory", async (assert) => {
    await open({ loaded: true });
    keys("L", { ctrlKey: true, shiftKey: true });
    await opened("modelsDialog");
    await tap('[id$="--modelConfigure"]');
    await until("the memory is estimated", () => shown("memoryVerdict").includes("Fits"));
    assert.deepEqual(nameless(), []);
    type("configLimit-input-inner", "100");
    await until("the limit counts", () => shown("memoryVerdict").includes("Above the limit"));
    type("configTemperature-input-inner", "3");
    await tap('[id$="--configSave"]');
    await until("the field is marked", () => find("configTemperature-input-inner")?.getAttribute("aria-invalid") === "true");
    assert.strictEqual(page.called("save_configuration").length, 0);
    type("configTemperature-input-inner", "1");
    await until("the mark is gone", () => find("configTemperature-input-inner")?.getAttribute("aria-invalid") !== "true");
    await tap('[id$="--configSave"]');
    await until("it is saved", () => shown("configState").includes("Configured"));
    const configuration = { parameters: { ...DEFAULTS, temperature: 1 }, memory_limit_bytes: 100_000_000, pinned: false, runtime: "auto", chat_template: null };
    assert.deepEqual(page.called("save_configuration")[0]?.input, { model: SMOL.id, configuration });
});
