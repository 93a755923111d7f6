//! A model behind an endpoint: registered with its key, tried, asked like a
//! local one, taken off the list and brought back, and what a wrong key does.

use crate::endpoint::{Endpoint, KEY, MODEL, Reply};
use crate::team::start_keyring;
use anyhow::{Context, Result};
use nopenai_tests::{DataFolder, Desktop, PromptTesting, Setting};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};

const SOON: Duration = Duration::from_secs(20);
const WRONG: &str = "sk-wrong-fedcba9876543210";

/// Registers the endpoint's model, with what can go wrong on the way.
async fn register(desktop: &Desktop, endpoint: &Endpoint) -> Result<()> {
    desktop.click("addRemote").await?;
    desktop.type_into("remoteName", "Elsewhere").await?;
    // Not to be encrypted, and far away: refused where it is typed.
    desktop.type_into("remoteAddress", "http://api.example.com/v1").await?;
    desktop.until_shown("remoteDanger", "not encrypted", SOON).await?;
    desktop.type_into("remoteIdentifier", "guessed").await?;
    desktop.click("saveRemote").await?;
    desktop.until_shown("remoteProblem", "Over http://", SOON).await?;
    desktop.type_into("remoteAddress", endpoint.address()).await?;
    desktop.until_shown("remoteWhere", "a server on this computer, 127.0.0.1", SOON).await?;
    desktop.type_into("remoteKey", WRONG).await?;
    desktop.click("testRemote").await?;
    desktop.until_shown("remoteFinding", "The key is wrong", SOON).await?;
    desktop.screenshot("wrong-key").await?;
    desktop.type_into("remoteKey", KEY).await?;
    desktop.click("testRemote").await?;
    desktop.until_shown("remoteFinding", "does not have this model", SOON).await?;
    desktop.click("listIdentifiers").await?;
    desktop.click_text("identifierList", MODEL).await?;
    desktop.click("testRemote").await?;
    desktop.until_shown("remoteFinding", "The model answers", SOON).await?;
    desktop.screenshot("works").await?;
    desktop.click("saveRemote").await?;
    desktop.until_gone("remoteDialog").await
}

async fn open_models(desktop: &Desktop) -> Result<()> {
    desktop.click("modelButton").await?;
    desktop.click("manageModels").await?;
    desktop.element("modelsList").await.map(drop)
}

/// Takes the model that is shown off the list. A dialog that is still opening
/// takes the focus, which closes a menu: then it is opened once more.
async fn remove(desktop: &Desktop) -> Result<()> {
    desktop
        .until("the menu", SOON, async || {
            desktop.click("modelMore").await?;
            tokio::time::sleep(Duration::from_millis(700)).await;
            Ok(desktop.shows("removeModel").await?.then_some(()))
        })
        .await?;
    desktop.click("removeModel").await
}

async fn close_models(desktop: &Desktop) -> Result<()> {
    desktop.click("closeModels").await?;
    desktop.until_gone("modelsDialog").await
}

/// Whether `secret` is in a file of the folder.
fn holds(folder: &Path, secret: &str) -> Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        // Sockets and pipes of the web view can't be read.
        let found = match path.is_dir() {
            true => holds(&path, secret)?,
            false if path.is_file() => {
                let content = std::fs::read(&path)?;
                content.windows(secret.len()).any(|part| part == secret.as_bytes())
            }
            false => false,
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_model_is_registered_and_asked_like_a_local_one() -> Result<()> {
    let (endpoint, data) = (Endpoint::start().await, DataFolder::with_starter_model()?);
    endpoint.want_key();
    let desktop = Desktop::open(&Setting::of_test("remote", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    let home = tempfile::tempdir()?;
    start_keyring(&desktop, home.path())?;

    open_models(&desktop).await?;
    register(&desktop, &endpoint).await?;
    desktop.until_shown("modelTitle", "Elsewhere", SOON).await?;
    desktop.until_shown("modelLeaves", "Prompts go to a server on this computer", SOON).await?;
    desktop.until_shown("modelState", "Remote", SOON).await?;
    desktop.until_shown("modelFacts", "In the system's keyring", SOON).await?;
    for hidden in ["modelLoad", "modelHash", "modelFiles"] {
        assert!(!desktop.shows(hidden).await?, "{hidden} means nothing here");
    }
    desktop.screenshot("registered").await?;
    close_models(&desktop).await?;

    // Nothing is sent there before it is chosen.
    let asked = endpoint.asked().len();
    assert!(!desktop.text("modelButton").await?.context("the header")?.contains("Elsewhere"));
    desktop.click("modelButton").await?;
    desktop.element("modelList").await?;
    desktop.screenshot("chooser").await?;
    desktop.click_text("modelList", "Elsewhere").await?;
    desktop.until_shown("modelButton", "Elsewhere", SOON).await?;
    desktop.until_shown("engineStatus", "Remote", SOON).await?;
    desktop.until_shown("statusLine", "Prompts go to a server on this computer", SOON).await?;
    assert_eq!(endpoint.asked().len(), asked);

    let slow = Reply::answer(&["Hello", " from", " elsewhere", "."]);
    endpoint.reply([slow.slowly(Duration::from_millis(300))]);
    let run = page.ask("Say hello.").await?;
    let recorded = page.end(&run).await?;
    assert_eq!(recorded["answer"], "Hello from elsewhere.", "{recorded:#}");
    desktop.until_shown("answer", "Hello from elsewhere.", SOON).await?;
    desktop.until_shown("answerRemote", "Sent to 127.0.0.1", SOON).await?;
    desktop.until_shown("measureModel", "Elsewhere · Remote", SOON).await?;
    desktop.until_shown("measureTokens", "11", SOON).await?;
    desktop.until_shown("historyTable", "Elsewhere · Remote", SOON).await?;
    assert!(recorded["measures"]["ttft_ms"].as_f64().is_some_and(|time| time > 250.0));
    desktop.screenshot("answered").await?;

    // Taken off the list with its key, and both brought back.
    open_models(&desktop).await?;
    desktop.click_text("modelsList", "Elsewhere").await?;
    remove(&desktop).await?;
    desktop.until_shown("modelUndoBar", "its key from the keyring", SOON).await?;
    desktop.screenshot("removed").await?;
    desktop.click("undoRemoveModel").await?;
    desktop.until_shown("modelTitle", "Elsewhere", SOON).await?;
    close_models(&desktop).await?;
    let run = page.ask("Say hello again.").await?;
    assert_eq!(page.end(&run).await?["outcome"], "completed");

    // A key that is replaced by a wrong one.
    open_models(&desktop).await?;
    desktop.click_text("modelsList", "Elsewhere").await?;
    desktop.click("editRemote").await?;
    desktop.type_into("remoteKey", WRONG).await?;
    desktop.click("saveRemote").await?;
    desktop.until_gone("remoteDialog").await?;
    close_models(&desktop).await?;
    let run = page.ask("Say hello once more.").await?;
    let failed = page.end(&run).await?;
    assert_eq!(failed["error"]["code"], "access_denied", "{failed:#}");
    desktop.until_shown("answerProblem", "does not accept the key", SOON).await?;
    desktop.screenshot("refused").await?;

    let last = endpoint.asked().pop().context("it was asked")?;
    assert_eq!(last.authorization, Some(format!("Bearer {WRONG}")));
    // And without one.
    open_models(&desktop).await?;
    desktop.click_text("modelsList", "Elsewhere").await?;
    desktop.click("editRemote").await?;
    desktop.click("remoteClearKey").await?;
    desktop.until_gone("remoteClearKey").await?;
    desktop.click("closeRemote").await?;
    desktop.until_gone("remoteDialog").await?;
    desktop.until_shown("modelFacts", "None", SOON).await?;
    close_models(&desktop).await?;
    let run = page.ask("Say hello for the last time.").await?;
    page.end(&run).await?;
    desktop.until_shown("answerProblem", "wants a key, and there is none", SOON).await?;
    assert_eq!(endpoint.asked().pop().context("it was asked")?.authorization, None);

    for secret in [KEY, WRONG] {
        assert!(!failed.to_string().contains(secret));
        let told = page.call("diagnostics", json!({})).await?;
        let list = page.call("list_models", json!({})).await?;
        assert!(![told, list].iter().any(|told| Value::to_string(told).contains(secret)));
        assert!(!holds(data.path(), secret)?, "a key is in a file");
    }
    Ok(())
}
