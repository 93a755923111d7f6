//! Two models at once, and what the engine does with models beside answering.

use crate::LONG;
use anyhow::{Context, Result};
use nopenai_tests::{
    ChatPage, DataFolder, Desktop, PromptTesting, Setting, starter_id, starter_model,
};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(30);
const LATER: Duration = Duration::from_secs(120);

const OTHER: &str = "second.gguf";

/// With the starter model twice, under two names.
fn two_models() -> Result<DataFolder> {
    let data = DataFolder::with_starter_model()?;
    let other = data.path().join("models").join(OTHER);
    fs::hard_link(starter_model(), &other)
        .or_else(|_| fs::copy(starter_model(), &other).map(drop))?;
    Ok(data)
}

#[tokio::test]
async fn two_models_answer_at_the_same_time() -> Result<()> {
    let data = two_models()?;
    let desktop = Desktop::open(&Setting::of_test("two-models", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    for model in [starter_id().as_str(), OTHER] {
        page.call("load_model", json!({ "model": model })).await?;
    }
    desktop.type_into("prompt", LONG).await?;
    let answering = page.begin("runButton").await?;
    let asked = page.recorded(&answering).await?["model"].clone();
    let other = if asked == OTHER { starter_id() } else { OTHER.to_owned() };

    desktop.click("navigateChat").await?;
    let chats = ChatPage::open(&desktop).await?;
    let held = json!({ "title": "", "model": other, "mode": null, "context_policy": "refuse",
        "parameters": { "max_tokens": 200, "temperature": 0.0 } });
    let chat = chats.begin(held).await?;
    chats.say(LONG).await?;
    let both = async || {
        let engine = chats.call("engine_status", json!({})).await?;
        let models = engine["models"].as_array().cloned().unwrap_or_default();
        let busy = models.iter().filter(|model| model["state"] == "busy").count();
        Ok((busy == 2).then_some(models))
    };
    let models = desktop.until("both to answer", SOON, both).await?;
    let processes: Vec<_> = models.iter().map(|model| model["process_id"].clone()).collect();
    assert_ne!(processes[0], processes[1], "each has a process of its own");
    desktop.click("modelButton").await?;
    desktop.until_shown("modelList", "second", SOON).await?;
    desktop.screenshot("both-busy").await?;
    desktop.press(&nopenai_tests::Key::Escape.to_string()).await?;

    let answered = chats.settled(&chat, 2).await?;
    let run = ChatPage::last_run(&answered)?;
    assert_eq!((&run["outcome"], &run["model"]), (&json!("completed"), &json!(other)));
    let ended = async || {
        let run = chats.call("get_run", json!({ "run": answering })).await?;
        Ok((run["outcome"] != "running").then_some(run))
    };
    let first = desktop.until("the first answer", LATER, ended).await?;
    assert_eq!((&first["outcome"], &first["model"]), (&json!("completed"), &asked));
    Ok(())
}

#[tokio::test]
async fn texts_are_compared_and_a_faster_form_is_written() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let desktop = Desktop::open(&Setting::of_test("forms", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    let configuration =
        json!({ "model": starter_id(), "configuration": { "runtime": "llama_cpp" } });
    page.call("save_configuration", configuration).await?;
    desktop.click("modelButton").await?;
    desktop.click("manageModels").await?;
    // A dialog that is just opening would take the focus from the menu.
    let opened = "return document.activeElement?.id.includes('modelsDialog') ||\
        document.activeElement?.closest(\"[id$='--modelsDialog']\") !== null";
    let opened = async || Ok((desktop.script(opened, vec![]).await? == true).then_some(()));
    desktop.until("the dialog to have the focus", SOON, opened).await?;
    desktop.click("modelMore").await?;
    desktop.click("embedTexts").await?;
    let texts = "The cat sleeps on the warm sofa.\nA kitten is napping on the couch.\n\
                 Quarterly revenue grew by eleven percent.";
    desktop.type_into("embeddingTexts", texts).await?;
    desktop.click("embed").await?;
    desktop.until_shown("embeddingFigures", "576", LATER).await?;
    let rows = "return [...document.querySelectorAll(\"[id$='--embeddingPairs'] tbody tr\")]\
        .map((row) => row.innerText)";
    let rows = desktop.script(rows, vec![]).await?;
    let nearest = rows[0].as_str().context("pairs are shown")?;
    assert!(nearest.contains("cat") && nearest.contains("kitten"), "{rows:#}");
    desktop.screenshot("compared").await?;
    desktop.click("closeEmbeddings").await?;
    desktop.until_gone("embeddingsDialog").await?;

    desktop.click("modelConfigure").await?;
    desktop.element("requantize").await?;
    desktop.scroll_to("requantize").await?;
    desktop.click("requantize").await?;
    desktop.until_shown("formWritten", "perplexity", LATER).await?;
    desktop.screenshot("written").await?;
    let listed = async || {
        let list = page.call("list_models", json!({})).await?;
        let models = list["models"].as_array().cloned().unwrap_or_default();
        Ok(models
            .into_iter()
            .find(|model| model["id"].as_str().is_some_and(|id| id.ends_with(".Q8_0.gguf"))))
    };
    let written: Value = desktop.until("the new file to be listed", SOON, listed).await?;
    assert_eq!(written["facts"]["quantization"], "Q8_0", "{written:#}");
    Ok(())
}
