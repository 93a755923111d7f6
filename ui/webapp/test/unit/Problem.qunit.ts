import type Button from "sap/m/Button";
import nextUIUpdate from "sap/ui/test/utils/nextUIUpdate";
import Problem from "../../control/Problem";

QUnit.module("Problem");

QUnit.test("nothing without a failure; message first, details on demand", async (assert) => {
    const problem = new Problem();
    problem.placeAt("qunit-fixture");
    await nextUIUpdate();
    assert.strictEqual(problem.getDomRef()?.childElementCount, 0);

    problem.setProperty("failure", { code: "busy", message: "The queue is full.", details: { waiting: 64 } });
    await nextUIUpdate();
    const dom = () => problem.getDomRef() as HTMLElement;
    assert.ok(dom().textContent?.includes("The queue is full."));
    assert.strictEqual(dom().querySelector("pre"), null);

    (problem.getAggregation("_details") as Button).firePress();
    await nextUIUpdate();
    assert.ok(dom().querySelector("pre")?.textContent?.includes('"waiting": 64'));
    problem.destroy();
});
