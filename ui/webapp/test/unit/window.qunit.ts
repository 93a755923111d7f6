import UIComponent from "sap/ui/core/Component";
import ComponentContainer from "sap/ui/core/ComponentContainer";
import type Component from "../../Component";
import { FakeBackend, type Scenario } from "../fake/FakeBackend";
import { QWEN } from "../fake/models";

const PREFERENCES = "nopenai.preferences";
const OPERABLE = "button, [role=button], input, textarea, a[href], [role=log], [role=group][tabindex]";

let container: ComponentContainer;
let backend: FakeBackend;

const find = (name: string) => document.querySelector<HTMLElement>(`[id$="--${name}"]`);
const shown = (name: string) => find(name)?.textContent ?? "";
const called = (operation: string) => backend.calls.filter((call) => call.operation === operation);

async function until(what: string, holds: () => boolean): Promise<void> {
    const started = performance.now();
    while (!holds()) {
        if (performance.now() - started > 15_000) {
            throw new Error(`never happened: ${what}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

function press(key: string, target: Element | null | undefined, ctrlKey = false): void {
    target?.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true, cancelable: true }));
}

async function tap(selector: string): Promise<void> {
    await until(selector, () => document.querySelector(selector) !== null);
    click(document.querySelector(selector));
}

/** OpenUI5 makes its presses from the whole sequence. */
function click(target: Element | null | undefined): void {
    for (const kind of ["mousedown", "mouseup", "click"]) {
        target?.dispatchEvent(new MouseEvent(kind, { bubbles: true, cancelable: true, button: 0, detail: 1 }));
    }
}

async function open(scenario: Scenario): Promise<void> {
    localStorage.removeItem(PREFERENCES);
    backend = new FakeBackend(scenario);
    backend.install();
    container = new ComponentContainer({
        name: "nopenai.studio",
        settings: { id: "studio" },
        height: "800px",
        manifest: true,
        async: true,
    }).placeAt("qunit-fixture");
    await until("the page is there", () => find("runButton") !== null && find("historyTable") !== null);
    await until("the models are there", () => !shown("modelButton").includes("Looking"));
}

async function type(prompt: string): Promise<void> {
    (UIComponent.getComponentById("studio") as Component).preferences.setProperty("/prompt", prompt);
    await until("the prompt can run", () => !(find("runButton") as HTMLButtonElement).disabled);
}

QUnit.module("window", {
    afterEach() {
        container.destroy();
        window.location.hash = "";
    },
});

QUnit.test("a newcomer's first answer is one click away", async (assert) => {
    await open({});
    await tap('[id$="--exampleButton"]');
    await until("the run completes", () => shown("outcome").includes("Completed"));
    assert.ok(shown("answer-text").startsWith("The sky is blue"));
    await until("the measure is shown", () => shown("measureTotal").includes("812"));
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
    press("Enter", find("prompt-inner"), true);
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

QUnit.test("the theme is applied and remembered", async (assert) => {
    await open({});
    await tap('[id$="--themeButton-internalBtn"]');
    await tap('[id$="--themeDark"]');
    await until("it is remembered", () => localStorage.getItem(PREFERENCES)?.includes('"theme":"dark"') === true);
    assert.strictEqual(document.documentElement.style.colorScheme, "dark");
    await tap('[id$="--themeButton-internalBtn"]');
    await tap('[id$="--themeLight"]');
    await until("it is light again", () => document.documentElement.style.colorScheme === "light");
});

QUnit.test("a model is loaded at its row, and is then the one in use", async (assert) => {
    await open({ loaded: true });
    await tap('[id$="--modelButton"]');
    await tap('[id$="--modelList"] button');
    await until("it is loaded", () => called("load_model").length === 1);
    assert.deepEqual(called("load_model")[0]?.input, { model: QWEN.id });
    await until("the header shows it", () => shown("modelButton").includes(QWEN.name));
});

QUnit.test("a deleted run can be brought back", async (assert) => {
    await open({ loaded: true, runs: 3 });
    await until("the rows are there", () => shown("historyTable").includes("Stopped"));
    await tap('[id$="--historyTable"] .sapUiTableActionIcon');
    await until("it is gone", () => !shown("historyTable").includes("Stopped"));
    await tap('[id$="--undoButton"]');
    await until("it is back", () => shown("historyTable").includes("Stopped"));
    assert.strictEqual(called("restore_run").length, 1);
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
