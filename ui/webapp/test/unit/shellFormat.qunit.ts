import { IDLE } from "../../model/engine";
import JSONModel from "sap/ui/model/json/JSONModel";
import { deletion, filesText, hashingPercent, hashText, modelFacts } from "../../model/modelFacts";
import { modelFilter } from "../../model/modelFilter";
import { modelRows } from "../../model/models";
import { shortcutOf, shortcuts } from "../../model/shortcuts";
import { GEMMA, QWEN, SMOL } from "../fake/models";

QUnit.module("model facts");

QUnit.test("all that a file says is listed, and only that", (assert) => {
    const facts = Object.fromEntries(modelFacts(QWEN).map(({ label, value }) => [label, value]));
    assert.strictEqual(facts["Parameters"], "7.62B (7,615,616,512)");
    assert.strictEqual(facts["Context"], "32,768 tokens");
    assert.strictEqual(facts["Attention heads"], "28, keys and values 4");
    assert.strictEqual(facts["Licence"], "apache-2.0");
    assert.deepEqual(
        modelFacts(GEMMA).map(({ label }) => label),
        ["Size", "Format", "Modified"],
    );
    const unlicensed = { ...QWEN, facts: { ...QWEN.facts!, licence: null, kv_heads: 28 } };
    const known = Object.fromEntries(modelFacts(unlicensed).map(({ label, value }) => [label, value]));
    assert.strictEqual(known["Licence"], "–");
    assert.strictEqual(known["Attention heads"], "28");
});

QUnit.test("the hash, or how far it has come", (assert) => {
    assert.strictEqual(hashText(SMOL), SMOL.sha256);
    assert.strictEqual(hashText(QWEN), "Being computed, 40 %");
    assert.strictEqual(hashingPercent(QWEN), 40);
    assert.strictEqual(hashText(GEMMA), "–");
    assert.strictEqual(hashingPercent(null), 0);
});

QUnit.test("a deletion names what goes: the files, or the link alone", (assert) => {
    assert.ok(deletion(SMOL).includes(filesText(SMOL)));
    assert.ok(deletion(SMOL).includes("98.4 MB become free"));
    assert.ok(deletion(QWEN).includes("stays"));
    assert.ok(deletion(QWEN).includes(QWEN.link_target!));
});

QUnit.test("a search finds models by name, file, architecture and quantization", (assert) => {
    const rows = new JSONModel(modelRows([SMOL, QWEN, GEMMA], IDLE)).bindList("/");
    const found = (search: string) => {
        rows.filter(modelFilter(search));
        return rows.getCurrentContexts().map((context) => context?.getProperty("id") as string);
    };
    assert.deepEqual(found("SMOLLM"), [SMOL.id]);
    assert.deepEqual(found("qwen2"), [QWEN.id]);
    assert.deepEqual(found("q4_k_m"), [QWEN.id, GEMMA.id]);
    assert.deepEqual(found("nothing"), []);
    assert.strictEqual(found("").length, 3);
});

QUnit.module("shortcuts");

const press = (key: string, options: KeyboardEventInit = {}, target: EventTarget = document.body) => {
    let found: string | undefined;
    const hear = (event: Event) => (found = shortcutOf(event as KeyboardEvent));
    document.addEventListener("keydown", hear, { once: true });
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...options }));
    return found;
};

QUnit.test("keys stand for what they open", (assert) => {
    assert.strictEqual(press(",", { ctrlKey: true }), "settings");
    assert.strictEqual(press("l", { metaKey: true }), "models");
    assert.strictEqual(press("L", { ctrlKey: true, shiftKey: true }), "manageModels");
    assert.strictEqual(press("?", { shiftKey: true }), "shortcuts");
    assert.strictEqual(press("?"), "shortcuts");
    assert.strictEqual(press("l"), undefined);
    assert.strictEqual(press("b", { ctrlKey: true, altKey: true }), undefined);
});

QUnit.test("a question mark that is typed is text", (assert) => {
    const input = document.createElement("input");
    document.getElementById("qunit-fixture")?.append(input);
    assert.strictEqual(press("?", {}, input), undefined);
    assert.strictEqual(press("F1", {}, input), "shortcuts");
    assert.strictEqual(press(",", { ctrlKey: true }, input), "settings");
});

QUnit.test("every shortcut is listed with its keys, in its group", (assert) => {
    const listed = shortcuts();
    assert.strictEqual(listed.find(({ does }) => does === "Settings")?.keys, "Ctrl+,");
    assert.deepEqual([...new Set(listed.map(({ group }) => group))], ["Everywhere", "Prompt and answer", "Chat", "History"]);
    assert.ok(listed.every(({ keys, does }) => keys !== "" && does !== ""));
});
