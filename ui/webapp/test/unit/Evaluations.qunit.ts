import EvaluationDetail from "../../model/EvaluationDetail";
import {
    asked,
    canResume,
    expectedText,
    percent,
    qualityFacts,
    qualityText,
    reasonText,
    setDescription,
    setFacts,
    stateText,
    tallyText,
    targetsText,
    verdictText,
} from "../../model/evaluationFormat";
import Evaluations from "../../model/Evaluations";
import type { Failure } from "../../backend/studio";
import { FakeBackend } from "../fake/FakeBackend";
import { SETS } from "../fake/evaluations";

function start() {
    const backend = new FakeBackend({});
    backend.install();
    const evaluations = new Evaluations();
    const run = async (set: string, targets: { model: string; mode: string | null }[]) => {
        const started = await window.__TAURI__!.core.invoke("start_evaluations", {
            input: { set, targets, judge: null, parameters: { temperature: 0, seed: 0, max_tokens: 32 } },
        });
        return started as { evaluation: { id: string } }[];
    };
    return { backend, evaluations, run };
}

QUnit.module("Evaluations");

QUnit.test("nothing is read before somebody looks", async (assert) => {
    const { backend, evaluations } = start();
    evaluations.changed();
    assert.strictEqual(backend.calls.length, 0);
    await evaluations.open();
    assert.strictEqual(evaluations.state.sets.length, 2);
    assert.strictEqual(evaluations.state.set?.id, "math", "the first is shown");
});

QUnit.test("items come page by page, and each once", async (assert) => {
    const { evaluations } = start();
    await evaluations.open();
    assert.strictEqual(evaluations.state.items.length, 50);
    await evaluations.moreItems();
    assert.deepEqual(
        evaluations.state.items.map(({ position }) => position),
        Array.from({ length: 60 }, (_, index) => index + 1),
    );
    assert.strictEqual(evaluations.state.moreItems, null);
    await evaluations.choose(SETS[1]!.id);
    assert.strictEqual(evaluations.state.items.length, 3);
});

QUnit.test("figures are those of completed evaluations, and – before there is one", async (assert) => {
    const { backend, evaluations, run } = start();
    await evaluations.open();
    assert.deepEqual(evaluations.state.matrix, []);
    const facts = () => qualityFacts("m.gguf", evaluations.state.sets, evaluations.state.qualities).map(({ value }) => value);
    assert.deepEqual(facts(), ["–", "–"]);
    const [first] = await run("math", [{ model: "m.gguf", mode: "normal" }]);
    await evaluations.open();
    assert.deepEqual(evaluations.state.matrix, [], "it has not ended");
    backend.evaluations.complete(first!.evaluation.id, 45);
    await evaluations.open();
    const [row] = evaluations.state.matrix;
    assert.strictEqual(row?.model, "m.gguf");
    assert.strictEqual(qualityText(row?.cells[0]?.quality), "75% (38% to 88%), N 60");
    assert.strictEqual(row?.cells[1], null);
    assert.ok(facts()[0]?.startsWith("75%"), facts()[0]);
    assert.strictEqual(facts()[1], "–");
});

QUnit.test("a removed set comes back", async (assert) => {
    const { evaluations } = start();
    await evaluations.open();
    await evaluations.choose(SETS[1]!.id);
    await evaluations.remove();
    assert.deepEqual(
        evaluations.state.sets.map(({ id }) => id),
        ["math"],
    );
    assert.strictEqual(evaluations.state.removed?.name, "Mine");
    await evaluations.restore();
    assert.strictEqual(evaluations.state.set?.name, "Mine");
    assert.strictEqual(evaluations.state.removed, null);
});

QUnit.test("a set that was just imported is shown", async (assert) => {
    const { backend, evaluations } = start();
    await evaluations.open();
    backend.evaluations.sets = [...SETS, { ...SETS[1]!, id: "new", name: "New" }];
    await evaluations.choose("new");
    assert.strictEqual(evaluations.state.set?.name, "New");
    assert.strictEqual(evaluations.state.items.length, 3);
});

QUnit.test("what fails is told", async (assert) => {
    const { evaluations } = start();
    const { invoke } = window.__TAURI__!.core;
    const failure: Failure = { code: "store_unavailable", message: "The disk is full.", details: {} };
    window.__TAURI__!.core.invoke = (operation, args) =>
        operation === "list_qualities" ? Promise.reject(failure) : invoke(operation, args);
    await evaluations.open();
    assert.strictEqual(evaluations.state.problem, failure);
});

QUnit.test("an evaluation is followed, filtered, stopped and resumed", async (assert) => {
    const { backend, run } = start();
    const [first] = await run(SETS[1]!.id, [{ model: "m.gguf", mode: null }]);
    const id = first!.evaluation.id;
    const detail = new EvaluationDetail();
    await detail.open(id);
    assert.strictEqual(detail.state.items.length, 3);
    assert.strictEqual(verdictText(detail.state.items[0]!), "Not asked yet");
    await detail.cancel();
    await detail.refresh();
    assert.ok(canResume(detail.state.figures?.evaluation.state));
    await detail.resume();
    assert.strictEqual(detail.state.figures?.evaluation.state, "running");
    backend.evaluations.complete(id, 2);
    await detail.filter("failed");
    assert.deepEqual(
        detail.state.items.map(({ item }) => item.position),
        [3],
    );
    assert.strictEqual(reasonText(detail.state.items[0]!), "Another answer");
    assert.strictEqual(tallyText(detail.state.figures!.evaluation), "2 passed · 1 failed");
});

QUnit.test("words", async (assert) => {
    const { run } = start();
    const [first] = await run(SETS[1]!.id, [{ model: "m.gguf", mode: "fast" }]);
    const evaluation = first!.evaluation as never as Parameters<typeof stateText>[0];
    assert.strictEqual(asked(evaluation), "m.gguf · fast · temperature 0 · seed 0 · at most 32 tokens");
    const half = { ...evaluation, tally: { ...evaluation.tally, passed: 1, waiting: 1 } };
    assert.strictEqual(stateText(half), "Running, 1 of 3");
    assert.strictEqual(percent(half), 50, "an item that waits for the judge is half done");
    assert.strictEqual(stateText({ ...half, state: "cancelled" }), "Cancelled at 1 of 3");
    assert.strictEqual(setFacts(SETS[1]!), "3 prompts · 2 with an expectation");
    assert.strictEqual(setDescription(SETS[0]!), "Arithmetic and word problems with one right number. · Apache-2.0");
    assert.strictEqual(expectedText({ kind: "json_schema", schema: { type: "object" } }), '{"type":"object"}');
    assert.strictEqual(expectedText(null), "–");
    assert.strictEqual(qualityText(null), "–");
    assert.strictEqual(targetsText(1, 26), "1 evaluation, 26 answers");
    assert.strictEqual(targetsText(2, 3), "2 evaluations, 6 answers");
});
