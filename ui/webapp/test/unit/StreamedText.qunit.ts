import nextUIUpdate from "sap/ui/test/utils/nextUIUpdate";
import StreamedText from "../../control/StreamedText";

const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));

let control: StreamedText;
let place: HTMLElement;
const lines = () => control.getDomRef("text") as HTMLElement;
const behind = () => control.getDomRef()?.classList.contains("nopenaiStreamedTextBehind");

QUnit.module("StreamedText", {
    async beforeEach() {
        place = document.createElement("div");
        place.style.height = "100px";
        document.getElementById("qunit-fixture")?.append(place);
        control = new StreamedText({ label: "Answer" } as object);
        control.placeAt(place);
        await nextUIUpdate();
        const root = control.getDomRef() as HTMLElement;
        root.style.height = "100px";
    },
    afterEach() {
        control.destroy();
    },
});

QUnit.test("pieces of one frame are written together, as text", async (assert) => {
    control.append("<b>no");
    control.append("t bold</b>");
    assert.strictEqual(lines().textContent, "");
    await frame();
    assert.strictEqual(lines().textContent, "<b>not bold</b>");
    assert.strictEqual(lines().querySelector("b"), null);
    assert.strictEqual(lines().childElementCount, 1);
});

QUnit.test("each line is a block that finds its own direction", async (assert) => {
    control.append("one\n");
    control.append("\nالسماء");
    await frame();
    control.append(" زرقاء\n");
    await frame();
    const blocks = [...lines().children];
    assert.deepEqual(
        blocks.map((block) => block.textContent),
        ["one\n", "\n", "السماء زرقاء\n"],
    );
    assert.ok(blocks.every((block) => block.getAttribute("dir") === "auto"));
    assert.strictEqual(lines().textContent, "one\n\nالسماء زرقاء\n");
});

QUnit.test("it follows the text while the reader is at the end", async (assert) => {
    control.append("line\n".repeat(50));
    await frame();
    const { scrollTop, scrollHeight, clientHeight } = lines();
    assert.ok(scrollHeight > clientHeight, "there is something to scroll");
    assert.ok(scrollHeight - scrollTop - clientHeight < 8);
    assert.notOk(behind());
});

QUnit.test("a reader who scrolled away is left there, and led back by the chip", async (assert) => {
    control.append("line\n".repeat(50));
    await frame();
    lines().scrollTop = 0;
    await frame();
    control.append("more\n");
    await frame();
    assert.strictEqual(lines().scrollTop, 0);
    assert.ok(behind());
    (control.getAggregation("_chip") as unknown as { firePress(): void }).firePress();
    await frame();
    assert.ok(lines().scrollTop > 0);
    assert.notOk(behind());
});

QUnit.test("replaced text starts at its beginning, and survives a rendering", async (assert) => {
    control.append("old");
    control.replace("new\n".repeat(60));
    assert.strictEqual(lines().scrollTop, 0);
    control.invalidate();
    await nextUIUpdate();
    assert.strictEqual(lines().textContent, "new\n".repeat(60));
    assert.strictEqual(control.getText(), "new\n".repeat(60));
});

QUnit.test("assistive technology is told politely", (assert) => {
    assert.strictEqual(lines().getAttribute("role"), "log");
    assert.strictEqual(lines().getAttribute("aria-live"), "polite");
    assert.strictEqual(lines().getAttribute("aria-label"), "Answer");
});

QUnit.test("a hundred thousand characters stay quick", async (assert) => {
    const started = performance.now();
    for (let piece = 0; piece < 20_000; piece++) {
        control.append(piece % 12 === 0 ? "word\n" : "word ");
        if (piece % 50 === 0) {
            await Promise.resolve();
        }
    }
    await frame();
    assert.strictEqual(lines().textContent?.length, 100_000);
    assert.ok(performance.now() - started < 2000);
});
