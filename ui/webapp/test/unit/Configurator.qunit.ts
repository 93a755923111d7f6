import type { Failure, MemoryReport, Preset } from "../../backend/studio";
import Configurator from "../../model/Configurator";
import { DEFAULTS, invalidIn, limitBytes, toConfiguration, toForm, typedContext } from "../../model/configuration";
import { exceeds, free, verdict, verdictText } from "../../model/memoryFormat";
import { FakeBackend, type Scenario } from "../fake/FakeBackend";
import { QWEN, SMOL } from "../fake/models";

const CONFIGURED = { parameters: { ...DEFAULTS, temperature: 0.2, stop: ["\n\n"], seed: 42 }, memory_limit_bytes: 400_000_000, pinned: true, runtime: "llama_cpp" as const, chat_template: "{{ messages }}" };
const PRESET: Preset = { name: "Cold", configuration: { parameters: { ...DEFAULTS, temperature: 0 }, memory_limit_bytes: null, pinned: false, runtime: "auto", chat_template: null } };

async function start(scenario: Scenario = {}) {
    const backend = new FakeBackend(scenario);
    backend.install();
    const configurator = new Configurator();
    await configurator.open(SMOL.id);
    const type = (field: string, value: unknown) => {
        configurator.model.setProperty(`/form/${field}`, value);
        configurator.edited();
    };
    const get = (path: string) => configurator.model.getProperty(path) as unknown;
    const called = (operation: string) => backend.calls.filter((call) => call.operation === operation).map(({ input }) => input);
    return { backend, configurator, type, get, called };
}

QUnit.module("Configurator");

QUnit.test("a configuration fills the form and comes back the same", (assert) => {
    assert.deepEqual(toConfiguration(toForm(CONFIGURED)), CONFIGURED);
    const empty = toForm({ parameters: DEFAULTS, memory_limit_bytes: null, pinned: false, runtime: "auto", chat_template: null });
    assert.deepEqual(toConfiguration(empty), { parameters: DEFAULTS, memory_limit_bytes: null, pinned: false, runtime: "auto", chat_template: null });
    assert.strictEqual(empty.limit, "");
    assert.strictEqual(empty.fields.temperature, "0.7");
});

QUnit.test("the first field out of range is named", (assert) => {
    const form = toForm(CONFIGURED);
    assert.strictEqual(invalidIn(form), undefined);
    assert.strictEqual(invalidIn({ ...form, limit: "0" }), "memory_limit_bytes");
    assert.strictEqual(invalidIn({ ...form, limit: "1.5" }), "memory_limit_bytes");
    assert.strictEqual(invalidIn({ ...form, fields: { ...form.fields, top_p: "0" } }), "top_p");
    assert.strictEqual(limitBytes(" 300 "), 300_000_000);
    assert.strictEqual(typedContext({ ...form.fields, context_length: "" }), null);
    assert.strictEqual(typedContext({ ...form.fields, context_length: "5" }), undefined);
});

QUnit.test("what is typed is saved for its model", async (assert) => {
    const { configurator, type, get, called } = await start();
    assert.notOk(configurator.dirty);
    type("fields/temperature", "0,3");
    assert.ok(configurator.dirty);
    assert.ok(await configurator.save());
    assert.notOk(configurator.dirty);
    assert.strictEqual(get("/saved"), true);
    const configuration = { parameters: { ...DEFAULTS, temperature: 0.3 }, memory_limit_bytes: null, pinned: false, runtime: "auto", chat_template: null };
    assert.deepEqual(called("save_configuration"), [{ model: SMOL.id, configuration }]);
});

QUnit.test("what is out of range is marked instead of sent", async (assert) => {
    const { configurator, type, get, called } = await start();
    type("fields/temperature", "3");
    assert.notOk(await configurator.save());
    assert.strictEqual(get("/invalid"), "temperature");
    assert.ok(String(get("/invalidText")).includes("0 to 2"));
    assert.deepEqual(called("save_configuration"), []);
    type("fields/temperature", "1");
    assert.strictEqual(get("/invalid"), "");
});

QUnit.test("what was typed and not saved is there again, model by model", async (assert) => {
    const { configurator, type, get } = await start();
    type("fields/top_k", "50");
    await configurator.open(QWEN.id);
    assert.strictEqual(get("/form/fields/top_k"), "0");
    await configurator.open(SMOL.id);
    assert.strictEqual(get("/form/fields/top_k"), "50");
    assert.ok(configurator.dirty);
    configurator.discard();
    assert.strictEqual(get("/form/fields/top_k"), "0");
    assert.notOk(configurator.dirty);
});

QUnit.test("a reset takes effect at once and can be taken back", async (assert) => {
    const { configurator, get, called } = await start({ configured: CONFIGURED });
    assert.strictEqual(get("/form/fields/temperature"), "0.2");
    assert.ok(await configurator.reset(SMOL.name));
    assert.strictEqual(get("/form/fields/temperature"), "0.7");
    assert.strictEqual(get("/saved"), false);
    assert.ok(String(get("/undoText")).includes(SMOL.name));
    assert.ok(await configurator.undo());
    assert.strictEqual(get("/form/fields/temperature"), "0.2");
    assert.strictEqual(get("/undoText"), "");
    assert.deepEqual(called("save_configuration"), [{ model: SMOL.id, configuration: CONFIGURED }]);
    assert.notOk(await configurator.undo());
});

QUnit.test("a preset is kept, put onto a model, removed and brought back", async (assert) => {
    const { configurator, type, get } = await start({ presets: [PRESET] });
    const names = () => (get("/presets") as Preset[]).map(({ name }) => name);
    await configurator.apply(PRESET);
    assert.strictEqual(get("/form/fields/temperature"), "0");
    assert.ok(configurator.dirty);
    type("fields/temperature", "1.9");
    assert.ok(await configurator.saveAs(" Wild "));
    assert.deepEqual(names(), ["Cold", "Wild"]);
    await configurator.remove(PRESET);
    assert.deepEqual(names(), ["Wild"]);
    await configurator.undo();
    assert.deepEqual(names(), ["Cold", "Wild"]);
});

QUnit.test("a file fills the form; one that can't be written is told where the path is", async (assert) => {
    const { configurator, get } = await start();
    await configurator.import("/home/ada/cold.json");
    assert.strictEqual(get("/form/fields/temperature"), "0.25");
    assert.strictEqual(get("/form/limit"), "300");
    assert.ok(configurator.dirty);
    await configurator.export("/home/ada/cold.json");
    const refusal = await configurator.export("cold.json").catch((error: Failure) => error);
    assert.strictEqual(refusal?.details.field, "path");
    assert.strictEqual(get("/problem"), null);
});

QUnit.test("the memory is estimated anew for what is typed", async (assert) => {
    const { configurator, type, get, called } = await start();
    const before = get("/report") as MemoryReport;
    assert.strictEqual(before.context_length, 2048);
    type("fields/context_length", "512");
    await new Promise((resolve) => setTimeout(resolve, 350));
    const after = get("/report") as MemoryReport;
    assert.strictEqual(after.context_length, 512);
    assert.ok(after.estimate!.total_bytes < before.estimate!.total_bytes);
    const asked = called("estimate_memory").length;
    type("fields/context_length", "5");
    await configurator.estimate();
    assert.strictEqual(called("estimate_memory").length, asked);
});

QUnit.test("the verdict goes by the limit that is typed, and by what the loaded model gives back", (assert) => {
    const estimate = { weights_bytes: 200e6, kv_cache_bytes: 80e6, workspace_bytes: 20e6, total_bytes: 300e6 };
    const report: MemoryReport = { available_bytes: 250e6, loaded_bytes: 140e6, pinned_bytes: 0, total_bytes: 16e9, context_length: 2048, estimate, verdict: "fits" };
    assert.strictEqual(free(report), 390e6);
    assert.strictEqual(free({ ...report, budget_bytes: 350e6, pinned_bytes: 100e6 }), 250e6, "within the budget");
    assert.strictEqual(verdict(report, null), "fits");
    assert.strictEqual(verdict(report, 299e6), "exceedsLimit");
    assert.ok(exceeds(report, 299e6));
    assert.strictEqual(verdict({ ...report, verdict: "exceeds" }, 400e6), "fits");
    assert.strictEqual(verdict({ ...report, verdict: "exceeds", loaded_bytes: null }, null), "exceeds");
    assert.strictEqual(verdict({ ...report, estimate: null }, null), "unknown");
    assert.strictEqual(verdictText(report, null), "Fits: needs about 300 MB, 390 MB are free, with a context of 2,048 tokens");
    assert.strictEqual(verdictText(report, 200e6), "Above the limit: needs about 300 MB, 200 MB are allowed, with a context of 2,048 tokens");
    assert.strictEqual(verdictText(null, null), "The memory is being estimated");
});
