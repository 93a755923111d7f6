import nextUIUpdate from "sap/ui/test/utils/nextUIUpdate";
import Measure from "../../control/Measure";

QUnit.module("Measure");

QUnit.test("value, unit and source are seen and spoken", async (assert) => {
    const measure = new Measure({ label: "TTFT", value: "95.2", unit: "ms", source: "this run" } as object);
    measure.placeAt("qunit-fixture");
    await nextUIUpdate();
    const dom = measure.getDomRef() as HTMLElement;
    assert.strictEqual(dom.querySelector(".nopenaiMeasureValue")?.textContent, "95.2");
    assert.strictEqual(dom.querySelector(".nopenaiMeasureUnit")?.textContent, "ms");
    assert.strictEqual(dom.getAttribute("aria-label"), "TTFT 95.2 ms, this run");
    assert.strictEqual(dom.dataset.source, "this run");
    assert.strictEqual(dom.querySelector(".nopenaiMeasureTarget"), null);
    measure.setProperty("source", "");
    await nextUIUpdate();
    assert.notOk((measure.getDomRef() as HTMLElement).hasAttribute("data-source"));
    measure.destroy();
});

QUnit.test("a target is told by an icon and in words, the best one in its label", async (assert) => {
    const measure = new Measure({ label: "TTFT", value: "620", unit: "ms", target: "Bad", best: true } as object);
    measure.placeAt("qunit-fixture");
    await nextUIUpdate();
    const dom = measure.getDomRef() as HTMLElement;
    assert.strictEqual(dom.querySelector(".nopenaiMeasureTarget")?.getAttribute("title"), "too slow");
    assert.strictEqual(dom.getAttribute("aria-label"), "TTFT · best 620 ms, too slow");
    assert.strictEqual(dom.querySelector(".nopenaiMeasureLabel")?.textContent, "TTFT · best");
    measure.destroy();
});
