import type { Scenario } from "../fake/FakeBackend";
import { QWEN } from "../fake/models";
import Page, { click, find, press, shown, tap, until } from "./page";

const OPERABLE = "button, [role=button], input, textarea, a[href], [role=log], [role=group][tabindex]";

let page: Page;

async function open(scenario: Scenario): Promise<void> {
    page = await Page.open(scenario);
}

async function type(prompt: string): Promise<void> {
    page.component.preferences.setProperty("/prompt", prompt);
    await until("the prompt can run", () => !(find("runButton") as HTMLButtonElement).disabled);
}

QUnit.module("window", {
    afterEach() {
        page.close();
    },
});

QUnit.test("a newcomer's first answer is one click away", async (assert) => {
    await open({});
    await tap('[id$="--exampleButton"]');
    await until("the run completes", () => shown("outcome").includes("Completed"));
    assert.ok(shown("answer-text").startsWith("The sky is blue"));
    await until("the measure is shown", () => shown("measureTotal").includes("1.22"));
    assert.ok(find("measureTotal")?.dataset.source?.includes("measured by the application"));
    await until("the history has it", () => shown("historyTable").includes("Completed"));
    assert.ok(window.location.hash.startsWith("#/prompt-testing/0193d5e2"));
});

QUnit.test("without a model the folder is named", async (assert) => {
    await open({ models: [] });
    await until("the first steps are shown", () => shown("firstStepsText").includes("/models"));
    assert.ok((find("runButton") as HTMLButtonElement).disabled);
});

QUnit.test("Ctrl+Enter runs and Escape stops, and the prompt stays", async (assert) => {
    await open({ loaded: true, pace: 30 });
    await type("hello");
    press("Enter", find("prompt-inner"), { ctrlKey: true });
    await until("it streams", () => shown("answer-text").length > 10);
    press("Escape", find("prompt-inner"));
    await until("it stops", () => shown("outcome").includes("Stopped"));
    assert.strictEqual((find("prompt-inner") as HTMLTextAreaElement).value, "hello");
});

QUnit.test("a run of the history comes back with its prompt, and its reason", async (assert) => {
    await open({ loaded: true, runs: 5 });
    await until("the rows are there", () => shown("historyTable").includes("Failed"));
    const cells = [...(find("historyTable")?.querySelectorAll("td") ?? [])];
    click(cells.find((cell) => cell.textContent?.includes("Failed")));
    await until("the reason is shown", () => shown("answerProblem").includes("killed"));
    assert.ok((find("prompt-inner") as HTMLTextAreaElement).value.startsWith("Explain"));
    assert.ok(shown("measureTotal").includes("–"));
});

QUnit.test("a model is loaded at its row, and is then the one in use", async (assert) => {
    await open({ loaded: true });
    await tap('[id$="--modelButton"]');
    await tap('[id$="--modelList"] button');
    await until("it is loaded", () => page.called("load_model").length === 1);
    assert.deepEqual(page.called("load_model")[0]?.input, { model: QWEN.id });
    await until("the header shows it", () => shown("modelButton").includes(QWEN.name));
});

QUnit.test("a deleted run can be brought back", async (assert) => {
    await open({ loaded: true, runs: 3 });
    await until("the rows are there", () => shown("historyTable").includes("Stopped"));
    await tap('[id$="--historyTable"] .sapUiTableActionIcon');
    await until("it is gone", () => !shown("historyTable").includes("Stopped"));
    await tap('[id$="--undoButton"]');
    await until("it is back", () => shown("historyTable").includes("Stopped"));
    assert.strictEqual(page.called("restore_runs").length, 1);
});

QUnit.test("everything that can be operated has a name", async (assert) => {
    await open({ loaded: true, runs: 3 });
    const nameless = [...document.querySelectorAll<HTMLElement>(`#qunit-fixture :is(${OPERABLE})`)]
        .filter((element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0)
        .filter((element) => !["aria-label", "aria-labelledby", "title"].some((name) => element.getAttribute(name)))
        .filter((element) => !element.textContent?.trim() && !(element as HTMLInputElement).labels?.length);
    assert.deepEqual(
        nameless.map((element) => element.id),
        [],
    );
});
