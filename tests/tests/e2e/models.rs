//! Models: brought in, looked at, named, taken off the list, deleted.

use anyhow::{Context, Result};
use nopenai_tests::{DataFolder, Desktop, PromptTesting, Setting, starter_id, starter_model};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);

/// The model of the list, when it is on it.
async fn listed(page: &PromptTesting<'_>, id: &str) -> Result<Option<Value>> {
    let list = page.call("list_models", json!({})).await?;
    let models = list["models"].as_array().cloned().unwrap_or_default();
    Ok(models.into_iter().find(|model| model["id"] == id))
}

#[tokio::test]
async fn a_model_is_linked_named_and_taken_off_the_list() -> Result<()> {
    let data = DataFolder::without_model()?;
    let desktop = Desktop::open(&Setting::of_test("models", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    desktop.click("modelButton").await?;
    desktop.click("manageModels").await?;
    desktop.click("importModel").await?;
    desktop.type_into("importPath", "/no/such/file.gguf").await?;
    desktop.click("importStart").await?;
    desktop.until_shown("importProblem", "/no/such/file.gguf", SOON).await?;
    desktop.screenshot("refused").await?;

    let path = starter_model().display().to_string();
    desktop.type_into("importPath", &path).await?;
    desktop.screenshot("import").await?;
    desktop.click("importStart").await?;
    desktop.until_gone("importDialog").await?;
    let id = starter_id();
    let model = listed(&page, &id).await?.context("the model is listed")?;
    assert_eq!(model["link_target"], path);
    desktop.until_shown("modelLink", &path, SOON).await?;

    // Every fact on screen is the file's.
    let facts = desktop.text("modelFacts").await?.context("facts are shown")?;
    for fact in ["llama", "Q4_1", "8,192", "30", "49,152"] {
        assert!(facts.contains(fact), "{fact}: {facts}");
    }
    let hash = desktop
        .until("the hash", Duration::from_secs(60), async || {
            let model = listed(&page, &id).await?;
            Ok(model.and_then(|model| model["sha256"].as_str().map(str::to_owned)))
        })
        .await?;
    assert_eq!(hash, sha256_of_the_starter_model()?);
    desktop.until_shown("modelHash", &hash, SOON).await?;
    desktop.screenshot("detail").await?;

    desktop.click("renameButton").await?;
    desktop.element("renameField").await?;
    desktop.screenshot("rename").await?;
    desktop.type_into("renameField", "My small one").await?;
    desktop.click("renameSave").await?;
    desktop.until_shown("modelTitle", "My small one", SOON).await?;

    desktop.click("modelMore").await?;
    desktop.click("removeModel").await?;
    desktop.until_shown("modelUndoBar", "My small one", SOON).await?;
    assert_eq!(listed(&page, &id).await?, None);
    desktop.screenshot("removed").await?;
    desktop.click("undoRemoveModel").await?;
    desktop.until_shown("modelTitle", "My small one", SOON).await?;

    desktop.click("modelMore").await?;
    desktop.click("deleteModel").await?;
    desktop.screenshot("delete").await?;
    desktop.click("deleteConfirm").await?;
    desktop.until_gone("deleteDialog").await?;
    assert_eq!(listed(&page, &id).await?, None);
    assert!(fs::symlink_metadata(data.path().join("models").join(&id)).is_err());
    assert!(starter_model().exists(), "only the link is deleted");
    Ok(())
}

/// As `sha256sum` computes it.
fn sha256_of_the_starter_model() -> Result<String> {
    let output = std::process::Command::new("sha256sum").arg(starter_model()).output()?;
    let text = String::from_utf8(output.stdout)?;
    Ok(text.split_whitespace().next().context("sha256sum prints the hash")?.to_owned())
}

#[tokio::test]
async fn what_cannot_run_says_why_and_a_copy_stays() -> Result<()> {
    let data = DataFolder::without_model()?;
    let models = data.path().join("models");
    fs::write(models.join("old.bin"), "a pickle")?;
    fs::write(models.join("page.gguf"), "<html>")?;
    let desktop = Desktop::open(&Setting::of_test("models-refused", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    desktop.click("modelButton").await?;
    desktop.click("manageModels").await?;
    desktop.click_text("modelsList", "old").await?;
    desktop.until_shown("modelProblem", "pickles", SOON).await?;
    assert!(!desktop.shows("modelLoad").await?, "there is nothing to load");
    desktop.screenshot("pickle").await?;
    desktop.click_text("modelsList", "page").await?;
    desktop.until_shown("modelProblem", "not a GGUF file", SOON).await?;

    desktop.click("importModel").await?;
    desktop.click("importCopy").await?;
    desktop.type_into("importPath", &starter_model().display().to_string()).await?;
    desktop.click("importStart").await?;
    desktop.until_gone("importDialog").await?;
    let model = listed(&page, &starter_id()).await?.context("the copy is listed")?;
    assert_eq!(model["link_target"], Value::Null);
    assert_eq!(fs::metadata(models.join(starter_id()))?.len(), starter_model().metadata()?.len());
    Ok(())
}
