import { sentTo, danger, findingText, isRemote, leaving, marked } from "../../model/remoteFormat";
import RemoteModel, { whereTo } from "../../model/RemoteModel";
import { statusLine } from "../../model/answerFormat";
import { idle, liveMeasures } from "../../model/answer";
import { countSource, countText } from "../../model/draftFormat";
import Draft from "../../model/Draft";
import { modelFacts } from "../../model/modelFacts";
import { facts, stateText } from "../../model/modelFormat";
import { modelRows, situation, usableModel } from "../../model/models";
import { IDLE } from "../../model/engine";
import { FakeBackend, type Scenario } from "../fake/FakeBackend";
import { GEMMA, SMOL } from "../fake/models";
import { ELSEWHERE } from "../fake/remote";
import { wait } from "./samples";

function start(scenario: Scenario = {}) {
    const backend = new FakeBackend(scenario);
    backend.install();
    const remote = new RemoteModel();
    return {
        remote,
        calls: (name: string) => backend.calls.filter(({ operation }) => operation === name),
        shown: (path: string) => remote.model.getProperty(path) as unknown,
        type: (field: string, value: string) => remote.model.setProperty(`/fields/${field}`, value),
    };
}

QUnit.module("remote models");

QUnit.test("one is marked and says where prompts go, in every list", (assert) => {
    const row = modelRows([ELSEWHERE], IDLE)[0]!;
    assert.strictEqual(row.state, "remote");
    assert.strictEqual(stateText(row), "Remote");
    assert.strictEqual(facts(row), "big-chat · context 8,192 · Prompts leave this computer and go to api.example.com.");
    assert.strictEqual(marked("Big one", ELSEWHERE.id), "Big one · Remote");
    assert.strictEqual(marked("Smol", SMOL.id), "Smol");
    assert.notOk(isRemote("remote:model.gguf"), "a file may be called so");
    assert.strictEqual(statusLine(idle(), "", row, [row], []), leaving(ELSEWHERE.remote));
    const here = { host: "127.0.0.1:11434", place: "this_computer", encrypted: false } as const;
    assert.strictEqual(leaving(here), "Prompts go to a server on this computer, 127.0.0.1:11434.");
    assert.strictEqual(danger(here), "", "nothing is on the way");
    assert.ok(danger({ ...here, host: "192.168.1.5", place: "private_network" }).includes("not encrypted"));
});

QUnit.test("what it cannot have is not there, or says why", (assert) => {
    const values = modelFacts(ELSEWHERE).map(({ label, value }) => `${label}: ${value}`);
    assert.ok(values.includes("Memory: – (it computes elsewhere)"), values.join("\n"));
    assert.ok(values.includes("Key: In the system's keyring"));
    assert.notOk(values.some((value) => value.startsWith("Size")));
    assert.strictEqual(countText("remote", null), "– / – tokens");
    assert.ok(countSource("remote", null, null).includes("endpoint tells the count"));
    const streaming = { ...idle(), model: ELSEWHERE.id, pieces: 9, firstPieceAt: 5, lastPieceAt: 900 };
    const measures = liveMeasures(streaming, 1000);
    assert.strictEqual(measures.tokens_out, null, "a piece is not a token");
    assert.strictEqual(measures.tokens_per_s, null);
    assert.strictEqual(measures.ttft_ms, 5);
});

QUnit.test("its tokens are not asked for", async (assert) => {
    const backend = new FakeBackend();
    backend.install();
    const draft = new Draft(() => ({ model: ELSEWHERE.id, mode: null, prompt: "Hello", overrides: {} }));
    draft.changed();
    await wait(400);
    assert.strictEqual(draft.model.getProperty("/counting"), "remote");
    const asked = backend.calls.filter(({ operation }) => operation === "count_tokens");
    assert.notOk(asked.some(({ input }) => (input as { model: string }).model === ELSEWHERE.id));
});

QUnit.test("nothing leaves by itself: one is taken unasked only where there is no other", (assert) => {
    const both = modelRows([ELSEWHERE, SMOL], IDLE);
    assert.strictEqual(usableModel(both, null), SMOL.id);
    assert.strictEqual(usableModel(both, ELSEWHERE.id), ELSEWHERE.id);
    const alone = modelRows([ELSEWHERE, GEMMA], IDLE);
    assert.strictEqual(usableModel(alone, null), ELSEWHERE.id);
    const problem = { code: "folder_unavailable", message: "gone", details: {} } as const;
    assert.strictEqual(situation({ folder: "/m", problem, models: [] }, alone), "ready", "it needs no folder");
});

QUnit.test("where an address leads is told while it is typed", (assert) => {
    const place = (typed: string) => whereTo(typed)?.place;
    assert.strictEqual(place("https://api.example.com/v1"), "internet");
    assert.strictEqual(place("http://localhost:11434"), "this_computer");
    assert.strictEqual(place("http://192.168.1.5:8000/v1"), "private_network");
    assert.strictEqual(place("https://10.example.com"), "internet");
    assert.strictEqual(place("http://172.32.0.1"), "internet");
    assert.strictEqual(whereTo("https://api.example.com:8443/v1")?.host, "api.example.com:8443");
    for (const nothing of ["", "api.example.com", "https://", "ftp://a", "http://[::"]) {
        assert.strictEqual(whereTo(nothing), null, nothing);
    }
});

QUnit.test("one is registered with its key, which is then nowhere", async (assert) => {
    const { remote, calls, type } = start();
    remote.edit(null);
    type("name", " Big one ");
    type("baseUrl", " https://api.example.com/v1 ");
    type("model", "big-chat");
    type("contextLength", "8,192");
    type("key", "sk-secret");
    const saved = await remote.save();
    assert.strictEqual(saved?.id, ELSEWHERE.id);
    const { input } = calls("save_remote_model")[0]!;
    assert.deepEqual(input, {
        id: null,
        name: "Big one",
        base_url: "https://api.example.com/v1",
        model: "big-chat",
        context_length: 8192,
        key: "sk-secret",
    });
    remote.edit(saved);
    assert.notOk(JSON.stringify(remote.model.getData()).includes("sk-secret"));
    await remote.save();
    const again = calls("save_remote_model")[1]!.input as { id: string; key: null };
    assert.deepEqual([again.id, again.key], [ELSEWHERE.id, null], "the kept one stays");
});

QUnit.test("a key can be removed", async (assert) => {
    const { remote, calls, shown } = start();
    remote.edit(ELSEWHERE);
    assert.strictEqual(shown("/hasKey"), true);
    await remote.clearKey();
    assert.deepEqual(calls("clear_remote_key").map(({ input }) => input), [{ model: ELSEWHERE.id }]);
    assert.strictEqual(shown("/hasKey"), false);
});

QUnit.test("the models of the endpoint are listed and one of them chosen", async (assert) => {
    const { remote, shown } = start({ identifiers: ["a", "b"] });
    remote.edit(null);
    await remote.list();
    assert.deepEqual(shown("/identifiers"), ["a", "b"]);
    remote.choose("b");
    assert.strictEqual(shown("/fields/model"), "b");
});

QUnit.test("a test says what was found, until something else is typed", async (assert) => {
    const { remote, shown } = start({ remoteDiagnosis: { finding: "key_wrong", detail: "It says: no.", answered_ms: null } });
    remote.edit(ELSEWHERE);
    await remote.test();
    assert.strictEqual(findingText(shown("/diagnosis") as never), "The key is wrong.");
    remote.typed();
    assert.strictEqual(shown("/diagnosis"), null);
    const works = findingText({ finding: "works", detail: "", answered_ms: 412 });
    assert.strictEqual(works, "The model answers: its first text came after 412 ms.");
});

QUnit.test("what is wrong is marked at its field, and nothing is sent that cannot be", async (assert) => {
    const problem = { code: "invalid_input", message: "no", details: { field: "base_url" } } as const;
    const { remote, calls, shown, type } = start({ refuseRemote: problem });
    remote.edit(ELSEWHERE);
    assert.strictEqual(await remote.save(), null);
    assert.strictEqual(shown("/invalid"), "base_url");
    type("contextLength", "many");
    await remote.save();
    assert.strictEqual(shown("/invalid"), "context_length");
    assert.strictEqual(calls("save_remote_model").length, 1);
    assert.strictEqual(shown("/busy"), "");
});

QUnit.test("a run says where it was answered and what was not sent", (assert) => {
    const used = { host: "api.example.com", left_out: ["top_k", "context_policy"] };
    assert.strictEqual(
        sentTo(used),
        "Sent to api.example.com · not sent, as the endpoint does not take it: top k, context policy",
    );
    assert.strictEqual(sentTo({ host: "h", left_out: [] }), "Sent to h");
    assert.strictEqual(sentTo(null), "");
});
