import { alternatives, logprob, probability, state, tokenText } from "../../model/likelihoodFormat";

QUnit.module("likelihoodFormat");

QUnit.test("a token is shown with its spaces and line breaks in sight", (assert) => {
    assert.strictEqual(tokenText(' a "b"\n'), '·a·"b"\\n');
});

QUnit.test("a logarithm is shown as a probability, and what was unlikely is marked", (assert) => {
    assert.strictEqual(probability(Math.log(0.9731)), "97.3%");
    assert.strictEqual(logprob(Math.log(0.5)), "Natural logarithm -0.693, as the model gave it");
    assert.deepEqual([0.6, 0.3, 0.05].map((share) => state(Math.log(share))), ["None", "Warning", "Error"]);
    const likely = [
        { text: " a", logprob: Math.log(0.75) },
        { text: "b", logprob: Math.log(0.125) },
    ];
    assert.strictEqual(alternatives(likely), "·a 75.0%   b 12.5%");
});
