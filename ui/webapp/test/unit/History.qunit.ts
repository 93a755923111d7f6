import type { RunSummary } from "../../backend/studio";
import History from "../../model/History";
import { FakeBackend } from "../fake/FakeBackend";

function start(runs: number) {
    new FakeBackend({ runs }).install();
    const history = new History();
    const items = () => history.model.getProperty("/items") as RunSummary[];
    return { history, items };
}

QUnit.module("History");

QUnit.test("pages follow each other without a gap, newest first", async (assert) => {
    const { history, items } = start(120);
    await history.refresh();
    assert.strictEqual(items().length, 50);
    await history.more();
    await history.more();
    await history.more();
    assert.strictEqual(items().length, 120);
    const ids = items().map(({ id }) => id);
    assert.deepEqual(ids, [...new Set(ids)].sort().reverse());
});

QUnit.test("a deleted run can be brought back to its place", async (assert) => {
    const { history, items } = start(5);
    await history.refresh();
    const before = items().map(({ id }) => id);
    await history.remove(items()[2]!);
    await history.remove(items()[0]!);
    assert.strictEqual(items().length, 3);
    await history.undo();
    await history.undo();
    await history.undo();
    assert.deepEqual(
        items().map(({ id }) => id),
        before,
    );
    assert.deepEqual(history.model.getProperty("/deleted"), []);
});

QUnit.test("a failure is kept beside the list, which stays", async (assert) => {
    const { history, items } = start(3);
    await history.refresh();
    delete window.__TAURI__;
    await history.refresh();
    assert.strictEqual(items().length, 3);
    assert.strictEqual((history.model.getProperty("/problem") as { code: string }).code, "internal");
});
