import { languages } from "../../model/languages";
import Settings from "../../model/Settings";
import { FakeBackend, type Scenario } from "../fake/FakeBackend";

const BOOT = "nopenai.boot";

/** A storage of its own, so that the page's stays as it is. */
class Store {
    readonly items = new Map<string, string>();
    constructor(private readonly full = false) {}
    getItem(key: string): string | null {
        return this.items.get(key) ?? null;
    }
    setItem(key: string, value: string): void {
        if (this.full) {
            throw new Error("full");
        }
        this.items.set(key, value);
    }
}

function start({ busy = false, full = false, scenario = {} as Scenario } = {}) {
    const backend = new FakeBackend(scenario);
    backend.install();
    const store = new Store(full);
    const page = { busy: () => busy, reload: () => void (reloads += 1), storage: store as unknown as Storage };
    let reloads = 0;
    const applied: number[] = [];
    const settings = new Settings(page, ({ refresh_interval_s }) => applied.push(refresh_interval_s));
    const setBusy = (value: boolean) => (busy = value);
    return { backend, settings, store, applied, setBusy, reloads: () => reloads, get: (path: string) => settings.model.getProperty(path) as unknown };
}

QUnit.module("Settings", {
    afterEach() {
        start().settings.apply({ ...start().settings.values, theme: "light" });
    },
});

QUnit.test("a change is saved, put into effect, and kept for the first paint", async (assert) => {
    const { settings, store, applied, reloads } = start();
    assert.ok(await settings.change({ theme: "dark", density: "cozy", refresh_interval_s: 9 }));
    assert.strictEqual(document.documentElement.style.colorScheme, "dark");
    assert.ok(document.documentElement.classList.contains("sapUiSizeCozy"));
    assert.deepEqual(JSON.parse(store.getItem(BOOT) ?? ""), { theme: "dark", language: "system", density: "cozy" });
    assert.deepEqual(applied, [9]);
    assert.strictEqual(reloads(), 0);
    await settings.change({ density: "compact" });
    assert.ok(document.documentElement.classList.contains("sapUiSizeCompact"));
});

QUnit.test("what is refused stands beside its field, and nothing changes", async (assert) => {
    const { settings, get } = start();
    assert.notOk(await settings.change({ models_folder: "models" }));
    assert.strictEqual(get("/invalid"), "models_folder");
    assert.strictEqual(get("/models_folder"), null);
    assert.ok(await settings.change({ models_folder: "/models" }));
    assert.strictEqual(get("/invalid"), "");
    assert.strictEqual(get("/problem"), null);
});

QUnit.test("another language reloads the page, at once or when nothing runs any more", async (assert) => {
    const idle = start();
    await idle.settings.change({ language: "ar" });
    assert.strictEqual(idle.reloads(), 1);

    const busy = start({ busy: true });
    await busy.settings.change({ language: "de" });
    assert.strictEqual(busy.reloads(), 0);
    assert.strictEqual(busy.get("/reloadPending"), true);
    busy.setBusy(false);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    assert.strictEqual(busy.reloads(), 1);
});

QUnit.test("a change of language that is taken back waits for nothing", async (assert) => {
    const { settings, get, setBusy, reloads } = start({ busy: true });
    await settings.change({ language: "de" });
    await settings.change({ language: window.nopenaiBoot.language });
    assert.strictEqual(get("/reloadPending"), false);
    setBusy(false);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    assert.strictEqual(reloads(), 0);
});

QUnit.test("a full storage reloads nothing: it would change nothing, for ever", async (assert) => {
    const { settings, reloads } = start({ full: true });
    assert.ok(await settings.change({ language: "ar" }));
    assert.strictEqual(reloads(), 0);
});

QUnit.test("each language is named in its own words, the system's first", (assert) => {
    const [system, ...others] = languages();
    assert.strictEqual(system?.key, "system");
    assert.deepEqual(
        others.map(({ text }) => text),
        ["English", "Deutsch", "العربية"],
    );
});
