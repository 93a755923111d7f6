import type { Deletion, RunCount, RunSummary } from "../../backend/studio";
import History from "../../model/History";
import { isFiltered, noFilter } from "../../model/historyFilter";
import { FakeBackend, type Scenario } from "../fake/FakeBackend";
import { QWEN } from "../fake/models";
import { wait } from "./samples";

function start(scenario: Scenario) {
    const backend = new FakeBackend(scenario);
    backend.install();
    const history = new History();
    const get = <Type>(path: string) => history.model.getProperty(path) as Type;
    const items = () => get<RunSummary[]>("/items");
    const ids = () => items().map(({ id }) => id);
    const called = (operation: string) => backend.calls.filter((call) => call.operation === operation);
    return { backend, history, get, items, ids, called };
}

QUnit.module("History");

QUnit.test("pages follow each other without a gap, newest first", async (assert) => {
    const { history, ids } = start({ runs: 120 });
    await history.refresh();
    assert.strictEqual(ids().length, 50);
    await history.more();
    await history.more();
    await history.more();
    assert.strictEqual(ids().length, 120);
    assert.deepEqual(ids(), [...new Set(ids())].sort().reverse());
});

QUnit.test("what was scrolled to stays when a run is added, and the count follows", async (assert) => {
    const { backend, history, ids, get } = start({ runs: 120 });
    await history.refresh();
    await history.more();
    assert.deepEqual(get<RunCount>("/count"), { count: 120, at_least: false });
    backend.history.runs.unshift(backend.history.next(120));
    await history.refresh();
    assert.strictEqual(ids().length, 101);
    assert.strictEqual(ids()[0], backend.history.runs[0]?.id);
    await history.more();
    assert.deepEqual(
        ids(),
        backend.history.runs.map(({ id }) => id),
    );
    assert.strictEqual(get<RunCount>("/count").count, 121);
});

QUnit.test("a search waits for a pause in typing and asks once", async (assert) => {
    const { history, items, called, get } = start({ runs: 20 });
    await history.refresh();
    const before = called("list_runs").length;
    for (const typed of ["s", "sc", "scatt"]) {
        history.search(typed);
    }
    assert.strictEqual(get("/fields/search"), "scatt");
    assert.strictEqual(called("list_runs").length, before);
    await wait(250);
    assert.strictEqual(called("list_runs").length, before + 1);
    assert.strictEqual(items().length, 5);
    assert.ok(items().every(({ prompt_start }) => prompt_start.includes("sky")));
    assert.deepEqual(get<RunCount>("/count"), { count: 5, at_least: false });
});

QUnit.test("a late answer to an older search is dropped", async (assert) => {
    const { history, items, get } = start({ runs: 20, pagePace: [0, 200, 0] });
    await history.refresh();
    const slow = history.filter({ search: "train" });
    await history.filter({ search: "sky" });
    const found = items().map(({ id }) => id);
    await slow;
    assert.deepEqual(
        items().map(({ id }) => id),
        found,
    );
    assert.ok(items().every(({ prompt_start }) => prompt_start.includes("sky")));
    assert.notOk(get("/renewing"));
});

QUnit.test("a next page of an older query is not appended to a newer one", async (assert) => {
    const { history, items } = start({ runs: 120, pagePace: [0, 150, 0] });
    await history.refresh();
    const late = history.more();
    await history.filter({ models: [QWEN.id] });
    const found = items().length;
    await late;
    assert.strictEqual(items().length, found);
    assert.ok(items().every(({ model }) => model === QWEN.id));
    await history.more();
    assert.notOk(history.model.getProperty("/loading"), "the list is not left waiting");
});

QUnit.test("filters combine, and clearing them lists everything again", async (assert) => {
    const { history, items, get } = start({ runs: 24 });
    await history.filter({ outcomes: ["completed", "stopped"], minRating: "4" });
    assert.ok(items().length > 0 && items().length < 24);
    assert.ok(items().every(({ outcome, rating }) => outcome !== "failed" && outcome !== "interrupted" && (rating ?? 0) >= 4));
    assert.ok(get("/filtered"));
    await history.clearFilter();
    assert.strictEqual(items().length, 24);
    assert.notOk(get("/filtered"));
    assert.notOk(isFiltered(get("/fields")));
    assert.deepEqual(get("/fields"), noFilter());
});

QUnit.test("a sort holds over all pages, and runs without the value come last", async (assert) => {
    const { history, items } = start({ runs: 70 });
    await history.sortBy("ttft_ms", true);
    await history.more();
    const values = items().map(({ measures }) => measures.ttft_ms ?? null);
    const known = values.filter((value) => value !== null);
    assert.strictEqual(values.length, 70);
    assert.deepEqual(known, [...known].sort((a, b) => a - b));
    assert.deepEqual(values.slice(0, known.length), known);
});

QUnit.test("deletions are undone one after the other, the last one first", async (assert) => {
    const { history, ids, get } = start({ runs: 5 });
    await history.refresh();
    const before = ids();
    await history.remove({ kind: "runs", runs: [before[2]!] });
    history.select([before[0]!, before[1]!]);
    await history.remove();
    assert.deepEqual(ids(), [before[3], before[4]]);
    assert.deepEqual(get("/selected"), []);
    assert.deepEqual(
        get<Deletion[]>("/deletions").map(({ runs }) => runs),
        [1, 2],
    );
    await history.undo();
    assert.strictEqual(ids().length, 4);
    await history.undo();
    await history.undo();
    assert.deepEqual(ids(), before);
    assert.deepEqual(get("/deletions"), []);
});

QUnit.test("all that match can be deleted, loaded or not, and come back", async (assert) => {
    const { backend, history, ids, get, called } = start({ runs: 300 });
    await history.filter({ modes: ["fast"] });
    history.select([ids()[0]!]);
    history.selectAll();
    assert.strictEqual(get<string[]>("/selected").length, 50);
    await history.more();
    assert.strictEqual(get<string[]>("/selected").length, 100, "what is loaded later is selected too");
    await history.remove();
    assert.deepEqual(ids(), []);
    assert.strictEqual(backend.history.runs.length, 200);
    assert.ok(backend.history.runs.every(({ mode }) => mode?.id !== "fast"));
    assert.deepEqual(called("delete_runs")[0]?.input, {
        selection: { kind: "matching", filter: { models: [], modes: ["fast"], outcomes: [], tags: [] } },
    });
    await history.undo();
    assert.strictEqual(backend.history.runs.length, 300);
    assert.strictEqual(get<RunCount>("/count").count, 100);
});

QUnit.test("a selected run that goes away elsewhere is selected no longer", async (assert) => {
    const { backend, history, ids, get } = start({ runs: 5 });
    await history.refresh();
    const [gone, kept] = ids();
    history.select([gone!, kept!]);
    backend.history.runs.shift();
    await history.refresh();
    assert.deepEqual(get("/selected"), [kept]);
});

QUnit.test("a failure is kept beside the list, which stays, and goes away when it works again", async (assert) => {
    const { backend, history, items, get } = start({ runs: 3 });
    await history.refresh();
    delete window.__TAURI__;
    await history.refresh();
    assert.strictEqual(items().length, 3);
    assert.strictEqual(get<{ code: string }>("/problem").code, "internal");
    backend.install();
    await history.refresh();
    assert.strictEqual(get("/problem"), null);
});

QUnit.test("what can be filtered by follows the history once it was asked for", async (assert) => {
    const { backend, history, get, called } = start({ runs: 3 });
    await history.refresh();
    assert.strictEqual(called("run_facets").length, 0);
    await history.readFacets();
    assert.deepEqual(get("/facets/tags"), ["physics", "short"]);
    backend.history.runs[0]!.tags = ["new"];
    history.changed();
    await wait(50);
    assert.ok(get<string[]>("/facets/tags").includes("new"));
});
