import type { ChatSettings, Mode } from "../../backend/studio";
import Chats from "../../model/Chats";
import { asSettings, asFields, outOfRange } from "../../model/chatFields";
import ChatSession from "../../model/ChatSession";
import type { Turn } from "../../model/chatTree";
import { FakeBackend, type Scenario } from "../fake/FakeBackend";
import { SMOL } from "../fake/models";
import { MODE, wait } from "./samples";

const ROW = { ...SMOL, state: "ready" } as never;

async function start(scenario: Scenario) {
    const backend = new FakeBackend(scenario);
    backend.install();
    const { chat } = backend.chats.create();
    const session = new ChatSession({
        chosen: () => ROW,
        models: () => [ROW],
        mode: (id): Mode | null => (id === MODE.id ? MODE : null),
    });
    await session.open(chat.id);
    const get = <Type>(path: string) => session.model.getProperty(path) as Type;
    const say = async (text: string) => {
        session.model.setProperty("/text", text);
        await session.send();
    };
    const texts = () => get<Turn[]>("/turns").map(({ said }) => said);
    const called = (operation: string) => backend.calls.filter((call) => call.operation === operation);
    return { backend, chat, session, get, say, texts, called };
}

QUnit.module("ChatSession");

QUnit.test("a message is sent, its answer grows and is measured, and the next one follows it", async (assert) => {
    const { session, get, say, texts } = await start({ loaded: true, answer: "one two " });
    const saying = say("Count.");
    assert.ok(session.active);
    await saying;
    assert.deepEqual(texts(), ["Count.", "one two "]);
    assert.strictEqual(get("/text"), "");
    assert.strictEqual(get<Turn[]>("/turns")[1]?.run?.measures.tokens_in, 42);
    await say("Again.");
    assert.strictEqual(texts().length, 4);
    assert.notOk(session.active);
});

QUnit.test("nothing is sent twice, and nothing empty", async (assert) => {
    const { session, say, called } = await start({ loaded: true, pace: 20 });
    await say("  ");
    const saying = say("One.");
    session.model.setProperty("/text", "Two.");
    await session.send();
    await saying;
    assert.strictEqual(called("send_message").length, 1);
});

QUnit.test("an edit stands beside the message, and versions are chosen", async (assert) => {
    const { session, get, say, texts } = await start({ loaded: true, answer: "A" });
    await say("One.");
    const asked = get<Turn[]>("/turns")[0]!.id;
    session.edit(asked);
    assert.deepEqual([get("/text"), get("/editing")], ["One.", asked]);
    await say("Uno.");
    assert.deepEqual(texts(), ["Uno.", "A"]);
    assert.deepEqual([get("/editing"), get<Turn[]>("/turns")[0]?.versions], [null, 2]);
    await session.choose(session.turns[0]!.id, -1);
    assert.strictEqual(texts()[0], "One.");
    await session.choose(session.turns[0]!.id, -1);
    assert.strictEqual(texts()[0], "One.", "there is none before");
    session.edit(asked);
    session.cancelEdit();
    assert.deepEqual([get("/text"), get("/editing")], ["", null]);
});

QUnit.test("an answer is given again beside the first one", async (assert) => {
    const { session, get, say } = await start({ loaded: true, answer: "A" });
    await say("One.");
    await session.regenerate(session.turns[1]!.id);
    assert.deepEqual([get<Turn[]>("/turns")[1]?.version, get<Turn[]>("/turns")[1]?.versions], [2, 2]);
});

QUnit.test("a stopped answer keeps what had come", async (assert) => {
    const { session, get, say } = await start({ loaded: true, pace: 20 });
    const saying = say("One.");
    await wait(200);
    await session.stop();
    await saying;
    const [, answer] = get<Turn[]>("/turns");
    assert.strictEqual(answer?.run?.outcome, "stopped");
    assert.ok((answer?.said.length ?? 0) > 0);
});

QUnit.test("an answer that was cut short is gone on with where it ended", async (assert) => {
    const { session, get, say } = await start({ loaded: true, pace: 20, answer: "one two three four five six seven eight " });
    const saying = say("Count.");
    await wait(120);
    await session.stop();
    await saying;
    const cut = get<Turn[]>("/turns")[1]!;
    assert.ok(cut.canGoOn);
    await session.goOn(cut.id);
    const [, whole] = get<Turn[]>("/turns");
    assert.ok(whole!.said.startsWith(cut.said) && whole!.said.length > cut.said.length, whole!.said);
    assert.notOk(whole!.canGoOn, "it ended by itself");
    session.model.setProperty("/text", "Next?");
    assert.ok((await session.preview())?.text.includes("Next?"));
});

QUnit.test("what is refused is told, and the message stays to be answered", async (assert) => {
    const refuse = { code: "not_found", message: "There is no such model.", details: {} } as const;
    const { get, say, texts } = await start({ loaded: true, refuse });
    await say("One.");
    assert.deepEqual(get("/problem"), refuse);
    assert.deepEqual(texts(), ["One."]);
    assert.ok(get<Turn[]>("/turns")[0]?.unanswered);
});

QUnit.test("files are read, refused in words, and sent with the message", async (assert) => {
    const { session, get, say, called } = await start({ loaded: true });
    await session.attach(["/tmp/a.txt", "/tmp/b.pdf"]);
    assert.strictEqual(get<unknown[]>("/attachments").length, 1);
    assert.strictEqual(get<{ message: string }>("/problem").message, "It is a PDF.");
    await say("What is in it?");
    const sent = called("send_message")[0]?.input as { attachments: { name: string }[] };
    assert.strictEqual(sent.attachments[0]?.name, "a.txt");
    assert.deepEqual(get("/attachments"), []);
});

QUnit.test("settings are kept within a moment, but not while one is out of range", async (assert) => {
    const { backend, chat, session, get, called } = await start({ loaded: true });
    session.model.setProperty("/fields/policy", "rolling");
    session.model.setProperty("/fields/parameters/temperature", "0.2");
    session.held();
    await wait(400);
    const kept = backend.chats.contents.find((each) => each.chat.id === chat.id)!.chat.settings;
    assert.deepEqual([kept.context_policy, kept.parameters], ["rolling", { temperature: 0.2 }]);
    session.model.setProperty("/fields/parameters/temperature", "9");
    assert.strictEqual(outOfRange(get("/fields/parameters")), "temperature");
    session.held();
    await wait(400);
    assert.strictEqual(called("update_chat").length, 1);
});

QUnit.test("what was typed stays with its chat", async (assert) => {
    const { backend, chat, session, get } = await start({ loaded: true });
    const other = backend.chats.create().chat;
    session.model.setProperty("/text", "half a thought");
    await session.open(other.id);
    assert.strictEqual(get("/text"), "");
    await session.open(chat.id);
    assert.strictEqual(get("/text"), "half a thought");
});

QUnit.test("tokens are counted with all that stands before", async (assert) => {
    const { session, get, say } = await start({ loaded: true });
    await say("One.");
    session.model.setProperty("/text", "12345678");
    session.typed();
    await wait(350);
    assert.deepEqual(get("/count"), { tokens: 2 * 40 + 2 + 4, context_length: 2048 });
});

QUnit.test("settings and fields say the same", (assert) => {
    const settings: ChatSettings = {
        title: "T",
        model: "m.gguf",
        mode: null,
        parameters: { temperature: 0.5, system_prompt: "Be brief." },
        context_policy: "truncate_middle",
    };
    assert.deepEqual(asSettings(asFields(settings), "T"), settings);
});

QUnit.module("Chats");

QUnit.test("chats are listed, found, renamed, deleted and brought back", async (assert) => {
    const backend = new FakeBackend({});
    backend.install();
    const chats = new Chats();
    const settings = asSettings(asFields(null), "Lighthouse");
    const chat = await chats.create(settings);
    await chats.create({ ...settings, title: "Sea" });
    assert.deepEqual(chats.items.map((each) => each.settings.title), ["Sea", "Lighthouse"]);
    chats.search("Light");
    await wait(250);
    assert.strictEqual(chats.items.length, 1);
    await chats.rename(chats.items[0]!, "Lightship");
    assert.strictEqual(chats.items[0]?.settings.title, "Lightship");
    assert.ok(await chats.remove(chat!.id));
    assert.strictEqual(chats.items.length, 0);
    await chats.undo();
    assert.strictEqual(chats.items.length, 1);
    assert.deepEqual(chats.model.getProperty("/deletions"), []);
});
