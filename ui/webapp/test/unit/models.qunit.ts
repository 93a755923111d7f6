import type { EngineStatus } from "../../backend/studio";
import { modelRows, situation, usableModel } from "../../model/models";
import { chosenTitle, engineText, facts, noModels, stateText } from "../../model/modelFormat";
import { GEMMA, QWEN, SMOL } from "../fake/models";

const IDLE: EngineStatus = { state: "idle", waiting: 0 };
const READY: EngineStatus = { state: "ready", model: SMOL.id, memory_bytes: 142_000_000, waiting: 0 };
const row = (engine: EngineStatus) => modelRows([SMOL], engine)[0]!;

QUnit.module("models");

QUnit.test("each model carries what the engine does with it", (assert) => {
    const rows = modelRows([SMOL, GEMMA, QWEN], READY);
    assert.deepEqual(
        rows.map(({ name, state }) => [name, state]),
        [
            [QWEN.name, "onDisk"],
            [SMOL.name, "ready"],
            [GEMMA.name, "unsupported"],
        ],
    );
    assert.strictEqual(row({ ...READY, state: "busy" }).state, "busy");
    assert.strictEqual(row({ ...READY, state: "failed" }).state, "failed");
});

QUnit.test("a model's state and facts in words", (assert) => {
    const progress = { stage: "reading", bytes_read: 43, bytes_total: 100 } as const;
    assert.strictEqual(stateText(row(READY)), "Ready · 142 MB");
    assert.strictEqual(stateText(row({ ...READY, state: "loading", memory_bytes: null, progress })), "Loading 43 %");
    assert.strictEqual(stateText(row(IDLE)), "On disk");
    assert.strictEqual(facts(row(IDLE)), "llama · Q4_1 · 135M parameters · context 2,048 · 98.4 MB");
    assert.strictEqual(facts(modelRows([GEMMA], IDLE)[0]!), GEMMA.problem?.message);
    assert.strictEqual(engineText(row(READY), { ...READY, waiting: 2 }, null), "Ready · 142 MB · 2 waiting");
    assert.strictEqual(chosenTitle(row(IDLE), "ready"), "SmolLM2-135M-Instruct · Q4_1");
    assert.strictEqual(chosenTitle(null, "noModels"), "No model");
    assert.ok(noModels("", "/models").includes("/models"));
});

QUnit.test("the next run uses the chosen, the loaded, or the quickest model that can run", (assert) => {
    const rows = modelRows([SMOL, QWEN, GEMMA], IDLE);
    assert.strictEqual(usableModel(rows, QWEN.id, SMOL.id), QWEN.id);
    assert.strictEqual(usableModel(rows, "gone.gguf", QWEN.id), QWEN.id);
    assert.strictEqual(usableModel(rows, null, null), SMOL.id);
    assert.strictEqual(usableModel(rows, GEMMA.id, null), SMOL.id);
    assert.strictEqual(usableModel(modelRows([GEMMA], IDLE), null, null), null);
});

QUnit.test("a newcomer is told what is missing", (assert) => {
    const list = { folder: "/models", problem: null, models: [] };
    const problem = { code: "folder_unavailable", message: "gone", details: {} } as const;
    assert.strictEqual(situation(null, []), "starting");
    assert.strictEqual(situation({ ...list, problem }, []), "noFolder");
    assert.strictEqual(situation(list, []), "noModels");
    assert.strictEqual(situation(list, modelRows([GEMMA], IDLE)), "noUsableModel");
    assert.strictEqual(situation(list, modelRows([GEMMA, SMOL], IDLE)), "ready");
});
