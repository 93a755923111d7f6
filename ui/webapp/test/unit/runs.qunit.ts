import type { RunSummary } from "../../backend/studio";
import { withFirstPage, without, withNextPage, withRow } from "../../model/runs";

const run = (id: string): RunSummary => ({
    id,
    started_at: 0,
    model_name: "m",
    prompt_start: id,
    outcome: "completed",
    measures: {},
});
const runs = (...ids: string[]) => ids.map(run);
const ids = ({ items }: { items: RunSummary[] }) => items.map(({ id }) => id).join("");

QUnit.module("runs");

QUnit.test("a fresh first page replaces the newest rows and keeps the older ones", (assert) => {
    const before = { items: runs("e", "d", "c", "b"), next: "b" };
    const after = withFirstPage(before, { items: runs("f", "e", "d"), next: "d" });
    assert.strictEqual(ids(after), "fedcb");
    assert.strictEqual(after.next, "b");
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

QUnit.test("a row is taken out, and comes back to its place", (assert) => {
    const out = without({ items: runs("e", "d", "c"), next: null }, "d");
    assert.strictEqual(ids(out), "ec");
    assert.strictEqual(ids(withRow(out, run("d"))), "edc");
    assert.strictEqual(ids(withRow(out, run("c"))), "ec");
});
