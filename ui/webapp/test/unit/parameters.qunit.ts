import { DEFAULTS, invalidField, isSeed, toFields, toParameters } from "../../model/parameters";

QUnit.module("parameters");

QUnit.test("the first field out of range is named", (assert) => {
    assert.strictEqual(invalidField(DEFAULTS), undefined);
    assert.strictEqual(invalidField({ ...DEFAULTS, temperature: 2.1 }), "temperature");
    assert.strictEqual(invalidField({ ...DEFAULTS, temperature: Number.NaN }), "temperature");
    assert.strictEqual(invalidField({ ...DEFAULTS, top_p: 0 }), "top_p");
    assert.strictEqual(invalidField({ ...DEFAULTS, max_tokens: 0 }), "max_tokens");
    assert.strictEqual(invalidField({ ...DEFAULTS, max_tokens: 1.5 }), "max_tokens");
    assert.strictEqual(invalidField({ ...DEFAULTS, seed: "-1" }), "seed");
});

QUnit.test("a seed is empty or a whole number that JavaScript holds exactly", (assert) => {
    for (const seed of ["", " ", "0", "42", "9007199254740991"]) {
        assert.ok(isSeed(seed), seed);
    }
    for (const seed of ["9007199254740992", "1.5", "1e3", "0x10", "seven"]) {
        assert.notOk(isSeed(seed), seed);
    }
});

QUnit.test("an empty seed asks for a drawn one, and a run's parameters fill the fields", (assert) => {
    assert.strictEqual(toParameters(DEFAULTS).seed, null);
    assert.strictEqual(toParameters({ ...DEFAULTS, seed: " 42 " }).seed, 42);
    assert.deepEqual(toFields({ temperature: 0, top_p: 1, max_tokens: 7, seed: 42 }), {
        temperature: 0,
        top_p: 1,
        max_tokens: 7,
        seed: "42",
    });
    assert.deepEqual(toFields(toParameters(DEFAULTS)), DEFAULTS);
});
