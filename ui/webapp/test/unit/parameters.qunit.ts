import { asOverrides, invalidField, noOverrides, overrideCount, toFields, toOverrides, type FormatKind } from "../../model/parameters";
import { DEFAULTS } from "../fake/prompts";

QUnit.module("parameters");

const fields = (change: object) => ({ ...noOverrides(), ...change });

QUnit.test("the first field out of range is named", (assert) => {
    assert.strictEqual(invalidField(noOverrides()), undefined);
    const wrong: [string, unknown][] = [
        ["temperature", "2.1"],
        ["temperature", "warm"],
        ["temperature", "-1"],
        ["top_p", "0"],
        ["top_k", "1001"],
        ["top_k", "1.5"],
        ["min_p", "1.1"],
        ["repetition_penalty", "0.4"],
        ["max_tokens", "0"],
        ["max_tokens", "1e3"],
        ["context_length", "127"],
        ["seed", "-1"],
        ["seed", "9007199254740992"],
        ["stop", ["x".repeat(65)]],
        ["stop", Array.from({ length: 9 }, (_, index) => String(index))],
        ["system_prompt", "é".repeat(32_769)],
        ["alternatives", "21"],
    ];
    for (const [name, value] of wrong) {
        assert.strictEqual(invalidField(fields({ [name]: value })), name, `${name} ${String(value).slice(0, 20)}`);
    }
});

QUnit.test("what is in range is taken, with a decimal comma too", (assert) => {
    const right = { temperature: "0,7", top_p: "1", top_k: " 40 ", min_p: ".05", repetition_penalty: "0.5", seed: "9007199254740991" };
    assert.strictEqual(invalidField(fields(right)), undefined);
    assert.deepEqual(toOverrides(fields(right)), {
        temperature: 0.7,
        top_p: 1,
        top_k: 40,
        min_p: 0.05,
        repetition_penalty: 0.5,
        seed: 9_007_199_254_740_991,
    });
});

QUnit.test("an answer's format needs a rule, and a schema is JSON", (assert) => {
    const format = (format_kind: FormatKind, format_rule: string) => fields({ format_kind, format_rule });
    assert.strictEqual(invalidField(format("regex", " ")), "format");
    assert.strictEqual(invalidField(format("lark", "é".repeat(32_769))), "format");
    assert.strictEqual(invalidField(format("json", "{")), "format");
    assert.strictEqual(invalidField(format("json", '{"type": "object"}')), undefined);
    assert.strictEqual(invalidField(format("text", "")), undefined);
    assert.deepEqual(toOverrides(format("regex", "(yes|no)")), { format: { kind: "regex", rule: "(yes|no)" } });
    assert.deepEqual(toOverrides(format("text", "(yes|no)")), { format: { kind: "text" } });
});

QUnit.test("an empty field inherits; that nothing shall stand there is said apart", (assert) => {
    assert.deepEqual(toOverrides(noOverrides()), {});
    assert.deepEqual(toOverrides(fields({ no_stop: true, no_system_prompt: true })), { stop: [], system_prompt: "" });
    assert.strictEqual(overrideCount(fields({ temperature: "1", stop: ["END"], system_prompt: "Be brief." })), 2);
});

QUnit.test("a run's parameters fill all fields and come back the same", (assert) => {
    const ran = { ...DEFAULTS, temperature: 0, top_k: 40, seed: 42, stop: ["\n\n"], system_prompt: "", format: { kind: "regex" as const, rule: "a+" } };
    const { context_length: _absent, ...rest } = ran;
    assert.deepEqual(toOverrides(toFields(ran)), rest);
    const { seed: _drawn, ...again } = rest;
    assert.deepEqual(asOverrides(ran), again);
});
