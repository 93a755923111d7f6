//! A prompt set is imported and run; its quality follows its expectations.

use anyhow::{Context, Result};
use nopenai_tests::{DataFolder, Desktop, PromptTesting, Setting};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_secs(180);

fn rows(second: &str) -> String {
    format!("prompt,kind,expected\nSay hello.,regex,.\nSay hello.,regex,{second}\n")
}

async fn run(desktop: &Desktop, page: &PromptTesting<'_>, completed: usize) -> Result<Value> {
    desktop.click("runSet").await?;
    desktop.element("evaluatedModels").await?;
    desktop.type_into("evaluationMaxTokens-input", "8").await?;
    desktop.click("startEvaluations").await?;
    desktop.until_gone("evaluationTargetsDialog").await?;
    desktop
        .until("the end of the evaluation", PATIENCE, async || {
            let list = page.call("list_evaluations", json!({})).await?;
            let items = list["items"].as_array().cloned().unwrap_or_default();
            let done = items.iter().filter(|each| each["evaluation"]["state"] == "completed");
            Ok((done.count() == completed).then(|| items[0].clone()))
        })
        .await
}

#[tokio::test]
async fn a_set_is_imported_and_its_quality_follows_its_expectations() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let file = data.path().join("greetings.csv");
    let path = file.display().to_string();
    let desktop = Desktop::open(&Setting::of_test("evaluations", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    desktop.click("evaluationsButton").await?;
    desktop.click("importSet").await?;

    fs::write(&file, "prompt,kind,expected\nSay hello.,magic,x\n")?;
    desktop.type_into("setPath", &path).await?;
    desktop.click("setImportStart").await?;
    desktop.until_shown("setImportProblem", "Line 2", SOON).await?;
    desktop.screenshot("refused").await?;
    fs::write(&file, rows("."))?;
    desktop.click("setImportStart").await?;
    desktop.until_gone("setImportDialog").await?;
    desktop.until_shown("setTitle", "greetings", SOON).await?;

    let figures = run(&desktop, &page, 1).await?;
    assert_eq!(figures["quality"]["share"], 1.0, "{figures}");
    desktop.until_shown("evaluationList", "100%", SOON).await?;
    desktop.click("tabMatrix-button").await?;
    desktop.until_shown("qualityMatrix", "100%", SOON).await?;
    desktop.screenshot("matrix").await?;

    // Other expectations: no figure, until the set is run again.
    fs::write(&file, rows("^no model says this$"))?;
    desktop.click("importSet").await?;
    desktop.type_into("setPath", &path).await?;
    desktop.click("setReplace").await?;
    desktop.click("setImportStart").await?;
    desktop.until_gone("setImportDialog").await?;
    assert_eq!(page.call("list_qualities", json!({})).await?, json!([]));
    let figures = run(&desktop, &page, 2).await?;
    assert_eq!(figures["quality"]["share"], 0.5, "{figures}");
    desktop.click("tabMatrix-button").await?;
    desktop.until_shown("qualityMatrix", "50%", SOON).await?;

    // From the figure to its items, and from an item to its run.
    desktop.click("qualityMatrix a").await?;
    desktop.until_shown("evaluationQuality", "50%", SOON).await?;
    desktop.until_shown("evaluatedItems", "The expression finds nothing", SOON).await?;
    desktop.screenshot("items").await?;
    let query = json!({ "evaluation": figures["evaluation"]["id"] });
    let items = page.call("list_evaluated_items", query).await?;
    let answer = items["items"][0]["result"]["answer"].clone();
    let run =
        items["items"][0]["result"]["run"].as_str().context("an item has its run")?.to_owned();
    desktop.click("evaluatedItems button[title='Open the run in the history']").await?;
    desktop.until_gone("evaluationsDialog").await?;
    page.show_source().await?;
    page.answer_is(&answer).await?;
    assert_eq!(page.recorded(&json!(run)).await?["answer"], answer);
    Ok(())
}
