import type { Notification } from "../../backend/studio";
import Attention, { LONG_RUN_MS } from "../../model/attention";
import Notifications from "../../model/Notifications";
import { ago, badge, bellTooltip, body, linkText, title } from "../../model/notificationFormat";
import { FakeBackend, type Scenario } from "../fake/FakeBackend";

function start(scenario: Scenario) {
    const backend = new FakeBackend(scenario);
    backend.install();
    const notifications = new Notifications();
    const items = () => notifications.model.getProperty("/items") as Notification[];
    const get = (path: string) => notifications.model.getProperty(path) as unknown;
    const called = (operation: string) => backend.calls.filter((call) => call.operation === operation).map(({ input }) => input);
    return { backend, notifications, items, get, called };
}

QUnit.module("Notifications");

QUnit.test("they come page by page, newest first", async (assert) => {
    const { notifications, items, get } = start({ notifications: 45 });
    await notifications.open();
    assert.strictEqual(items().length, 20);
    await notifications.more();
    await notifications.more();
    assert.strictEqual(items().length, 45);
    assert.strictEqual(get("/next"), null);
    assert.deepEqual(
        items().map(({ id }) => id),
        Array.from({ length: 45 }, (_, index) => 1000 - index),
    );
});

QUnit.test("what is opened counts as read, up to the newest that is shown", async (assert) => {
    const { notifications, called } = start({ notifications: 4 });
    notifications.onUnread(2);
    await notifications.open();
    assert.deepEqual(called("read_notifications"), [{ up_to: 1000 }]);
    const seen = start({ notifications: 4 });
    await seen.notifications.open();
    assert.deepEqual(seen.called("read_notifications"), []);
});

QUnit.test("one that comes joins the open list when it is of its level, and is read there", async (assert) => {
    const { notifications, items, called } = start({ notifications: 4 });
    const added: Notification = { id: 2000, at: 1, read: false, level: "error", topic: "engine_failed", facts: {}, subject: null };
    notifications.onNotification(added);
    assert.deepEqual(items(), []);
    await notifications.open();
    notifications.onNotification(added);
    assert.strictEqual(items()[0]?.id, 2000);
    assert.deepEqual(called("read_notifications"), [{ up_to: 2000 }]);
    await notifications.filter("info");
    notifications.onNotification({ ...added, id: 2001 });
    assert.notStrictEqual(items()[0]?.id, 2001);
    await notifications.filter("all");
    notifications.close();
    notifications.onNotification({ ...added, id: 2002 });
    assert.strictEqual(items()[0]?.id, 1000);
});

QUnit.test("one level alone is shown and dismissed", async (assert) => {
    const { notifications, items, called } = start({ notifications: 8 });
    await notifications.open();
    await notifications.filter("error");
    assert.deepEqual([...new Set(items().map(({ level }) => level))], ["error"]);
    await notifications.dismiss(1000);
    assert.strictEqual(items().length, 1);
    await notifications.dismissAll();
    assert.deepEqual(items(), []);
    assert.deepEqual(called("dismiss_all_notifications"), [{ level: "error" }]);
    await notifications.filter("all");
    assert.strictEqual(items().length, 6);
});

QUnit.test("a slow answer for a filter that was left does not overwrite the present one", async (assert) => {
    const { notifications, items } = start({ notifications: 8 });
    await Promise.all([notifications.filter("error"), notifications.filter("warning")]);
    assert.deepEqual([...new Set(items().map(({ level }) => level))], ["warning"]);
});

QUnit.test("what is refused is said", async (assert) => {
    const { notifications, get } = start({});
    delete window.__TAURI__;
    await notifications.open();
    assert.strictEqual((get("/problem") as { code: string }).code, "internal");
    assert.strictEqual(get("/busy"), false);
});

QUnit.test("a notification in words", (assert) => {
    const exported = { topic: "runs_exported", facts: { rows: 12_431, path: "/home/ada/runs.jsonl" } } as const;
    assert.strictEqual(title(exported), "Runs exported");
    assert.strictEqual(body(exported), "12,431 runs are in /home/ada/runs.jsonl.");
    assert.strictEqual(body({ topic: "run_failed", facts: { model: "{0}", reason: "It's {1} full" } }), "{0}: It's {1} full");
    assert.strictEqual(linkText({ subject: { kind: "run", run: "1" } } as Notification), "Open the run");
    assert.strictEqual(linkText({ subject: null } as Notification), "");
    const now = Date.now();
    assert.strictEqual(ago((now - 5 * 60_000) * 1000, now), "5 minutes ago");
    assert.strictEqual(ago((now + 60_000) * 1000, now), ago(now * 1000, now));
    assert.deepEqual([badge(0), badge(7), badge(100)], ["", "7", "99+"]);
    assert.ok(bellTooltip(3).includes("3 unread"));
    assert.notOk(bellTooltip(0).includes("unread"));
});

QUnit.module("attention");

QUnit.test("the system calls back after a long run behind the person's back, and only then", async (assert) => {
    const backend = new FakeBackend({});
    backend.install();
    let hidden = true;
    let allowed = true;
    let now = 0;
    const attention = new Attention(
        () => allowed,
        () => hidden,
        () => now,
    );
    const run = (milliseconds: number, failed = false) => {
        attention.onRuns(true, false);
        attention.onRuns(true, false);
        now += milliseconds;
        attention.onRuns(false, failed);
    };
    run(LONG_RUN_MS + 1);
    run(LONG_RUN_MS);
    run(LONG_RUN_MS + 1, true);
    hidden = false;
    run(LONG_RUN_MS + 1);
    hidden = true;
    allowed = false;
    run(LONG_RUN_MS + 1);
    await Promise.resolve();
    assert.strictEqual(backend.calls.filter(({ operation }) => operation === "window_notify").length, 1);
});

QUnit.test("a notification reaches the system with its own words", async (assert) => {
    const backend = new FakeBackend({});
    backend.install();
    const attention = new Attention(
        () => true,
        () => true,
    );
    attention.onNotification({ id: 1, at: 0, read: false, level: "info", topic: "model_imported", facts: { model: "A" } });
    await Promise.resolve();
    assert.deepEqual(backend.calls, [
        { operation: "window_notify", input: { title: "Model imported", text: "A can be loaded now." } },
    ]);
});
