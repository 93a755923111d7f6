import Preferences, { initialPreferences, restored } from "../../model/Preferences";

QUnit.module("preferences");

QUnit.test("what is stored wins, what is damaged or of another type falls back", (assert) => {
    const initial = initialPreferences(1280);
    assert.deepEqual(restored(null, initial), initial);
    assert.deepEqual(restored("not json", initial), initial);
    assert.deepEqual(restored("null", initial), initial);
    const stored = restored(
        JSON.stringify({ prompt: 7, model: "a.gguf", mode: 3, parameters: { temperature: "0.2", seed: null, top_k: 5, stop: [7] }, alien: 1 }),
        initial,
    );
    assert.deepEqual(stored, {
        ...initial,
        model: "a.gguf",
        parameters: { ...initial.parameters, temperature: "0.2" },
    });
});

QUnit.test("the navigation starts open only where there is room", (assert) => {
    assert.notOk(initialPreferences(1280).navigationExpanded);
    assert.ok(initialPreferences(1920).navigationExpanded);
});

QUnit.test("a change is saved within a moment", async (assert) => {
    const storage = { stored: "", getItem: () => null, setItem: (_key: string, value: string) => (storage.stored = value) };
    const preferences = new Preferences(storage as unknown as Storage);
    preferences.setProperty("/prompt", "hello");
    assert.strictEqual(storage.stored, "");
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.strictEqual((JSON.parse(storage.stored) as { prompt: string }).prompt, "hello");
});
