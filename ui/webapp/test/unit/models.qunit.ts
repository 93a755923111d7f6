import type { EngineStatus, ModelStatus } from "../../backend/studio";
import { IDLE } from "../../model/engine";
import { modelRows, situation, usableModel } from "../../model/models";
import { chosenTitle, engineText, facts, memoryInUse, noModels, stateText } from "../../model/modelFormat";
import { engineWith, modelStatus } from "../fake/engine";
import { GEMMA, QWEN, SMOL } from "../fake/models";

const READY = engineWith(modelStatus());
const row = (engine: EngineStatus) => modelRows([SMOL], engine)[0]!;
const rowIn = (more: Partial<ModelStatus>) => row(engineWith(modelStatus(more)));

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
    assert.strictEqual(rowIn({ state: "busy" }).state, "busy");
    assert.strictEqual(rowIn({ state: "failed" }).state, "failed");
});

QUnit.test("a model's state and facts in words", (assert) => {
    const progress = { stage: "reading", bytes_read: 43, bytes_total: 100 } as const;
    assert.strictEqual(stateText(row(READY)), "Ready · 142 MB");
    assert.strictEqual(stateText(rowIn({ state: "loading", memory_bytes: null, progress })), "Loading 43 %");
    assert.strictEqual(stateText(row(IDLE)), "On disk");
    assert.strictEqual(facts(row(IDLE)), "llama · Q4_1 · 135M parameters · context 2,048 · 98.4 MB");
    assert.strictEqual(facts(modelRows([GEMMA], IDLE)[0]!), GEMMA.problem?.message);
    assert.strictEqual(engineText(rowIn({ waiting: 2 }), null), "Ready · 142 MB · 2 waiting");
    assert.strictEqual(chosenTitle(row(IDLE), "ready"), "SmolLM2-135M-Instruct · Q4_1");
    assert.strictEqual(chosenTitle(null, "noModels"), "No model");
    assert.ok(noModels("", "/models").includes("/models"));
});

QUnit.test("several models are in memory at once, and what they occupy together is told", (assert) => {
    const both = engineWith(modelStatus(), modelStatus({ model: QWEN.id, memory_bytes: 58_000_000, pinned: true }));
    const rows = modelRows([SMOL, QWEN, GEMMA], both);
    assert.strictEqual(memoryInUse(rows), "2 in memory: 200 MB");
    assert.strictEqual(stateText(rows.find(({ id }) => id === QWEN.id)!), "Ready · 58.0 MB · pinned");
    assert.strictEqual(memoryInUse(modelRows([SMOL], IDLE)), "");
});

QUnit.test("the next run uses the chosen, the loaded, or the quickest model that can run", (assert) => {
    const rows = modelRows([SMOL, QWEN, GEMMA], IDLE);
    const loaded = engineWith(modelStatus({ used_at: 1 }), modelStatus({ model: QWEN.id, used_at: 2 }));
    assert.strictEqual(usableModel(rows, QWEN.id), QWEN.id);
    assert.strictEqual(usableModel(modelRows([SMOL, QWEN], loaded), "gone.gguf"), QWEN.id, "it was used last");
    assert.strictEqual(usableModel(rows, null), SMOL.id);
    assert.strictEqual(usableModel(rows, GEMMA.id), SMOL.id);
    assert.strictEqual(usableModel(modelRows([GEMMA], IDLE), null), null);
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
