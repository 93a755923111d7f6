import type { RunEvent } from "../../backend/studio";
import { after, finished, isActive, liveMeasures, refused, sent } from "../../model/answer";
import { askedModel, canAssess, canRun, canStop, statusLine, situationText, source, statusText } from "../../model/answerFormat";
import type { ModelRow } from "../../model/models";
import { MODE, RUN } from "./samples";

const ASKED = { model: "m.gguf", modelName: "m", modeName: "Fast" };
const event = (sequence: number, rest: object) => ({ run: "r1", sequence, ...rest }) as RunEvent;
const EVENTS = [
    event(0, { kind: "accepted" }),
    event(1, { kind: "loading", progress: { stage: "reading", bytes_read: 1, bytes_total: 2 } }),
    event(2, { kind: "started", tokens_in: 42, seed: 7 }),
    event(3, { kind: "token", text: "a" }),
    event(4, { kind: "token", text: "b" }),
    event(5, { kind: "finished", result: RUN }),
];

QUnit.module("answer");

QUnit.test("a run goes through its phases and ends on what the application measured", (assert) => {
    let answer = sent(ASKED, 0);
    const phases = EVENTS.map((each, index) => (answer = after(answer, each, index * 100)).phase);
    assert.deepEqual(phases, ["sent", "loading", "reading", "streaming", "streaming", "ended"]);
    assert.deepEqual(answer.measures, RUN.measures);
    assert.strictEqual(answer.source, "application");
    assert.strictEqual(answer.outcome, "completed");
});

QUnit.test("an event that was seen, or comes after the end, changes nothing", (assert) => {
    const streaming = EVENTS.slice(0, 4).reduce((answer, each) => after(answer, each, 0), sent(ASKED, 0));
    assert.strictEqual(after(streaming, EVENTS[3]!, 9), streaming);
    const ended = finished(RUN);
    assert.strictEqual(after(ended, event(9, { kind: "token", text: "late" }), 9), ended);
});

QUnit.test("while it streams, the window's own measures stand in", (assert) => {
    const streaming = EVENTS.slice(0, 5).reduce((answer, each, index) => after(answer, each, index * 100), sent(ASKED, 0));
    assert.deepEqual(liveMeasures(streaming, 450), {
        total_ms: 450,
        ttft_ms: 300,
        tokens_per_s: 10,
        tokens_in: 42,
        tokens_out: 2,
    });
    assert.strictEqual(liveMeasures(sent(ASKED, 0), 50).ttft_ms, null);
});

QUnit.test("a refusal has a reason and no measures", (assert) => {
    const error = { code: "busy", message: "The queue is full.", details: {} } as const;
    const answer = refused(sent(ASKED, 0), error);
    assert.strictEqual(answer.error, error);
    assert.notOk(isActive(answer.phase));
    assert.strictEqual(statusText(answer), "Not run");
    assert.strictEqual(source(answer, 1), "");
});

QUnit.test("every measure names its source, an absent one has none", (assert) => {
    assert.strictEqual(source(finished(RUN), 812), "this run, r1, measured by the application");
    assert.strictEqual(source(finished(RUN), null), "");
    assert.ok(source(sent(ASKED, 0), 1).includes("this window"));
});

QUnit.test("run and stop exclude each other", (assert) => {
    const chosen = {} as never;
    assert.ok(canRun("idle", "hello", chosen));
    assert.notOk(canRun("idle", "  \n", chosen));
    assert.notOk(canRun("idle", "hello", null));
    assert.notOk(canRun("streaming", "hello", chosen));
    assert.notOk(canRun("idle", "hello", chosen, true));
    assert.ok(canStop("loading", false));
    assert.notOk(canStop("loading", true));
    assert.notOk(canStop("ended", false));
});

QUnit.test("the first steps name the folder, or offer the example", (assert) => {
    assert.ok(situationText("noModels", "/models", 0).includes("/models"));
    assert.ok(situationText("ready", "/models", 0).includes("sky"));
    assert.notOk(situationText("ready", "/models", 3).includes("sky"));
});

QUnit.test("an ended run has cost, rating and tags, and can be assessed", (assert) => {
    const answer = finished({ ...RUN, cost: { amount: 0.1, currency: "EUR", priced_at: 5 } });
    assert.deepEqual([answer.rating, answer.tags, answer.modeName, answer.cost?.amount], [4, ["physics"], "Fast", 0.1]);
    assert.ok(canAssess(answer.run, answer.phase));
    assert.notOk(canAssess("r1", "streaming"));
    assert.notOk(canAssess(null, "ended"));
});

QUnit.test("a mode with a model of its own asks that, while it can run", (assert) => {
    const rows = [{ id: "a", name: "A", state: "ready" }, { id: "b", name: "B", state: "unsupported" }] as ModelRow[];
    const chosen = { id: "c", name: "C", state: "ready" } as ModelRow;
    const mode = (model: string | null) => ({ ...MODE, id: "x", name: "X", model });
    assert.strictEqual(askedModel(mode("a"), chosen, rows)?.id, "a");
    assert.strictEqual(askedModel(mode("b"), chosen, rows)?.id, "c");
    assert.strictEqual(askedModel(mode(null), chosen, rows)?.id, "c");
    assert.strictEqual(statusLine(finished(RUN), "x", chosen, rows, [mode("a")]), "X asks A");
    assert.strictEqual(statusLine(finished(RUN), "x", chosen, rows, [mode(null)]), "");
    const onDisk = { ...chosen, state: "onDisk" } as ModelRow;
    assert.strictEqual(statusLine(finished(RUN), "x", onDisk, rows, []), "Run loads C first");
});
