import { filterCount, isFiltered, noFilter, toFilter } from "../../model/historyFilter";
import {
    canSelectAll,
    countText,
    deletedText,
    emptyText,
    filterSummary,
    filtersText,
    selectedText,
    title,
} from "../../model/historyFormat";
import { suggestedName, withExtension } from "../../model/exportPath";

QUnit.module("historyFilter");

QUnit.test("fields that are empty are no conditions", (assert) => {
    assert.deepEqual(toFilter(noFilter()), { models: [], modes: [], outcomes: [], tags: [] });
    assert.deepEqual(toFilter({ ...noFilter(), search: "  " }), { models: [], modes: [], outcomes: [], tags: [] });
    assert.notOk(isFiltered({ ...noFilter(), search: " " }));
});

QUnit.test("every field that is set is a condition", (assert) => {
    const fields = {
        ...noFilter(),
        search: " blue sky ",
        models: ["m"],
        modes: ["fast"],
        outcomes: ["failed" as const],
        tags: ["physics"],
        minRating: "3",
    };
    assert.deepEqual(toFilter(fields), {
        search: "blue sky",
        models: ["m"],
        modes: ["fast"],
        outcomes: ["failed"],
        tags: ["physics"],
        min_rating: 3,
    });
    assert.strictEqual(filterCount(fields), 5);
    assert.ok(isFiltered(fields));
});

QUnit.test("both days of a range are included whole, in the time of this place", (assert) => {
    const filter = toFilter({ ...noFilter(), from: new Date(2026, 2, 28, 15, 30), until: new Date(2026, 2, 29, 1) });
    assert.strictEqual(filter.from, new Date(2026, 2, 28).getTime() * 1000);
    assert.strictEqual(filter.until, new Date(2026, 2, 30).getTime() * 1000);
    const day = toFilter({ ...noFilter(), from: new Date(2026, 11, 31) });
    assert.strictEqual(day.until, new Date(2027, 0, 1).getTime() * 1000);
});

QUnit.test("the filters are summed up in words", (assert) => {
    const fields = { ...noFilter(), models: ["m.gguf", "gone"], minRating: "3", from: new Date(2026, 2, 28), tags: ["a", "b"] };
    const summary = filterSummary(fields, [{ id: "m.gguf", name: "Smol" }], []);
    assert.strictEqual(summary, "Model: Smol, gone · Time: Mar 28, 2026 · Rating: 3 and up · Tags: a, b");
    assert.strictEqual(filterSummary(noFilter(), [], []), "");
    assert.strictEqual(filtersText(fields), "Filters (4)");
    assert.strictEqual(filtersText(noFilter()), "Filters");
});

QUnit.test("counts say where counting ended", (assert) => {
    assert.strictEqual(countText({ count: 1234, at_least: false }), "1,234");
    assert.strictEqual(title({ count: 10_000, at_least: true }), "History (10,000+)");
    assert.strictEqual(title(null), "History");
});

QUnit.test("the selection is told, and when it can grow", (assert) => {
    const counted = { count: 120, at_least: false };
    assert.strictEqual(selectedText([], false, counted), "");
    assert.strictEqual(selectedText(["a", "b"], false, counted), "2 selected");
    assert.strictEqual(selectedText(["a"], true, counted), "All 120 selected");
    assert.ok(canSelectAll(["a"], false, counted));
    assert.notOk(canSelectAll([], false, counted));
    assert.notOk(canSelectAll(["a"], true, counted));
    assert.notOk(canSelectAll(["a"], false, { count: 1, at_least: false }));
});

QUnit.test("what was deleted last is told", (assert) => {
    assert.strictEqual(deletedText([{ deletion: 1, runs: 1 }]), "Run deleted");
    assert.strictEqual(deletedText([{ deletion: 1, runs: 1 }, { deletion: 2, runs: 1200 }]), "1,200 runs deleted");
});

QUnit.test("an empty list says why, once it is known", (assert) => {
    assert.strictEqual(emptyText(false, false), "");
    assert.ok(emptyText(true, false).startsWith("No runs yet"));
    assert.ok(emptyText(true, true).startsWith("No run matches"));
});

QUnit.test("the extension of an export follows its format, unless it is a person's own", (assert) => {
    assert.strictEqual(withExtension("/a/history.csv", "jsonl_chat"), "/a/history.jsonl");
    assert.strictEqual(withExtension("/a/history.JSONL", "csv"), "/a/history.csv");
    assert.strictEqual(withExtension("/a/history.txt", "csv"), "/a/history.txt");
    assert.strictEqual(suggestedName("jsonl_chat"), "history.jsonl");
});
