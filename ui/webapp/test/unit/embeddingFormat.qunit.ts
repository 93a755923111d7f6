import { canCompare, cosineText, figures, lines, pairs, tooMany } from "../../model/embeddingFormat";

QUnit.module("embeddingFormat");

QUnit.test("each line is a text, and two of them can be compared", (assert) => {
    assert.deepEqual(lines(" a \n\nb\n"), ["a", "b"]);
    assert.notOk(canCompare("a\n \n"));
    assert.ok(canCompare("a\nb"));
    const many = Array(21).fill("a").join("\n");
    assert.ok(tooMany(many));
    assert.notOk(canCompare(many));
});

QUnit.test("pairs are sorted by their cosine, the nearest first", (assert) => {
    const point = (vector: number[]) => ({ vector, tokens: 3 });
    const points = [point([1, 0]), point([0, 1]), point([0.6, 0.8])];
    const found = pairs(["a", "b", "c"], points);
    assert.deepEqual(found.map(({ a, b }) => a + b), ["bc", "ac", "ab"]);
    assert.strictEqual(cosineText(found[0]!.cosine), "0.800");
    assert.strictEqual(figures(points), "3 texts · 2 numbers each · 9 tokens");
    assert.strictEqual(figures(null), "");
});
