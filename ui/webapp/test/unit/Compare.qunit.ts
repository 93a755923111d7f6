import type { Run } from "../../backend/studio";
import { MOST_PIECES, sideOf } from "../../control/Difference";
import Compare, { type CompareState } from "../../model/Compare";
import { pairs, pairText, promptsDiffer, rows, verdict } from "../../model/compareFormat";
import { FakeBackend } from "../fake/FakeBackend";
import { differences } from "../fake/history";
import { RUN } from "./samples";

const WEIGHTS = { latency: 30, quality: 40, cost: 30 };
const EUR = { currency: "EUR", priced_at: 0 };
const A: Run = { ...RUN, id: "a", measures: { ...RUN.measures, total_ms: 100 }, rating: 2, cost: { ...EUR, amount: 1 } };
const B: Run = { ...RUN, id: "b", measures: { ...RUN.measures, total_ms: 300 }, rating: 4, cost: { ...EUR, amount: 1 } };

async function start(a: Run = A, b: Run = B) {
    const backend = new FakeBackend({});
    backend.history.runs = [a, b];
    backend.install();
    const compare = new Compare(WEIGHTS);
    const state = () => compare.model.getData() as CompareState;
    await compare.start(a.id, b.id);
    const told = () => verdict(state().side, state().decision, state().weights, state().a, state().b);
    return { backend, compare, state, told };
}

QUnit.module("Compare");

QUnit.test("two runs are scored with their arithmetic", async (assert) => {
    const { state, told } = await start();
    // 0.3 × 300/400 + 0.4 × 2/6 + 0.3 × 1/2
    assert.strictEqual(told(), "A wins: score 0.508 to 0.492");
    assert.strictEqual(state().winner, "a");
    const [latency, quality, cost] = state().rows;
    assert.strictEqual(latency?.a, "0.300 × 0.750 = 0.225");
    assert.strictEqual(quality?.b, "0.400 × 0.667 = 0.267");
    assert.strictEqual(cost?.counted, "30 %");
});

QUnit.test("without a rating quality does not count, until there is one", async (assert) => {
    const { backend, compare, state } = await start(A, { ...B, rating: null });
    assert.strictEqual(state().rows[1]?.counted, "No: B is not rated");
    assert.strictEqual(state().rows[0]?.counted, "50 %");
    await compare.rate("b", 5);
    assert.strictEqual(backend.history.find("b").rating, 5);
    assert.strictEqual(state().rows[1]?.counted, "40 %");
    assert.strictEqual(state().b?.rating, 5);
});

QUnit.test("weights change the winner, and all of them 0 leave none", async (assert) => {
    const { compare, state, told, backend } = await start();
    await compare.weigh({ latency: 0, cost: 0 });
    assert.strictEqual(told(), "B wins: score 0.333 to 0.667");
    assert.strictEqual(state().rows[0]?.counted, "No: weight 0");
    const asked = backend.calls.filter(({ operation }) => operation === "compare_runs").length;
    await compare.weigh({ quality: 0 });
    assert.strictEqual(told(), "No winner: every weight is 0");
    assert.strictEqual(backend.calls.filter(({ operation }) => operation === "compare_runs").length, asked);
    assert.strictEqual(await compare.save(), null);
});

QUnit.test("swapping swaps the runs, the winner and a person's decision", async (assert) => {
    const { compare, state, told } = await start();
    await compare.swap();
    assert.strictEqual(state().a?.id, "b");
    assert.strictEqual(told(), "B wins: score 0.492 to 0.508");
    compare.decide("a");
    await compare.swap();
    assert.strictEqual(state().decision, "b");
    assert.strictEqual(state().winner, "b");
});

QUnit.test("a person can decide otherwise, say why, and save it", async (assert) => {
    const { backend, compare, state, told } = await start();
    compare.decide("b");
    compare.remark(" clearer ");
    assert.strictEqual(told(), "B wins by your decision; score 0.508 to 0.492");
    await compare.save();
    const [saved] = backend.history.comparisons;
    assert.strictEqual(saved?.winner, "b");
    assert.ok(saved?.overridden);
    assert.strictEqual(saved?.note, "clearer");
    assert.ok(state().saved);
    compare.remark("clearer and shorter");
    assert.notOk(state().saved, "what changed since is not saved");
});

QUnit.test("the score's own decision is saved as such", async (assert) => {
    const { backend, compare } = await start();
    await compare.save();
    assert.deepEqual(backend.calls.at(-1)?.input, { a: "a", b: "b", weights: WEIGHTS, winner: null, note: "" });
    assert.notOk(backend.history.comparisons[0]?.overridden);
});

QUnit.test("one run is shown while the other is still to be chosen", async (assert) => {
    const { compare, state, told } = await start();
    await compare.start("a", null);
    assert.strictEqual(state().a?.id, "a");
    assert.strictEqual(state().side, null);
    assert.strictEqual(told(), "Choose two runs to compare");
    await compare.choose("b", "b");
    assert.strictEqual(state().winner, "a");
    assert.strictEqual(state().note, "");
});

QUnit.test("a run that has gone leaves its side empty and says why", async (assert) => {
    const { compare, state } = await start();
    await compare.choose("b", "gone");
    assert.strictEqual(state().problem?.code, "not_found");
    assert.strictEqual(state().a?.id, "a");
    assert.strictEqual(state().b, null);
    assert.notOk(state().busy);
});

QUnit.test("the better of each measure is marked where both have it", (assert) => {
    const list = pairs(A, { ...B, measures: { ...B.measures, ttft_ms: null } });
    const total = list[0]!;
    assert.strictEqual(total.better, "a");
    assert.strictEqual(pairText(total), "Total: A 100 ms, B 300 ms, A is better");
    assert.strictEqual(total.barB, 1);
    assert.ok(Math.abs(total.barA - 1 / 3) < 1e-9);
    assert.strictEqual(list[1]?.better, "none");
    assert.strictEqual(list[1]?.b, "–");
    assert.strictEqual(list.at(-1)?.better, "b", "a higher rating is better");
    assert.strictEqual(list[5]?.better, "none", "equal costs are equally good");
});

QUnit.test("costs in two currencies are neither compared nor drawn to one scale", (assert) => {
    const other = { ...B, cost: { ...EUR, currency: "USD", amount: 9 } };
    const cost = pairs(A, other)[5]!;
    assert.deepEqual([cost.better, cost.barA, cost.barB], ["none", 0, 0]);
    assert.strictEqual(rows(null, A, other, WEIGHTS)[2]?.counted, "No: two currencies");
});

QUnit.test("different prompts are told", (assert) => {
    assert.notOk(promptsDiffer(A, B));
    assert.ok(promptsDiffer(A, { ...B, prompt: "q" }));
    assert.notOk(promptsDiffer(A, null));
});

QUnit.test("each side of a difference is the text of its answer", (assert) => {
    const pieces = differences("the sky is blue", "the sky is red today");
    const whole = (side: "a" | "b") => sideOf(pieces, side).marked.map(({ text }) => text).join("");
    assert.strictEqual(whole("a"), "the sky is blue");
    assert.strictEqual(whole("b"), "the sky is red today");
    const many = Array.from({ length: MOST_PIECES + 2 }, () => ({ change: "only_a" as const, text: "x" }));
    assert.strictEqual(sideOf(many, "a").rest, "xx");
});
