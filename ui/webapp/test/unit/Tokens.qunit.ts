import nextUIUpdate from "sap/ui/test/utils/nextUIUpdate";
import Tokens from "../../control/Tokens";

let control: Tokens;
let told: string[][];

async function place(settings: object): Promise<void> {
    told = [];
    control = new Tokens({
        ...settings,
        textsChange: (event: { getParameter(name: string): string[] }) => told.push(event.getParameter("texts")),
    } as object);
    control.placeAt("qunit-fixture");
    await nextUIUpdate();
}

function typeIn(typed: string): void {
    control.setValue(typed);
    control.fireChange({ value: typed });
}

const shown = () => control.getTokens().map((token) => token.getText());

QUnit.module("Tokens", { afterEach: () => control.destroy() });

QUnit.test("what is typed becomes a token once, trimmed", async (assert) => {
    await place({ texts: ["a"] });
    typeIn("  b ");
    typeIn("b");
    typeIn(" ");
    assert.deepEqual(shown(), ["a", "b"]);
    assert.deepEqual(told, [["a", "b"]]);
    assert.strictEqual(control.getValue(), "");
});

QUnit.test("there are no more than may be", async (assert) => {
    await place({ texts: ["a", "b"], maxTexts: 2 });
    typeIn("c");
    assert.deepEqual(shown(), ["a", "b"]);
});

QUnit.test("a removed token is told", async (assert) => {
    await place({ texts: ["a", "b"] });
    control.fireTokenUpdate({ type: "removed", removedTokens: [control.getTokens()[0]!], addedTokens: [] });
    assert.deepEqual(shown(), ["b"]);
    assert.deepEqual(told, [["b"]]);
});

QUnit.test("line breaks are typed and shown as escapes where that is asked for", async (assert) => {
    await place({ escaped: true });
    typeIn("\\n\\n");
    typeIn(" Q:");
    typeIn('a"b');
    assert.deepEqual(told.at(-1), ["\n\n", " Q:", 'a"b']);
    assert.deepEqual(shown(), ["\\n\\n", " Q:", 'a\\"b']);
});
