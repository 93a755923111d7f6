import { paced } from "../../model/pace";

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

QUnit.module("pace");

QUnit.test("the first value passes at once, then the last of each interval", async (assert) => {
    const shown: number[] = [];
    const show = paced<number>((value) => shown.push(value), undefined, 60);
    [1, 2, 3].forEach(show);
    assert.deepEqual(shown, [1]);
    await wait(90);
    assert.deepEqual(shown, [1, 3]);
    await wait(90);
    show(4);
    assert.deepEqual(shown, [1, 3, 4]);
});

QUnit.test("an urgent value does not wait, and what it overtook is dropped", async (assert) => {
    const shown: string[] = [];
    const show = paced<string>((value) => shown.push(value), (before, next) => before[0] !== next[0], 60);
    ["a1", "a2", "b1"].forEach(show);
    assert.deepEqual(shown, ["a1", "b1"]);
    await wait(90);
    assert.deepEqual(shown, ["a1", "b1"]);
});
