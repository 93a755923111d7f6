import type { Answer } from "../../model/answer";
import Batch, { byModel, MOST_TARGETS, titlesOf } from "../../model/Batch";
import { FakeBackend, type Scenario } from "../fake/FakeBackend";
import { QWEN, SMOL } from "../fake/models";
import { request, wait } from "./samples";

const MODES = [
    { id: "fast", name: "Fast" },
    { id: "research", name: "Research" },
];

function start(scenario: Scenario) {
    const backend = new FakeBackend(scenario);
    backend.install();
    const batch = new Batch();
    const answers = () => batch.columns.map(({ session }) => session.model.getData() as Answer & { best: Record<string, boolean> });
    return { backend, batch, answers, get: (path: string) => batch.model.getProperty(path) as never };
}

QUnit.module("Batch");

QUnit.test("all are answered one after the other, those of a model together", async (assert) => {
    const { backend, batch, answers, get } = start({});
    const targets = MODES.flatMap((mode) => [
        request({ mode }),
        request({ mode, model: QWEN.id, modelName: QWEN.name }),
    ]);
    await batch.run(targets);
    const asked = backend.calls.filter(({ operation }) => operation === "run_prompt");
    assert.deepEqual(
        asked.map(({ input }) => (input as { model: string }).model),
        [SMOL.id, SMOL.id, QWEN.id, QWEN.id],
    );
    assert.deepEqual(answers().map(({ outcome }) => outcome), ["completed", "completed", "completed", "completed"]);
    assert.deepEqual([get("/done"), get("/total"), get("/running"), get("/open")], [4, 4, false, true] as never[]);
    assert.strictEqual(batch.columns[0]?.title, `Fast · ${SMOL.name}`);
});

QUnit.test("the best of each measure is marked once more than one has ended", async (assert) => {
    const { batch, answers } = start({ loaded: true });
    await batch.run(MODES.map((mode) => request({ mode })));
    assert.deepEqual(answers().map(({ best }) => best.total_ms), [true, false]);
    assert.deepEqual(answers().map(({ best }) => best.ttft_ms), [true, false]);
    assert.strictEqual(answers()[0]?.best.tokens_per_s, undefined);
});

QUnit.test("stop ends the answer under way and asks none of the rest", async (assert) => {
    const { backend, batch, answers, get } = start({ loaded: true, pace: 20 });
    const ran = batch.run([request(), request(), request()]);
    await wait(150);
    await batch.stop();
    await ran;
    assert.strictEqual(backend.calls.filter(({ operation }) => operation === "run_prompt").length, 1);
    assert.deepEqual(answers().map(({ outcome }) => outcome), ["stopped", null, null]);
    assert.strictEqual(get("/running"), false);
});

QUnit.test("a column that fails says why, and the others are asked all the same", async (assert) => {
    const failRun = { code: "engine_failed", message: "Killed.", details: {} } as const;
    const { batch, answers } = start({ loaded: true, failRun });
    await batch.run([request(), request()]);
    assert.deepEqual(answers().map(({ error }) => error), [failRun, failRun]);
});

QUnit.test("two ticked columns give two runs, in their order", async (assert) => {
    const { batch } = start({ loaded: true });
    await batch.run([request(), request(), request()]);
    batch.model.setProperty("/columns/2/ticked", true);
    batch.model.setProperty("/columns/0/ticked", true);
    assert.deepEqual(batch.ticked, [batch.columns[0]?.session.run, batch.columns[2]?.session.run] as string[]);
});

QUnit.test("a column is called by what tells it from the others", (assert) => {
    const [fast, research] = MODES.map((mode) => request({ mode }));
    const other = request({ mode: MODES[0]!, model: QWEN.id, modelName: QWEN.name });
    assert.deepEqual(titlesOf([fast!, research!]), ["Fast", "Research"]);
    assert.deepEqual(titlesOf([fast!, other]), [SMOL.name, QWEN.name]);
    assert.deepEqual(titlesOf([fast!, research!, other]), [`Fast · ${SMOL.name}`, `Research · ${SMOL.name}`, `Fast · ${QWEN.name}`]);
    assert.deepEqual(titlesOf([request()]), [SMOL.name]);
});

QUnit.test("a batch is bounded, and leaving it keeps it", async (assert) => {
    const { batch, get } = start({ loaded: true, answer: "a" });
    await batch.run(Array.from({ length: MOST_TARGETS + 3 }, () => request()));
    assert.strictEqual(batch.columns.length, MOST_TARGETS);
    batch.show(false);
    assert.strictEqual(get("/open"), false);
    assert.strictEqual(batch.columns.length, MOST_TARGETS);
    assert.deepEqual(byModel([request({ model: "b" }), request({ model: "a" }), request({ model: "b" })]).map(({ model }) => model), ["b", "b", "a"]);
});
