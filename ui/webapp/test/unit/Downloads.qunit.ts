import Downloads, { type DownloadRow } from "../../model/Downloads";
import { cancellation, figures, isUnderWay, percent, problemText, toggleIcon, toggleTooltip } from "../../model/downloadFormat";
import Tasks, { type WorkItem } from "../../model/Tasks";
import { cancelIcon, cancelTooltip, figures as taskFigures } from "../../model/taskFormat";
import { FakeBackend } from "../fake/FakeBackend";
import { download } from "../fake/hub";

function start() {
    let now = 0;
    const downloads = new Downloads(() => now);
    const rows = () => downloads.model.getProperty("/items") as DownloadRow[];
    const wait = (milliseconds: number) => (now += milliseconds);
    return { downloads, rows, wait };
}

QUnit.module("Downloads");

QUnit.test("the rate and the time left come from what was heard", async (assert) => {
    const { downloads, rows, wait } = start();
    downloads.onDownloads([download()]);
    assert.strictEqual(figures(rows()[0]!), "Downloading · 25 % of 400 MB");
    wait(2000);
    downloads.onDownloads([download({ done_bytes: 120_000_000 })]);
    // Shown at most twice a second.
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.strictEqual(figures(rows()[0]!), "Downloading · 30 % of 400 MB · 10.0 MB/s · 0:28");
});

QUnit.test("one that rests or failed has no rate, and says why", (assert) => {
    const { downloads, rows } = start();
    const problem = { code: "offline", message: "huggingface.co was not reached.", details: {} } as const;
    downloads.onDownloads([download({ state: "failed", problem })]);
    const [row] = rows();
    assert.strictEqual(figures(row!), "Failed · 25 % of 400 MB");
    assert.ok(problemText(row!).includes("not reached"));
    assert.notOk(isUnderWay(row!));
    assert.strictEqual(toggleIcon(row!), "sap-icon://media-play");
    assert.ok(toggleTooltip(row!).startsWith("Go on with"));
    assert.strictEqual(percent(row!), 25);
    assert.ok(cancellation(row!).includes("100 MB"));
});

QUnit.test("it is paused, gone on with and cancelled by the backend", async (assert) => {
    const backend = new FakeBackend({ downloads: [download()] });
    backend.install();
    const { downloads } = start();
    await downloads.pause("a.gguf");
    await downloads.resume("a.gguf");
    await downloads.cancel("a.gguf");
    assert.deepEqual(
        backend.calls.map(({ operation, input }) => [operation, input]),
        ["pause_download", "resume_download", "cancel_download"].map((operation) => [operation, { name: "a.gguf" }]),
    );
});

QUnit.test("a refusal is said, unless the download has ended anyway", async (assert) => {
    const { downloads } = start();
    for (const [code, said] of [["internal", "No."], ["not_found", undefined]]) {
        new FakeBackend({}).install();
        window.__TAURI__!.core.invoke = () => Promise.reject({ code, message: "No.", details: {} });
        await downloads.pause("a.gguf");
        assert.strictEqual(downloads.model.getProperty("/problem")?.message, said);
    }
});

QUnit.test("in the work bar a download is paused, not lost", async (assert) => {
    new FakeBackend({}).install();
    const tasks = new Tasks();
    const items = () => tasks.model.getProperty("/items") as WorkItem[];
    tasks.onTasks([{ id: 1, kind: "download_model", subject: "a.gguf", done: 1, total: 4, started_at: 0 }]);
    assert.strictEqual(cancelTooltip(items()[0]!), "Pause: Downloading a.gguf");
    assert.strictEqual(cancelIcon(items()[0]!), "sap-icon://media-pause");
    await tasks.cancel(items()[0]!);
    assert.strictEqual(taskFigures(items()[0]!), "Being paused");
});
