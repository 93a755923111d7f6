import { best } from "../../model/best";
import { cost, costSource, priceText, ttftSource } from "../../model/measureFormat";
import { contextTarget, ttftTarget, TTFT_CRITICAL_MS, TTFT_GOOD_MS } from "../../model/targets";
import { finished, idle } from "../../model/answer";
import { canCompare, progress, targetsText } from "../../model/batchFormat";
import { RUN } from "./samples";

QUnit.module("assessment");

QUnit.test("the time to the first token is held to the product's targets", (assert) => {
    assert.strictEqual(ttftTarget(null), "None");
    assert.strictEqual(ttftTarget(TTFT_GOOD_MS - 1), "Good");
    assert.strictEqual(ttftTarget(TTFT_GOOD_MS), "Critical");
    assert.strictEqual(ttftTarget(TTFT_CRITICAL_MS), "Bad");
    assert.ok(ttftSource(finished(RUN), 95).includes("good below 300 ms"));
    assert.strictEqual(ttftSource(finished(RUN), null), "");
});

QUnit.test("a prompt near the end of the context is critical, and beyond it bad", (assert) => {
    assert.strictEqual(contextTarget(900, 1000), "None");
    assert.strictEqual(contextTarget(901, 1000), "Critical");
    assert.strictEqual(contextTarget(1000, 1000), "Critical");
    assert.strictEqual(contextTarget(1001, 1000), "Bad");
});

QUnit.test("a cost names its price, and its absence a reason", (assert) => {
    const paid = { amount: 0.000_012_34, currency: "EUR", priced_at: 1_760_000_000_000_000 };
    assert.deepEqual(cost(paid), { value: "0.0000123", unit: "EUR" });
    assert.deepEqual(cost(null), { value: "–", unit: "" });
    assert.ok(costSource(finished(RUN), paid).includes("2025"));
    assert.strictEqual(costSource(finished(RUN), null), "No price was set for this model when the run ended");
    assert.ok(costSource(idle(), null).includes("at the end"));
    const price = { model: "m", from: 0, currency: "EUR", input_per_1k: 0.5, output_per_1k: 1.5 };
    assert.strictEqual(priceText(price), "0.5 / 1.5 EUR");
});

QUnit.test("the best of each measure is marked, unless all are equal or only one is known", (assert) => {
    const answer = (total_ms: number | null, tokens_per_s: number | null, amount?: number, currency = "EUR") => ({
        measures: { total_ms, ttft_ms: 50, tokens_per_s },
        cost: amount === undefined ? null : { amount, currency, priced_at: 0 },
    });
    assert.deepEqual(best([answer(900, 40, 2), answer(800, 30, 1)]), [
        { total_ms: false, tokens_per_s: true, cost: false },
        { total_ms: true, tokens_per_s: false, cost: true },
    ]);
    assert.deepEqual(best([answer(900, null, 2), answer(null, 30, 1, "USD")]), [{}, {}]);
});

QUnit.test("the batch says how far it is, and how many are too many", (assert) => {
    assert.strictEqual(progress(1, 4, true, false), "2 of 4");
    assert.strictEqual(progress(4, 4, false, false), "4 of 4 answered");
    assert.strictEqual(progress(1, 4, true, true), "Stopping");
    assert.strictEqual(targetsText(8, 8), "8 of at most 8 answers");
    assert.strictEqual(targetsText(9, 8), "9 answers are too many: at most 8");
    assert.ok(canCompare([{ ticked: true }, { ticked: false }, { ticked: true }]));
    assert.notOk(canCompare([{ ticked: true }]));
});
