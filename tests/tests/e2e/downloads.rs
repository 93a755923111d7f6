//! A model from a hub: searched for, fetched over a line that breaks, paused,
//! resumed, and asked.

use crate::SHORT;
use crate::hub::{Fault, HubServer, REPOSITORY};
use anyhow::{Context, Result};
use nopenai_tests::{DataFolder, Desktop, Key, PromptTesting, Setting, starter_id, starter_model};
use serde_json::{Value, json};
use std::fs;
use std::process::Command;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);
const LATER: Duration = Duration::from_secs(90);
/// Where the line breaks the first time, bytes.
const BREAK: usize = 5_000_000;

/// A hub that has the starter model.
async fn hub() -> Result<HubServer> {
    let output = Command::new("sha256sum").arg(starter_model()).output()?;
    let text = String::from_utf8(output.stdout)?;
    let sha256 = text.split_whitespace().next().context("sha256sum prints the hash")?;
    let hub = HubServer::start().await;
    hub.add(&starter_id(), fs::read(starter_model())?, sha256);
    Ok(hub)
}

async fn open_dialog(desktop: &Desktop) -> Result<()> {
    desktop.click("modelButton").await?;
    desktop.click("manageModels").await?;
    desktop.click("getModels").await?;
    desktop.element("catalogueList").await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_downloaded_over_a_line_that_breaks() -> Result<()> {
    let (hub, data) = (hub().await?, DataFolder::without_model()?);
    // Slow enough to be paused by hand.
    let slow = Fault::Drip(100_000, Duration::from_millis(40));
    hub.faults([Fault::Cut(BREAK), slow]);
    let address = Some(hub.address().to_owned());
    let setting = Setting { hub: address, ..Setting::of_test("downloads", data.path())? };
    let desktop = Desktop::open(&setting).await?;
    let page = PromptTesting::open(&desktop).await?;
    open_dialog(&desktop).await?;
    desktop.click("getPlace li:nth-of-type(2)").await?;
    assert_eq!(hub.all_asked().len(), 0, "nothing is asked before a person asks");
    desktop.type_into("hubSearch", "tiny").await?;
    desktop.press(&Key::Enter.to_string()).await?;
    desktop.until_shown("hubList", REPOSITORY, SOON).await?;
    desktop.click_text("hubList", REPOSITORY).await?;
    desktop.until_shown("offerList", &starter_id(), SOON).await?;
    desktop.until_shown("repositoryFacts", "apache-2.0", SOON).await?;
    desktop.screenshot("offers").await?;
    desktop.click("startDownload").await?;

    // The line breaks, and it goes on by itself from there.
    desktop.until_shown("downloadList", &starter_id(), SOON).await?;
    desktop
        .until("going on after the break", SOON, async || {
            Ok((downloaded(&page).await? > BREAK as u64).then_some(()))
        })
        .await?;
    desktop.screenshot("downloading").await?;
    desktop.click("downloadList button:nth-of-type(1)").await?;
    desktop.until_shown("downloadList", "Paused", SOON).await?;
    let rests = downloaded(&page).await?;
    assert!(rests > BREAK as u64);
    assert_eq!(models(&page).await?, 0, "nothing half is a model");
    desktop.screenshot("paused").await?;

    desktop.click("downloadList button:nth-of-type(1)").await?;
    desktop
        .until("the model", LATER, async || Ok((models(&page).await? == 1).then_some(())))
        .await?;
    let asked = hub.asked();
    let ranges: Vec<_> = asked.iter().map(|asked| asked.header("range")).collect();
    let (first, second) = (format!("bytes={BREAK}-"), format!("bytes={rests}-"));
    assert_eq!(ranges, [None, Some(first.as_str()), Some(second.as_str())]);
    let model = data.path().join("models").join(starter_id());
    assert_eq!(fs::read(model)?, fs::read(starter_model())?);
    desktop.until_gone("downloadList").await?;

    desktop.click("closeGetModels").await?;
    desktop.click("closeModels").await?;
    desktop.until_gone("modelsDialog").await?;
    let run = page.ask(SHORT).await?;
    let run = page.end(&run).await?;
    assert_eq!(run["outcome"], "completed", "{run:#}");
    Ok(())
}

async fn downloaded(page: &PromptTesting<'_>) -> Result<u64> {
    let list = page.call("list_downloads", json!({})).await?;
    Ok(list[0]["done_bytes"].as_u64().unwrap_or_default())
}

async fn models(page: &PromptTesting<'_>) -> Result<usize> {
    let list = page.call("list_models", json!({})).await?;
    Ok(list["models"].as_array().map_or(0, Vec::len))
}

#[tokio::test]
async fn without_a_connection_that_is_said() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let desktop = Desktop::open(&Setting::of_test("downloads-offline", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    open_dialog(&desktop).await?;
    desktop.click_text("catalogueList", "Qwen2.5 0.5B Instruct").await?;
    desktop.until_shown("getProblem", "was not reached", SOON).await?;
    assert!(!desktop.shows("offerList").await?, "nothing is made up");
    desktop.screenshot("offline").await?;
    // There is no keyring on this session's bus.
    desktop.click("hubAccess").await?;
    desktop.until_shown("keyringProblem", "keyring", SOON).await?;
    desktop.screenshot("access").await?;
    let error = desktop.invoke("set_hub_token", json!({ "token": "hf_secret" })).await?;
    let error = error.err().context("it can't be kept")?;
    assert_eq!(error["code"], "keyring_unavailable");
    assert!(!Value::to_string(&error).contains("hf_secret"));
    assert_eq!(models(&page).await?, 1);
    Ok(())
}
