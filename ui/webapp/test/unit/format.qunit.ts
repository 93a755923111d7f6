import * as format from "../../model/format";
import { text } from "../../model/texts";

QUnit.module("format");

QUnit.test("a text keeps its apostrophes, and a value its braces and dollars", (assert) => {
    const shown = text("downloadCancelText", "{1} $& 'x'", "1 GB");
    assert.strictEqual(shown, "{1} $& 'x': the 1 GB that have arrived are deleted. This can't be undone.");
});

QUnit.test("a duration keeps three digits in the unit that suits it", (assert) => {
    const shown = (ms: number) => format.durationText(ms);
    assert.strictEqual(shown(0.5), "0.500 ms");
    assert.strictEqual(shown(95.24), "95.2 ms");
    assert.strictEqual(shown(812.4), "812 ms");
    assert.strictEqual(shown(999.4), "999 ms");
    assert.strictEqual(shown(999.6), "1.00 s");
    assert.strictEqual(shown(83_400), "83.4 s");
    assert.strictEqual(shown(750_000), "12.5 min");
});

QUnit.test("what was not measured is a dash without a unit", (assert) => {
    assert.deepEqual(format.duration(null), { value: "–", unit: "" });
    assert.deepEqual(format.rate(undefined), { value: "–", unit: "" });
    assert.strictEqual(format.rateText(null), "–");
    assert.strictEqual(format.bytes(null), "–");
    assert.strictEqual(format.count(undefined), "–");
    assert.strictEqual(format.moment(null), "–");
    assert.strictEqual(format.tokens(null), "–");
    assert.strictEqual(format.tokens({}), "–");
});

QUnit.test("zero is a value", (assert) => {
    assert.strictEqual(format.count(0), "0");
    assert.strictEqual(format.durationText(0), "0.00 ms");
    assert.strictEqual(format.tokens({ tokens_in: 42, tokens_out: 0 }), "42 → 0");
});

QUnit.test("tokens in and out, one of them possibly absent", (assert) => {
    assert.strictEqual(format.tokens({ tokens_in: 1042, tokens_out: 30 }), "1,042 → 30");
    assert.strictEqual(format.tokens({ tokens_in: 42, tokens_out: null }), "42 → –");
});

QUnit.test("bytes in decimal units", (assert) => {
    assert.strictEqual(format.bytes(8), "8 B");
    assert.strictEqual(format.bytes(12_345), "12.3 kB");
    assert.strictEqual(format.bytes(98_400_000), "98.4 MB");
    assert.strictEqual(format.bytes(999_900_000), "1.00 GB");
    assert.strictEqual(format.bytes(4_683_000_000), "4.68 GB");
});

QUnit.test("percent of a load is known only while bytes are read", (assert) => {
    const reading = { stage: "reading", bytes_read: 43_999, bytes_total: 100_000 } as const;
    assert.strictEqual(format.percent(reading), 43);
    assert.strictEqual(format.percent({ ...reading, stage: "starting" }), null);
    assert.strictEqual(format.percent({ ...reading, bytes_total: 0 }), null);
    assert.strictEqual(format.percent({ ...reading, bytes_read: 200_000 }), 100);
    assert.strictEqual(format.percent(null), null);
});

QUnit.test("a moment of today is a time, an earlier one has its date", (assert) => {
    const now = new Date(2026, 10, 22, 18, 0, 0);
    const micros = (date: Date) => date.getTime() * 1000;
    assert.strictEqual(format.moment(micros(new Date(2026, 10, 22, 9, 5, 7)), now), "09:05:07");
    assert.strictEqual(format.moment(micros(new Date(2026, 10, 21, 9, 5, 7)), now), "Nov 21, 09:05");
    assert.strictEqual(format.fullMoment(micros(new Date(2026, 10, 21, 9, 5, 7))), "Nov 21, 2026, 09:05:07");
});

QUnit.test("every outcome has a text, an icon and an explanation", (assert) => {
    for (const outcome of ["running", "completed", "stopped", "failed", "interrupted"] as const) {
        assert.notStrictEqual(format.outcomeText(outcome, null), `outcome.${outcome}`);
        assert.notStrictEqual(format.outcomeTooltip(outcome), `outcomeTooltip.${outcome}`);
        assert.ok(format.outcomeIcon(outcome).startsWith("sap-icon://"), outcome);
    }
    assert.strictEqual(format.outcomeText("completed", "length"), "Ended at max tokens");
    assert.strictEqual(format.outcomeText(null, null), "");
});
