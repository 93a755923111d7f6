import Draft, { type DraftSubject } from "../../model/Draft";
import { canClear, countIcon, countSource, countState, countText, modeChanges, modeTooltip, parametersTitle } from "../../model/draftFormat";
import { noOverrides } from "../../model/parameters";
import { FakeBackend, type Scenario } from "../fake/FakeBackend";
import { SMOL } from "../fake/models";
import { wait } from "./samples";

const FAST = {
    id: "fast",
    name: "Fast",
    description: "Short.",
    model: null,
    parameters: { temperature: 0.2, max_tokens: 128, system_prompt: "Be brief." },
    shipped: true,
    changed: false,
};

function start(scenario: Scenario, change: Partial<DraftSubject> | null = {}) {
    const backend = new FakeBackend(scenario);
    backend.install();
    const subject = { model: SMOL.id, mode: null, prompt: "hello", overrides: {}, ...change };
    const draft = new Draft(() => (change ? subject : null));
    const counted = () => backend.calls.filter(({ operation }) => operation === "count_tokens").length;
    return { draft, subject, counted, get: (path: string) => draft.model.getProperty(path) as never };
}

QUnit.module("Draft");

QUnit.test("tokens are counted once typing pauses", async (assert) => {
    const { draft, counted, get } = start({ loaded: true });
    draft.changed();
    await wait(100);
    draft.changed();
    await wait(200);
    assert.strictEqual(counted(), 0);
    await wait(150);
    assert.strictEqual(counted(), 1);
    assert.deepEqual(get("/count"), { tokens: 14, context_length: 2048 });
    assert.strictEqual(countText(get("/counting"), get("/count")), "14 / 2,048 tokens");
});

QUnit.test("without a count there is a dash and its reason", async (assert) => {
    const cases: [Partial<DraftSubject> | null, string][] = [
        [{}, "once the model is loaded"],
        [{ prompt: " " }, "Nothing to count"],
        [{ model: null }, "No model"],
        [null, "out of range"],
    ];
    for (const [change, reason] of cases) {
        const { draft, get } = start({}, change);
        draft.changed();
        await wait(320);
        assert.strictEqual(countText(get("/counting"), get("/count")), "– / – tokens");
        assert.ok(countSource(get("/counting"), get("/count"), get("/countProblem")).includes(reason), reason);
    }
});

QUnit.test("a full context is told by colour, icon and words", (assert) => {
    const of = (tokens: number) => ({ tokens, context_length: 1000 });
    assert.deepEqual([of(900), of(901), of(1001)].map(countState), ["None", "Warning", "Error"]);
    assert.deepEqual([of(900), of(901), of(1001)].map(countIcon).map(Boolean), [false, true, true]);
    assert.ok(countSource("counted", of(1001), null).includes("refused"));
});

QUnit.test("each empty field says what it inherits and from where", async (assert) => {
    const { draft, get } = start({ loaded: true }, { mode: FAST });
    await draft.refresh();
    assert.deepEqual(get("/beneath/temperature"), { placeholder: "0.2 · Fast", source: "Empty: 0.2, from the mode Fast" });
    assert.deepEqual(get("/beneath/min_p"), { placeholder: "0 · default", source: "Empty: 0, the default" });
    assert.strictEqual(get("/beneath/seed/placeholder"), "Drawn · default");
    assert.strictEqual(get("/beneath/stop/placeholder"), "None · default");
    assert.ok(String(get("/beneath/system_prompt/placeholder")).startsWith("You are"));
});

QUnit.test("examples are grouped, and a replaced prompt is kept until it is dismissed", async (assert) => {
    const { draft, get } = start({});
    await draft.readExamples();
    assert.deepEqual((get("/categories") as { name: string }[]).map(({ name }) => name), ["Math", "Code", "Arabic", "Reasoning"]);
    const replaced = { prompt: "typed", parameters: noOverrides(), mode: "fast" };
    draft.keep(replaced);
    assert.deepEqual(draft.replaced, replaced);
    draft.keep(null);
    assert.strictEqual(draft.replaced, null);
});

QUnit.test("a mode's tooltip says what it changes", (assert) => {
    assert.strictEqual(modeTooltip(FAST, []), "Short.\ntemperature 0.2 · max tokens 128 · system prompt");
    assert.strictEqual(modeChanges({ ...FAST, parameters: {} }, []), "Nothing changed");
    assert.ok(modeChanges({ ...FAST, model: "a.gguf" }, []).startsWith("asks a.gguf"));
});

QUnit.test("the section of the parameters counts what is set", (assert) => {
    assert.strictEqual(parametersTitle(noOverrides()), "Parameters");
    assert.strictEqual(parametersTitle({ ...noOverrides(), top_p: "1", seed: "3" }), "Parameters (2 set here)");
});

QUnit.test("there is something to clear once anything is set", (assert) => {
    assert.notOk(canClear(noOverrides()));
    assert.ok(canClear({ ...noOverrides(), seed: "abc" }));
    assert.ok(canClear({ ...noOverrides(), stop: ["END"] }));
    assert.ok(canClear({ ...noOverrides(), no_system_prompt: true }));
});
