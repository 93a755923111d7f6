import type { Task } from "../../backend/studio";
import Tasks, { type WorkItem } from "../../model/Tasks";
import { cancelTooltip, clock, figures, itemText, percent } from "../../model/taskFormat";
import { engineWith, modelStatus } from "../fake/engine";
import { FakeBackend } from "../fake/FakeBackend";

const IMPORT: Task = { id: 7, kind: "import_model", subject: "a.gguf", done: 0, total: 100_000_000, started_at: 0 };
const LOADING = { state: "loading", model: "b.gguf", model_name: "B" } as const;

function start() {
    let now = 0;
    const tasks = new Tasks(() => now);
    const items = () => tasks.model.getProperty("/items") as WorkItem[];
    const wait = (milliseconds: number) => (now += milliseconds);
    return { tasks, items, wait };
}

function failing(code: string) {
    const backend = new FakeBackend({});
    backend.install();
    const { invoke } = window.__TAURI__!.core;
    window.__TAURI__!.core.invoke = (operation, args) =>
        operation === "cancel_task" ? Promise.reject({ code, message: "No.", details: {} }) : invoke(operation, args);
}

QUnit.module("Tasks");

QUnit.test("a load and the backend's tasks are shown while they last", (assert) => {
    const { tasks, items } = start();
    tasks.onTasks([IMPORT]);
    const progress = { stage: "reading", bytes_read: 43, bytes_total: 100 } as const;
    tasks.onEngine(engineWith(modelStatus({ ...LOADING, progress })));
    assert.deepEqual(
        items().map(({ key, subject, done }) => [key, subject, done]),
        [["load-b.gguf", "B", 43], ["task-7", "a.gguf", 0]],
    );
    tasks.onEngine(engineWith(modelStatus({ model: "b.gguf" })));
    tasks.onTasks([]);
    assert.deepEqual(items(), []);
});

QUnit.test("the rate and the time left come from what was heard", async (assert) => {
    const { tasks, items, wait } = start();
    tasks.onTasks([IMPORT]);
    assert.strictEqual(items()[0]?.rate, null);
    wait(2000);
    tasks.onTasks([{ ...IMPORT, done: 20_000_000 }]);
    // Shown at most twice a second.
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.strictEqual(items()[0]?.rate, 10_000_000);
    assert.strictEqual(items()[0]?.remaining, 8);
    assert.strictEqual(figures(items()[0]!), "20 % · 10.0 MB/s · 0:08");
});

QUnit.test("a task that is cancelled is marked until it has gone", async (assert) => {
    const backend = new FakeBackend({});
    backend.install();
    const { tasks, items } = start();
    tasks.onTasks([IMPORT]);
    await tasks.cancel(items()[0]!);
    assert.ok(items()[0]?.cancelling);
    assert.strictEqual(figures(items()[0]!), "Being cancelled");
    assert.deepEqual(backend.calls, [{ operation: "cancel_task", input: { task: 7 } }]);
    tasks.onTasks([]);
    tasks.onTasks([IMPORT]);
    assert.notOk(items()[0]?.cancelling);
});

QUnit.test("a load is cancelled by unloading", async (assert) => {
    const backend = new FakeBackend({});
    backend.install();
    const { tasks, items } = start();
    tasks.onEngine(engineWith(modelStatus(LOADING)));
    await tasks.cancel(items()[0]!);
    assert.deepEqual(backend.calls, [{ operation: "unload_model", input: { model: "b.gguf" } }]);
});

QUnit.test("a refused cancellation is said, unless the task has ended anyway", async (assert) => {
    const { tasks, items } = start();
    tasks.onTasks([IMPORT]);
    failing("internal");
    await tasks.cancel(items()[0]!);
    assert.notOk(items()[0]?.cancelling);
    assert.strictEqual(tasks.model.getProperty("/problem/message"), "No.");
    failing("not_found");
    await tasks.cancel(items()[0]!);
    assert.strictEqual(tasks.model.getProperty("/problem"), null);
});

QUnit.test("work in words", (assert) => {
    const { tasks, items } = start();
    tasks.onTasks([{ ...IMPORT, id: 8, kind: "export_runs", subject: "runs.csv", done: 1200, total: null }]);
    const [item] = items();
    assert.strictEqual(itemText(item!), "Exporting to runs.csv");
    assert.strictEqual(figures(item!), "1,200 rows");
    assert.strictEqual(percent(item!), 0);
    assert.strictEqual(cancelTooltip(item!), "Cancel: Exporting to runs.csv");
    assert.deepEqual([0.2, 80, 3661, Infinity].map(clock), ["0:01", "1:20", "1:01:01", "–"]);
});
