import type { Mode } from "../../backend/studio";
import ModeEditor from "../../model/ModeEditor";
import Modes from "../../model/Modes";
import { FakeBackend } from "../fake/FakeBackend";

async function start(remembered: string | null = null) {
    const backend = new FakeBackend({});
    backend.install();
    const memory = { mode: remembered, get: () => memory.mode, set: (mode: string) => void (memory.mode = mode) };
    const modes = new Modes(memory);
    await modes.refresh();
    const editor = new ModeEditor(() => modes.refresh());
    return { backend, memory, modes, editor, shown: (path: string) => modes.model.getProperty(path) as never };
}
const names = (modes: Mode[]) => modes.map(({ name }) => name);

QUnit.module("Modes");

QUnit.test("the first start takes the default mode, later ones what was chosen", async (assert) => {
    const first = await start();
    assert.strictEqual(first.modes.chosen?.id, "normal");
    first.modes.choose("expert");
    assert.strictEqual(first.memory.mode, "expert");
    assert.strictEqual((await start("expert")).modes.chosen?.id, "expert");
    assert.strictEqual((await start("gone")).modes.chosen?.id, "normal");
});

QUnit.test("what does not fit stands in the menu, unless it is chosen", async (assert) => {
    const { modes, editor, shown } = await start();
    editor.add("Poet", false);
    const saved = await editor.save();
    assert.deepEqual(names(shown("/beside")), ["Fast", "Normal", "Expert", "Research"]);
    assert.deepEqual(names(shown("/menu")), ["Poet", "Edit modes…"]);
    modes.choose(saved?.id ?? "");
    assert.deepEqual(names(shown("/beside")), ["Fast", "Normal", "Expert", "Research", "Poet"]);
    assert.deepEqual(names(shown("/menu")), ["Edit modes…"]);
});

QUnit.test("a mode is changed and reset, and the reset undone", async (assert) => {
    const { modes, editor } = await start();
    editor.edit(modes.find("fast"));
    editor.model.setProperty("/fields/temperature", "0.5");
    editor.edited();
    await editor.save();
    assert.strictEqual(modes.find("fast")?.parameters?.temperature, 0.5);
    assert.ok(modes.find("fast")?.changed);
    await editor.remove(modes.find("fast") as Mode);
    assert.strictEqual(modes.find("fast")?.parameters?.temperature, 0.2);
    assert.strictEqual(editor.state.undoneText, "Fast reset");
    await editor.undo();
    assert.strictEqual(modes.find("fast")?.parameters?.temperature, 0.5);
});

QUnit.test("an own mode is duplicated, removed, and brought back", async (assert) => {
    const { modes, editor } = await start();
    editor.edit(modes.find("research"));
    editor.add("Copy of Research", true);
    const copy = await editor.save();
    assert.deepEqual(copy?.parameters, modes.find("research")?.parameters);
    modes.choose(copy?.id ?? "");
    await editor.remove(copy as Mode);
    assert.strictEqual(modes.find(copy?.id), undefined);
    assert.strictEqual(modes.chosen?.id, "normal");
    await editor.undo();
    assert.strictEqual(modes.find(copy?.id)?.name, "Copy of Research");
});

QUnit.test("what the backend would refuse is marked instead of sent", async (assert) => {
    const { backend, editor } = await start();
    editor.add(" ", false);
    assert.strictEqual(await editor.save(), null);
    assert.strictEqual(editor.page.getProperty("/invalid"), "name");
    editor.model.setProperty("/name", "Hot");
    editor.model.setProperty("/fields/temperature", "3");
    assert.strictEqual(await editor.save(), null);
    assert.strictEqual(editor.page.getProperty("/invalid"), "temperature");
    assert.strictEqual(backend.calls.filter(({ operation }) => operation === "save_mode").length, 0);
});

QUnit.test("what was typed for a mode waits while another is edited, until it is discarded", async (assert) => {
    const { modes, editor } = await start();
    editor.edit(modes.find("fast"));
    editor.model.setProperty("/name", "Faster");
    editor.edited();
    editor.edit(modes.find("expert"));
    assert.deepEqual([editor.state.name, editor.state.dirty], ["Expert", false]);
    editor.edit(modes.find("fast"));
    assert.deepEqual([editor.state.name, editor.state.dirty], ["Faster", true]);
    editor.discard(modes.find("fast"));
    assert.deepEqual([editor.state.name, editor.state.dirty], ["Fast", false]);
    editor.add("New mode", false);
    editor.model.setProperty("/name", "Poet");
    editor.edit(modes.find("fast"));
    editor.add("New mode", false);
    assert.strictEqual(editor.state.name, "Poet");
});

QUnit.test("a mode asks the chosen model or its own, also one that is gone", async (assert) => {
    const { editor } = await start();
    const offered = () => editor.state.models.map(({ name }) => name);
    editor.offer([{ id: "a.gguf", name: "A" }]);
    editor.add("Poet", false);
    assert.deepEqual(offered(), ["The chosen model", "A"]);
    assert.strictEqual((await editor.save())?.model, null);
    editor.model.setProperty("/model", "a.gguf");
    const saved = await editor.save();
    assert.strictEqual(saved?.model, "a.gguf");
    editor.offer([]);
    assert.deepEqual(offered(), ["The chosen model", "a.gguf"]);
    editor.edit(undefined);
    assert.deepEqual(offered(), ["The chosen model"]);
});
