import type { Requantized, RuntimesReport } from "../../backend/studio";
import Configurator from "../../model/Configurator";
import { canMeasure, chosenText, runtimeName, speedText, writtenText } from "../../model/runtimeFormat";
import { runFacts } from "../../model/runFacts";
import { DEFAULTS } from "../../model/configuration";
import { FakeBackend, type Scenario } from "../fake/FakeBackend";
import { SMOL } from "../fake/models";

async function start(scenario: Scenario = {}) {
    const backend = new FakeBackend(scenario);
    backend.install();
    const configurator = new Configurator();
    await configurator.open(SMOL.id);
    const { runtimes } = configurator;
    const report = () => runtimes.model.getProperty("/report") as RuntimesReport;
    const choose = async (runtime: string) => {
        configurator.model.setProperty("/form/runtime", runtime);
        configurator.edited();
        await configurator.lookAtRuntimes();
    };
    return { backend, configurator, runtimes, report, choose };
}

QUnit.module("Runtimes");

QUnit.test("what would answer is told with its reason, before it is saved", async (assert) => {
    const { configurator, report, choose } = await start();
    assert.strictEqual(
        chosenText(report()),
        "mistral.rs answers: the runtimes were not compared yet. Measure them to have the faster one taken.",
    );
    await choose("llama_cpp");
    assert.strictEqual(chosenText(report()), "llama.cpp answers, as chosen here.");
    assert.ok(configurator.dirty);
    configurator.discard();
    await configurator.lookAtRuntimes();
    assert.strictEqual(report().chosen?.reason.kind, "not_measured");
});

QUnit.test("a measurement shows its figures and may change what answers", async (assert) => {
    const { runtimes, report } = await start();
    assert.strictEqual(speedText(report().runtimes[1]!), "Not measured yet");
    const measured = runtimes.measure();
    assert.strictEqual(runtimes.model.getProperty("/measuring"), true);
    await measured;
    assert.strictEqual(runtimes.model.getProperty("/measuring"), false);
    assert.strictEqual(chosenText(report()), "llama.cpp answers: it was measured 4.18 times as fast.");
    const shown = speedText(report().runtimes[1]!);
    for (const part of ["138 tok/s generating", "276 tok/s reading", "2025", "CPU, 2 threads"]) {
        assert.ok(shown.includes(part), shown);
    }
});

QUnit.test("a runtime that is hardly faster is not taken", async (assert) => {
    const { runtimes, report } = await start({ decode: { mistral_rs: 40, llama_cpp: 44 } });
    await runtimes.measure();
    assert.strictEqual(
        chosenText(report()),
        "mistral.rs answers: the other was measured 1.1 times as fast, and more than 1.2 is asked for.",
    );
});

QUnit.test("what can't run the model says why", async (assert) => {
    const { report, choose } = await start({ runtimes: ["llama_cpp"] });
    assert.strictEqual(chosenText(report()), "llama.cpp answers: no other can run this model.");
    assert.ok(speedText(report().runtimes[0]!).includes("gemma3"));
    await choose("mistral_rs");
    assert.strictEqual(report().chosen?.reason.kind, "pinned_cannot");
    assert.ok(canMeasure(report()));
    const { report: none } = await start({ runtimes: [] });
    assert.strictEqual(chosenText(none()), "No runtime can run this model.");
    assert.notOk(canMeasure(none()));
});

QUnit.test("a measurement that fails is told, one that was cancelled is not", async (assert) => {
    const failure = { code: "out_of_memory", message: "It needs more.", details: {} } as const;
    const failed = await start({ refuseMeasure: failure });
    await failed.runtimes.measure();
    assert.deepEqual(failed.runtimes.model.getProperty("/problem"), failure);
    const cancelled = await start({ refuseMeasure: { ...failure, code: "cancelled" } });
    await cancelled.runtimes.measure();
    assert.strictEqual(cancelled.runtimes.model.getProperty("/problem"), null);
});

QUnit.test("a run's details name the runtime that answered", (assert) => {
    const of = (runtime: "llama_cpp" | null) => runFacts({ parameters: DEFAULTS, runtime }).at(-1);
    assert.deepEqual(of("llama_cpp"), { label: "Runtime", value: "llama.cpp" });
    assert.strictEqual(of(null)?.value, "–");
    assert.strictEqual(runtimeName("mistral_rs"), "mistral.rs");
});

QUnit.test("another form is told with its perplexity, or why it was not kept", async (assert) => {
    const { runtimes } = await start();
    await runtimes.requantize();
    const written = runtimes.model.getProperty("/written") as Requantized;
    assert.strictEqual(writtenText(written).replace(/[\u2068\u2069]/g, ""), "starter.Q8_0.gguf (145 MB) is there: perplexity 20.0 → 20.05 (0.25%)");
    assert.strictEqual(writtenText(null), "");
    runtimes.model.setProperty("/form", "q4_0");
    await runtimes.requantize();
    assert.strictEqual(runtimes.model.getProperty("/written"), null);
    assert.strictEqual(runtimes.model.getProperty("/problem").code, "unsupported_model");
    assert.strictEqual(runtimes.model.getProperty("/writing"), false);
});
