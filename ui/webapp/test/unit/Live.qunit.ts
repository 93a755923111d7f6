import Live, { type LiveState } from "../../model/Live";
import { engineWith, modelStatus } from "../fake/engine";
import { QWEN, SMOL } from "../fake/models";

const LIST = { folder: "/models", problem: null, models: [SMOL, QWEN] };
const state = (live: Live) => live.model.getData() as LiveState;

QUnit.module("Live");

QUnit.test("the backend's changes become the state on screen", (assert) => {
    let history = 0;
    const live = new Live(null, () => history++);
    assert.strictEqual(state(live).situation, "starting");
    live.onChange({ kind: "models", models: LIST });
    live.onChange({ kind: "engine", engine: engineWith(modelStatus({ model: QWEN.id })) });
    live.onChange({ kind: "history" });
    assert.strictEqual(state(live).situation, "ready");
    assert.strictEqual(live.chosen?.id, QWEN.id);
    assert.strictEqual(history, 1);
});

QUnit.test("a choice outlasts the engine's changes", (assert) => {
    const live = new Live(null, () => undefined);
    live.onChange({ kind: "models", models: LIST });
    live.choose(QWEN.id);
    live.onChange({ kind: "engine", engine: engineWith(modelStatus()) });
    assert.strictEqual(live.chosen?.id, QWEN.id);
});

QUnit.test("a lost subscription is said, not hidden", (assert) => {
    const live = new Live(null, () => undefined);
    live.lost({ code: "internal", message: "gone", details: {} });
    live.onChange({ kind: "models", models: LIST });
    assert.strictEqual(state(live).problem?.message, "gone");
});
