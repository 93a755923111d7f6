import { fit, matches, preferredOffer } from "../../model/offers";
import { tokenText } from "../../model/getModelsFormat";
import { download, offer, REVISION } from "../fake/hub";
import Page, { click, find, isVisible, press, shown, tap, type, until } from "./page";

async function open(scenario: Parameters<typeof Page.open>[0] = {}): Promise<Page> {
    const page = await Page.open(scenario);
    await tap('[id$="--modelButton"]');
    await tap('[id$="--manageModels"]');
    await tap('[id$="--getModels"]');
    await until("the dialog is there", () => isVisible("getModelsDialog") && shown("catalogueList").includes("Qwen"));
    return page;
}

const row = (list: string, index = 0) => find(list)?.querySelectorAll("li")[index];

QUnit.module("Get models");

QUnit.test("the catalogue leads to a download of what it names", async (assert) => {
    const page = await open();
    assert.strictEqual(page.called("search_hub").length + page.called("read_hub_repository").length, 0, "nothing is connected to");
    click(row("catalogueList"));
    await until("the offers are there", () => shown("offerList").includes("model-q4_k_m.gguf"));
    assert.ok(shown("offerList").includes("Fits") && shown("offerList").includes("Too large now"));
    assert.ok(shown("repositoryFacts").includes("apache-2.0"));
    await tap('[id$="--startDownload"]:not([disabled])');
    await until("the download is listed", () => shown("downloadList").includes("model-q4_k_m.gguf"));
    assert.deepEqual(page.called("start_download")[0]?.input, {
        repository: "Qwen/Qwen2.5-0.5B-Instruct-GGUF",
        revision: REVISION,
        file: "model-q4_k_m.gguf",
    });
    page.close();
});

QUnit.test("the hub is searched only when asked for", async (assert) => {
    const page = await open();
    click(find("getPlace")?.querySelectorAll("li")[1]);
    await until("the search is there", () => isVisible("hubSearch"));
    assert.ok(shown("hubList").includes("press Enter"));
    type("hubSearch-I", "SmolLM2");
    assert.strictEqual(page.called("search_hub").length, 0);
    press("Enter", find("hubSearch-I"));
    find("hubSearch-I")?.dispatchEvent(new Event("search"));
    await until("it is found", () => shown("hubList").includes("bartowski/SmolLM2-135M-Instruct-GGUF"));
    assert.deepEqual(page.called("search_hub")[0]?.input, { words: "SmolLM2", sort: "downloads" });
    assert.ok(shown("hubList").includes("12,345"));
    page.close();
});

QUnit.test("without a connection that is said, and the rest goes on", async (assert) => {
    const hubProblem = { code: "offline", message: "huggingface.co was not reached.", details: {} } as const;
    const page = await open({ hubProblem });
    click(row("catalogueList"));
    await until("it is said", () => shown("getProblem").includes("not reached"));
    click(find("getPlace")?.querySelectorAll("li")[2]);
    await until("other applications are shown", () => shown("elsewhereList").includes("tiny-1b.gguf"));
    assert.notOk(shown("elsewhereProblem").includes("not reached"));
    page.close();
});

QUnit.test("a model of another application is linked under its name", async (assert) => {
    const page = await open();
    click(find("getPlace")?.querySelectorAll("li")[2]);
    await until("it is found", () => shown("elsewhereList").includes("Ollama"));
    click(find("elsewhereList")?.querySelector("button"));
    await until("it is shown", () => shown("modelTitle").includes("sha256-5891b5b5") || page.called("import_model").length > 0);
    assert.deepEqual(page.called("import_model")[0]?.input, {
        path: "/home/ada/.ollama/models/blobs/sha256-5891b5b5",
        method: "link",
        name: "tiny-1b.gguf",
    });
    page.close();
});

QUnit.test("cancelling asks first, since what has arrived is lost", async (assert) => {
    const page = await open({ downloads: [download({ state: "paused" })] });
    const buttons = () => find("downloadList")?.querySelectorAll("button");
    click(buttons()?.[0]);
    await until("it goes on", () => shown("downloadList").includes("Downloading"));
    click(buttons()?.[1]);
    await until("it is asked", () => isVisible("cancelDownloadDialog") && shown("cancelDownloadDialog").includes("100 MB"));
    assert.strictEqual(page.called("cancel_download").length, 0);
    await tap('[id$="--cancelDownloadConfirm"]');
    await until("it is gone", () => !shown("downloadList").includes("model-q4_k_m"));
    page.close();
});

QUnit.test("a token is taken and never shown again", async (assert) => {
    const page = await open();
    await tap('[id$="--hubAccess"]');
    await until("the state is shown", () => shown("tokenState").includes("No token"));
    type("hubToken-inner", "hf_secret");
    await tap('[id$="--saveToken"]:not([disabled])');
    await until("it is kept", () => shown("tokenState").includes("keyring"));
    assert.strictEqual((find("hubToken-inner") as HTMLInputElement).value, "");
    assert.deepEqual(page.called("set_hub_token")[0]?.input, { token: "hf_secret" });
    await tap('[id$="--clearToken"]:not([disabled])');
    await until("it is removed", () => shown("tokenState").includes("No token"));
    page.close();
});

QUnit.test("what is offered first, and whether it fits", (assert) => {
    const offers = [offer("a-q2_k.gguf", 1), offer("a-Q4_K_M.gguf", 2), offer("sub/a-q8_0.gguf", 3)];
    assert.strictEqual(preferredOffer(offers, "*Q8_0.gguf")?.name, "sub/a-q8_0.gguf");
    assert.strictEqual(preferredOffer(offers, "*none.gguf")?.name, "a-Q4_K_M.gguf");
    assert.strictEqual(preferredOffer(offers.slice(0, 1), null)?.name, "a-q2_k.gguf");
    assert.strictEqual(preferredOffer([], null), null);
    assert.notOk(matches("a*a.gguf", "a.gguf"));
    assert.deepEqual([fit(50, 100), fit(90, 100), fit(101, 100)], ["fits", "tight", "exceeds"]);
    const access = { address: "", problem: null, token: { kind: "variable", name: "HF_TOKEN" } } as const;
    assert.ok(tokenText(access).includes("HF_TOKEN"));
});
