import type { Answer } from "../../model/answer";
import PromptSession from "../../model/PromptSession";
import { FakeBackend, type Scenario } from "../fake/FakeBackend";
import { request } from "./samples";

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function start(scenario: Scenario) {
    const backend = new FakeBackend(scenario);
    backend.install();
    const session = new PromptSession();
    const sink = { text: "", replace: (whole: string) => (sink.text = whole), append: (piece: string) => (sink.text += piece) };
    session.showTextIn(sink);
    const ask = () => session.ask(request());
    return { backend, session, sink, ask, answer: () => session.model.getData() as Answer };
}

QUnit.module("PromptSession");

QUnit.test("an answer streams into its sink and ends on the record", async (assert) => {
    const { session, sink, ask, answer } = start({ answer: "one two three " });
    const asked = ask();
    assert.ok(session.active);
    assert.strictEqual(await asked, null);
    assert.strictEqual(sink.text, "one two three ");
    assert.strictEqual(answer().outcome, "completed");
    assert.strictEqual(answer().source, "application");
    assert.notOk(session.active);
});

QUnit.test("stop reaches the backend and keeps what had arrived", async (assert) => {
    const { session, sink, ask, answer } = start({ loaded: true, pace: 20 });
    const asked = ask();
    await wait(150);
    await session.stop();
    await asked;
    assert.strictEqual(answer().outcome, "stopped");
    assert.ok(sink.text.length > 0);
});

QUnit.test("a stop before the acceptance is sent when the identifier is known", async (assert) => {
    const { backend, session, ask, answer } = start({ loaded: true, pace: 20 });
    const asked = ask();
    void session.stop();
    await asked;
    assert.strictEqual(backend.calls.filter(({ operation }) => operation === "cancel_run").length, 1);
    assert.strictEqual(answer().outcome, "stopped");
});

QUnit.test("a refusal is handed back and shown", async (assert) => {
    const refuse = { code: "invalid_input", message: "Too long.", details: { field: "prompt" } } as const;
    const { session, ask, answer } = start({ refuse });
    assert.deepEqual(await ask(), refuse);
    assert.deepEqual(answer().error, refuse);
    assert.notOk(session.active);
});

QUnit.test("a failed run keeps the text that had arrived and says why", async (assert) => {
    const failRun = { code: "engine_failed", message: "Killed.", details: {} } as const;
    const { sink, ask, answer } = start({ loaded: true, failRun });
    assert.strictEqual(await ask(), null);
    assert.deepEqual(answer().error, failRun);
    assert.strictEqual(answer().outcome, "failed");
    assert.ok(sink.text.startsWith("The sky"));
});

QUnit.test("a recorded run is opened; a missing one says so", async (assert) => {
    const { session, sink, answer } = start({ runs: 1 });
    const id = "0193d5e2-7c00-7000-8000-000000000001";
    assert.strictEqual((await session.open(id))?.id, id);
    assert.ok(sink.text.length > 0);
    assert.strictEqual(await session.open("gone"), null);
    assert.strictEqual(answer().error?.code, "not_found");
    assert.strictEqual(sink.text, "");
});

QUnit.test("without a backend the error says what to do", async (assert) => {
    delete window.__TAURI__;
    const error = await new PromptSession().ask(request());
    assert.strictEqual(error?.code, "internal");
    assert.ok(error?.message.includes("start nOpenai Studio again"));
});

QUnit.test("without streaming the answer comes whole", async (assert) => {
    const { backend, session, sink } = start({ loaded: true, answer: "one two " });
    let pieces = 0;
    sink.append = () => String((pieces += 1));
    await session.ask(request({ stream: false }));
    assert.strictEqual(pieces, 0);
    assert.strictEqual(sink.text, "one two ");
    assert.strictEqual((backend.calls.find(({ operation }) => operation === "run_prompt")?.input as { stream: boolean }).stream, false);
});

QUnit.test("a request is remembered for another answer: a set seed stays, a drawn one does not", async (assert) => {
    const { session } = start({ loaded: true, runs: 1 });
    await session.ask(request({ parameters: { seed: 5 } }));
    assert.strictEqual(session.request?.parameters.seed, 5);
    const run = await session.open("0193d5e2-7c00-7000-8000-000000000001");
    assert.ok(run?.parameters.seed);
    assert.strictEqual(session.request?.parameters.seed, undefined);
    assert.strictEqual(session.request?.parameters.temperature, 0.7);
    assert.strictEqual(session.request?.prompt, run?.prompt);
});

QUnit.test("a rating and tags are shown and kept, and taken back when they could not be", async (assert) => {
    const { backend, session, answer, ask } = start({ loaded: true });
    await ask();
    await session.rate(5);
    await session.tag(["b", "a"]);
    assert.deepEqual([answer().rating, answer().tags], [5, ["b", "a"]]);
    assert.deepEqual(
        backend.calls.filter(({ operation }) => operation === "rate_run" || operation === "tag_run").map(({ input }) => input),
        [{ run: session.run, rating: 5 }, { run: session.run, tags: ["b", "a"] }],
    );
    delete window.__TAURI__;
    await session.rate(1);
    assert.strictEqual(answer().rating, 5);
    assert.strictEqual(answer().assessmentProblem?.code, "internal");
});

QUnit.test("a run under way is not assessed", async (assert) => {
    const { backend, session, ask } = start({ loaded: true, pace: 20 });
    const asked = ask();
    await session.rate(3);
    await session.stop();
    await asked;
    assert.notOk(backend.calls.some(({ operation }) => operation === "rate_run"));
});
