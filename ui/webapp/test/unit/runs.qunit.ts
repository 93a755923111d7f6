import type { RunSummary } from "../../backend/studio";
import { MOST_AT_ONCE, rowsToRefresh, withFirstPage, without, withNextPage } from "../../model/runs";

const run = (id: string): RunSummary => ({
    id,
    started_at: 0,
    model: "m.gguf",
    model_name: "m",
    prompt_start: id,
    outcome: "completed",
    measures: {},
    tags: [],
});
const runs = (...ids: string[]) => ids.map(run);
const ids = ({ items }: { items: RunSummary[] }) => items.map(({ id }) => id).join("");

QUnit.module("runs");

QUnit.test("a fresh first page replaces the first rows and keeps those after it", (assert) => {
    const before = { items: runs("e", "d", "c", "b"), next: "b" };
    const after = withFirstPage(before, { items: runs("f", "e", "d"), next: "d" });
    assert.strictEqual(ids(after), "fedcb");
    assert.strictEqual(after.next, "b");
});

QUnit.test("rows keep their places in any order, and none is repeated", (assert) => {
    const before = { items: runs("b", "e", "a", "d"), next: "d" };
    const after = withFirstPage(before, { items: runs("d", "b", "e"), next: "e" });
    assert.strictEqual(ids(after), "dbea");
    assert.strictEqual(after.next, "d");
});

QUnit.test("rows whose place is no longer known are read again", (assert) => {
    const after = withFirstPage({ items: runs("e", "d", "c"), next: "c" }, { items: runs("z", "y"), next: "y" });
    assert.strictEqual(ids(after), "zy");
    assert.strictEqual(after.next, "y");
});

QUnit.test("a first page that is all there is replaces everything", (assert) => {
    const after = withFirstPage({ items: runs("e", "d"), next: "d" }, { items: runs("e") });
    assert.strictEqual(ids(after), "e");
    assert.strictEqual(after.next, null);
});

QUnit.test("the next page is appended, without repeating a row", (assert) => {
    const after = withNextPage({ items: runs("e", "d"), next: "d" }, { items: runs("d", "c") });
    assert.strictEqual(ids(after), "edc");
    assert.strictEqual(after.next, null);
});

QUnit.test("rows are taken out", (assert) => {
    const out = without({ items: runs("e", "d", "c"), next: "c" }, ["d", "x"]);
    assert.strictEqual(ids(out), "ec");
    assert.strictEqual(out.next, "c");
});

QUnit.test("as many rows are read again as were loaded, within what one call may read", (assert) => {
    assert.strictEqual(rowsToRefresh(0, 50), 50);
    assert.strictEqual(rowsToRefresh(120, 50), 120);
    assert.strictEqual(rowsToRefresh(100_000, 50), MOST_AT_ONCE);
});
