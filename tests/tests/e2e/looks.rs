use crate::SHORT;
use anyhow::{Result, ensure};
use nopenai_tests::{DataFolder, Desktop, PromptTesting, Screen, Setting};
use serde_json::json;

#[tokio::test]
async fn small_and_light() -> Result<()> {
    look("looks-small-light", Screen::SMALL, false).await
}

#[tokio::test]
async fn small_and_dark() -> Result<()> {
    look("looks-small-dark", Screen::SMALL, true).await
}

#[tokio::test]
async fn large_and_light() -> Result<()> {
    look("looks-large-light", Screen::LARGE, false).await
}

#[tokio::test]
async fn large_and_dark() -> Result<()> {
    look("looks-large-dark", Screen::LARGE, true).await
}

/// What a person came for is visible without scrolling, in the colours that
/// the desktop prefers; the pictures are kept.
async fn look(name: &str, screen: Screen, dark: bool) -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let setting = Setting { screen, dark, ..Setting::of_test(name, data.path())? };
    let desktop = Desktop::open(&setting).await?;
    desktop.fill_screen().await?;
    let page = PromptTesting::open(&desktop).await?;
    let run = page.ask(SHORT).await?;
    page.end(&run).await?;
    page.history_has(1).await?;
    desktop.screenshot("answer").await?;

    for id in ["runButton", "prompt", "answer-text", "measures", "historyTable"] {
        ensure!(is_within(&desktop, id).await?, "{id} is not all on the screen");
    }
    let theme = "return document.documentElement.style.colorScheme";
    let expected = if dark { "dark" } else { "light" };
    assert_eq!(desktop.script(theme, vec![]).await?, expected);
    Ok(())
}

async fn is_within(desktop: &Desktop, id: &str) -> Result<bool> {
    let script =
        "const box = document.querySelector(`[id$='--${arguments[0]}']`).getBoundingClientRect();
        return box.width > 0 && box.height > 0 && box.left >= 0 && box.top >= 0
            && box.right <= innerWidth && box.bottom <= innerHeight";
    Ok(desktop.script(script, vec![json!(id)]).await? == true)
}
