//! The configurator: what is saved there, every run is made with.

use crate::SHORT;
use anyhow::{Context, Result};
use nopenai_tests::{DataFolder, Desktop, PromptTesting, Setting, starter_id};
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);

async fn open(desktop: &Desktop) -> Result<()> {
    desktop.click("modelButton").await?;
    desktop.click("manageModels").await?;
    desktop.click_text("modelsList", "SmolLM2 135M Instruct").await?;
    desktop.click("modelConfigure").await?;
    desktop.element("configuratorDialog").await.map(drop)
}

async fn close(desktop: &Desktop) -> Result<()> {
    desktop.click("configClose").await?;
    desktop.until_gone("configuratorDialog").await?;
    desktop.click("closeModels").await?;
    desktop.until_gone("modelsDialog").await
}

async fn configured(page: &PromptTesting<'_>) -> Result<Value> {
    page.call("get_configuration", json!({ "model": starter_id() })).await
}

#[tokio::test]
async fn what_is_configured_is_what_runs_are_made_with() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let desktop = Desktop::open(&Setting::of_test("configurator", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    desktop.until_shown("modelButton", "SmolLM2", SOON).await?;
    open(&desktop).await?;
    desktop.until_shown("memoryTotal", "MB", SOON).await?;
    let before = desktop.text("memoryTotal").await?.context("an estimate is shown")?;

    desktop.type_into("configTemperature-input", "9").await?;
    desktop.click("configSave").await?;
    desktop.until_shown("configTemperature", "2", SOON).await?;
    desktop.screenshot("refused").await?;

    desktop.type_into("configTemperature-input", "0").await?;
    desktop.type_into("configMaxTokens-input", "7").await?;
    desktop.type_into("configContext-input", "8192").await?;
    // The estimate follows what is typed, before it is saved.
    desktop
        .until("another estimate", SOON, async || {
            Ok(desktop.text("memoryTotal").await?.filter(|now| *now != before))
        })
        .await?;
    desktop.screenshot("typed").await?;
    desktop.click("configSave").await?;
    desktop
        .until("saved", SOON, async || {
            let saved = configured(&page).await?;
            Ok((saved["configuration"]["parameters"]["max_tokens"] == 7).then_some(()))
        })
        .await?;
    close(&desktop).await?;

    let run = page.ask(SHORT).await?;
    let run = page.end(&run).await?;
    let parameters = &run["parameters"];
    assert_eq!(
        [&parameters["temperature"], &parameters["max_tokens"], &parameters["context_length"]],
        [&json!(0), &json!(7), &json!(8192)]
    );
    assert!(run["measures"]["tokens_out"].as_u64().is_some_and(|tokens| tokens <= 7), "{run}");

    open(&desktop).await?;
    desktop.click("configReset").await?;
    desktop.screenshot("reset").await?;
    desktop
        .until("reset", SOON, async || {
            let saved = configured(&page).await?;
            Ok((saved["configuration"]["parameters"]["max_tokens"] != 7).then_some(()))
        })
        .await
}

#[tokio::test]
async fn a_configuration_travels_in_a_file() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let desktop = Desktop::open(&Setting::of_test("configuration-file", data.path())?).await?;
    PromptTesting::open(&desktop).await?;
    desktop.until_shown("modelButton", "SmolLM2", SOON).await?;
    let file = data.path().join("configuration.json");
    open(&desktop).await?;
    desktop.type_into("configTopK-input", "17").await?;
    desktop.click("configExport").await?;
    desktop.type_into("configPath", &file.display().to_string()).await?;
    desktop.click("fileConfirm").await?;
    let written =
        desktop.until("the file", SOON, async || Ok(std::fs::read_to_string(&file).ok())).await?;
    assert!(written.contains("17"), "{written}");
    desktop.until_gone("filePopover").await?;

    std::fs::write(&file, written.replace("17", "23"))?;
    desktop.click("configImport").await?;
    desktop.type_into("configPath", &file.display().to_string()).await?;
    desktop.click("fileConfirm").await?;
    desktop
        .until("the imported value", SOON, async || {
            let input = desktop.element("configTopK-input-inner").await?;
            Ok((input.prop("value").await?.as_deref() == Some("23")).then_some(()))
        })
        .await?;

    desktop.until_gone("filePopover").await?;
    std::fs::write(&file, "no configuration")?;
    desktop.click("configImport").await?;
    desktop.type_into("configPath", &file.display().to_string()).await?;
    desktop.click("fileConfirm").await?;
    desktop.until_shown("fileProblem", "configuration.json", SOON).await?;
    desktop.screenshot("refused").await.map(drop)
}

/// Loading a model twice and timing it, on a machine that does other things.
const MEASURED: Duration = Duration::from_secs(90);

#[tokio::test]
async fn the_runtime_is_chosen_measured_and_named_by_the_run() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let desktop = Desktop::open(&Setting::of_test("runtimes", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    desktop.until_shown("modelButton", "SmolLM2", SOON).await?;
    open(&desktop).await?;
    desktop.until_shown("configRuntimeChosen", "not compared yet", SOON).await?;
    desktop.choose("configRuntime", "llama.cpp").await?;
    desktop.until_shown("configRuntimeChosen", "llama.cpp answers, as chosen", SOON).await?;
    desktop.click("configSave").await?;
    desktop
        .until("saved", SOON, async || {
            let saved = configured(&page).await?;
            Ok((saved["configuration"]["runtime"] == "llama_cpp").then_some(()))
        })
        .await?;
    close(&desktop).await?;
    let run = page.ask(SHORT).await?;
    let run = page.end(&run).await?;
    assert_eq!(run["runtime"], "llama_cpp", "{run}");
    page.details(0).await?;
    desktop.until_shown("detailParameters", "llama.cpp", SOON).await?;
    desktop.screenshot("details").await?;
    desktop.click("detailClose").await?;
    desktop.until_gone("detailDialog").await?;

    open(&desktop).await?;
    desktop.choose("configRuntime", "Automatic").await?;
    desktop.click("measureRuntimes").await?;
    desktop.until_shown("measureRuntimes", "Measuring", SOON).await?;
    desktop.until_shown("configRuntimeChosen", "times as fast", MEASURED).await?;
    desktop.until_shown("runtimeSpeeds", "tok/s generating", SOON).await?;
    desktop.screenshot("measured").await.map(drop)
}
