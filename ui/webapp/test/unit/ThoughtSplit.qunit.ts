import ThoughtSplit from "../../model/ThoughtSplit";

function start() {
    let shown = "";
    const split = new ThoughtSplit({
        replace: (text) => {
            shown = text;
        },
        append: (text) => {
            shown += text;
        },
    });
    return { split, shown: () => shown, thinking: () => split.model.getData() as { thinking: string | null; open: boolean } };
}

QUnit.module("ThoughtSplit");

QUnit.test("thinking that streams in stands apart, and the answer follows it", (assert) => {
    const { split, shown, thinking } = start();
    for (const piece of ["<thi", "nk>", "two and", " two", "</thi", "nk>\n\n", "Fo", "ur."]) {
        split.append(piece);
        assert.notOk(shown().includes("think"), shown());
    }
    assert.deepEqual(thinking(), { thinking: "two and two", open: false });
    assert.strictEqual(shown(), "Four.");
});

QUnit.test("an answer without thinking is passed on, also one that began like it", (assert) => {
    const { split, shown, thinking } = start();
    ["<", "b> is", " a tag"].forEach((piece) => split.append(piece));
    assert.strictEqual(shown(), "<b> is a tag");
    assert.strictEqual(thinking().thinking, null);
    split.replace("");
    assert.strictEqual(shown(), "");
});

QUnit.test("thinking whose beginning stood in the prompt is told when it ends", (assert) => {
    const { split, shown, thinking } = start();
    ["2+2 is", " 4\n</th", "ink>\n", "4"].forEach((piece) => split.append(piece));
    assert.strictEqual(thinking().thinking, "2+2 is 4");
    assert.strictEqual(shown(), "4");
    split.append(" </think> stays");
    assert.strictEqual(shown(), "4 </think> stays");
});
