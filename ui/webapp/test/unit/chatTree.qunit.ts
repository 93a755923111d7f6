import type { AnswerRun, ChatContents, ChatMessage, ContextUse } from "../../backend/studio";
import { budget, budgetIcon, budgetPercent, budgetSource, budgetState, canSend, endedEarly, leftOut, measures, thought, title } from "../../model/chatFormat";
import { branch, turns, versions, withMessage } from "../../model/chatTree";
import { parts } from "../../model/thinking";
import { RUN as MADE } from "./samples";

const RUN: AnswerRun = { ...MADE, calls: [] };

let ids = 0;

function message(parent: string | null, role: "user" | "assistant" | "tool", text: string, run: string | null = null): ChatMessage {
    return { id: `m${++ids}`, chat: "c", parent, role, text, attachments: [], run, created_at: ids };
}

/** Two questions, the first one edited, and its answer given twice. */
function contents(): ChatContents & { messages: [ChatMessage, ChatMessage, ChatMessage, ChatMessage, ChatMessage] } {
    const first = message(null, "user", "one");
    const answer = message(first.id, "assistant", "1", RUN.id);
    const again = message(first.id, "assistant", "uno");
    const edited = message(null, "user", "one, again");
    const next = message(again.id, "user", "two");
    const settings = { title: "", model: null, mode: null, parameters: {}, context_policy: "refuse" } as const;
    const chat = { id: "c", settings, leaf: next.id, created_at: 0, updated_at: 0 };
    return { chat, messages: [first, answer, again, edited, next], runs: [RUN] };
}

QUnit.module("chatTree");

QUnit.test("the branch that is shown ends in its leaf, and each message knows its versions", (assert) => {
    const all = contents();
    const shown = turns(all, null, new Map());
    assert.deepEqual(
        shown.map(({ said, version, versions }) => [said, version, versions]),
        [
            ["one", 1, 2],
            ["uno", 2, 2],
            ["two", 1, 1],
        ],
    );
    assert.deepEqual(
        shown.map(({ unanswered }) => unanswered),
        [false, false, true],
    );
    assert.strictEqual(versions(all.messages, all.messages[1]).length, 2);
    assert.deepEqual(branch(all.messages, "nowhere"), []);
    const damaged = [{ ...all.messages[0], parent: all.messages[1].id }, all.messages[1]];
    assert.strictEqual(branch(damaged, all.messages[1].id).length, 2, "a circle ends");
});

QUnit.test("an answer under way shows what has come, and a message that comes is shown", (assert) => {
    const all = contents();
    const answer = message(all.messages[4].id, "assistant", "", "r9");
    const begun = withMessage(all, answer);
    const last = turns(begun, { message: answer.id, text: "<think>hm</think>\n\nTw" }, new Map([[answer.id, 2]])).at(-1);
    assert.deepEqual([last?.said, last?.thinking, last?.thoughtFor, last?.active], ["Tw", "hm", 2, true]);
    assert.strictEqual(turns(all, null, new Map())[0]?.run, null);
    assert.strictEqual(turns({ ...all, chat: { ...all.chat, leaf: all.messages[1].id } }, null, new Map())[1]?.run?.id, RUN.id);
});

QUnit.test("thinking stands apart from the answer", (assert) => {
    const cases: [string, string | null, boolean, string][] = [
        ["<think>\na\n</think>\n\nb", "a", false, "b"],
        ["a\n</think>\n\nb", "a", false, "b"],
        ["<think>\na", "a", true, ""],
        ["<thi", null, false, ""],
        ["plain", null, false, "plain"],
        ["<think></think>b", null, false, "b"],
        ["", null, false, ""],
    ];
    for (const [answer, thinking, open, said] of cases) {
        assert.deepEqual(parts(answer), { thinking, open, said }, answer);
    }
});

QUnit.module("chatFormat");

QUnit.test("what was left out is told with the tokens", (assert) => {
    const use: ContextUse = { policy: "rolling", left_out: 4, cut_characters: 90, used: 200, available: 256 };
    assert.strictEqual(leftOut(use), "4 earlier messages left out (rolling window) · 200 / 256 tokens");
    const cut = leftOut({ ...use, policy: "truncate_middle", cut_characters: 1234 });
    assert.strictEqual(cut, "1,234 characters of earlier messages cut out (middle) · 200 / 256 tokens");
    assert.strictEqual(leftOut(null), "");
});

QUnit.test("measures stand in one line, and an answer that was cut short says so", (assert) => {
    const line = measures({ ...RUN, model_name: "Smol" });
    assert.strictEqual(line, "Smol · 41.0 tok/s · first token 95.0 ms · 42 → 2 tokens");
    assert.notOk(endedEarly(RUN));
    assert.ok(endedEarly({ ...RUN, finish_reason: "length" }));
    assert.ok(endedEarly({ ...RUN, outcome: "stopped" }));
    assert.strictEqual(measures(null), "");
});

QUnit.test("the budget is a share, a text, and what happens beyond it", (assert) => {
    const over = { tokens: 300, context_length: 256 };
    assert.strictEqual(budget("counted", { tokens: 1234, context_length: 8192 }), "1,234 of 8,192 tokens");
    assert.strictEqual(budget("notLoaded", null), "Counted once loaded");
    assert.deepEqual([budgetPercent(over), budgetPercent({ tokens: 64, context_length: 256 }), budgetPercent(null)], [100, 25, 0]);
    assert.ok(budgetSource("counted", over, null, "refuse").includes("refused"));
    assert.ok(budgetSource("counted", over, null, "rolling").includes("oldest"));
    assert.deepEqual([budgetState(over, "refuse"), budgetState(over, "rolling")], ["Error", "Warning"]);
    assert.strictEqual(budgetIcon({ tokens: 1, context_length: 256 }, "refuse"), "");
    assert.strictEqual(title(""), "New chat");
    assert.strictEqual(thought(true, null), "Thinking…");
    assert.strictEqual(thought(false, 3), "Thought for 3 s");
    assert.ok(canSend("x", "m", null));
    assert.notOk(canSend(" ", "m", null));
    assert.notOk(canSend("x", "", null));
});

QUnit.test("an answer that calls functions shows them, and what they gave back follows with their names", (assert) => {
    const said = 'I look.<tool_call>{"name": "weather"}</tool_call>';
    const asked = message(null, "user", "Is it warm?");
    const answer = message(asked.id, "assistant", said, RUN.id);
    const calls = [
        { name: "weather", arguments: { place: "Bonn" } },
        { name: "clock", arguments: {} },
    ];
    const settings = { title: "", model: null, mode: null, parameters: {}, context_policy: "refuse" } as const;
    const chat = { id: "c", settings, leaf: answer.id, created_at: 0, updated_at: 0 };
    const all: ChatContents = { chat, messages: [asked, answer], runs: [{ ...RUN, calls }] };
    const last = turns(all, null, new Map()).at(-1)!;
    assert.strictEqual(last.said, "I look.");
    assert.ok(last.awaitsResults);
    assert.notOk(last.canGoOn);
    assert.deepEqual(last.calls.map(({ name, awaited }) => [name, awaited]), [["weather", true], ["clock", true]]);
    assert.ok(last.calls[0]?.written.includes("Bonn"));
    const warm = message(answer.id, "tool", "21");
    const late = message(warm.id, "tool", "12:00");
    const given = { ...all, messages: [...all.messages, warm, late], chat: { ...chat, leaf: late.id } };
    const shown = turns(given, null, new Map());
    assert.deepEqual(shown.map(({ resultOf }) => resultOf), [null, null, "weather", "clock"]);
    assert.notOk(shown[1]?.awaitsResults);
    assert.ok(shown[3]?.isUser && shown[3].unanswered);
});
