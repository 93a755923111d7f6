import Prices, { invalidPrice } from "../../model/Prices";
import { FakeBackend } from "../fake/FakeBackend";

async function start() {
    const backend = new FakeBackend({});
    backend.install();
    const prices = new Prices();
    await prices.open([{ id: "a.gguf", name: "A" }, { id: "b.gguf", name: "B" }], "b.gguf");
    const set = async (input: string, output: string) => {
        prices.model.setProperty("/fields", { currency: "EUR", input, output });
        await prices.save();
    };
    return { backend, prices, set, get: (path: string) => prices.model.getProperty(path) as never };
}

QUnit.module("Prices");

QUnit.test("a price is set from now on, and the earlier one stays in the history", async (assert) => {
    const { set, get } = await start();
    await set("0.5", "1,5");
    await set("0.4", "1.2");
    const history = get("/history") as { input_per_1k: number; output_per_1k: number }[];
    assert.deepEqual(
        history.map(({ input_per_1k, output_per_1k }) => [input_per_1k, output_per_1k]),
        [[0.4, 1.2], [0.5, 1.5]],
    );
    assert.deepEqual((get("/rows") as { price: unknown }[]).map(({ price }) => price !== null), [false, true]);
});

QUnit.test("prices are removed, and the last one is set again", async (assert) => {
    const { prices, set, get } = await start();
    await set("0.5", "1.5");
    await prices.remove();
    assert.deepEqual(get("/history"), []);
    await prices.undo();
    assert.strictEqual((get("/history") as unknown[]).length, 1);
    assert.strictEqual(get("/removed"), null);
});

QUnit.test("what is no price is marked instead of sent", async (assert) => {
    assert.strictEqual(invalidPrice({ currency: "euro", input: "1", output: "1" }), "currency");
    assert.strictEqual(invalidPrice({ currency: "EUR", input: "", output: "1" }), "input");
    assert.strictEqual(invalidPrice({ currency: "EUR", input: "1", output: "-1" }), "output");
    assert.strictEqual(invalidPrice({ currency: "EUR", input: "1", output: "1000001" }), "output");
    const { backend, set, get } = await start();
    await set("free", "1");
    assert.strictEqual(get("/invalid"), "input");
    assert.strictEqual(backend.calls.filter(({ operation }) => operation === "set_price").length, 0);
});
