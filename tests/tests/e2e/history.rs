//! The history: searched, filtered, deleted, restored, exported.

use crate::SHORT;
use anyhow::{Context, Result};
use nopenai_domain::{ModeId, ModeRef, Outcome, Timestamp};
use nopenai_tests::{DataFolder, Desktop, PromptTesting, Setting, record, recorded};
use serde_json::Value;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_run_can_be_loaded_back_deleted_and_restored() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let desktop = Desktop::open(&Setting::of_test("history", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    page.show_source().await?;
    let first = page.ask(SHORT).await?;
    let first = page.end(&first).await?;
    let second = page.ask("Count from one to five.").await?;
    let second = page.end(&second).await?;
    page.history_has(2).await?;

    page.open_row(1).await?;
    page.answer_is(&first["answer"]).await?;
    assert_eq!(page.prompt().await?, SHORT);

    page.delete_row(0).await?;
    page.history_has(1).await?;
    assert_eq!(ids(&page).await?, [first["id"].clone()]);
    desktop.screenshot("deleted").await?;

    desktop.click("undoButton").await?;
    page.history_has(2).await?;
    assert_eq!(ids(&page).await?, [second["id"].clone(), first["id"].clone()]);
    assert_eq!(page.recorded(&second["id"]).await?, second);
    Ok(())
}

async fn ids(page: &PromptTesting<'_>) -> Result<Vec<Value>> {
    Ok(page.history().await?.iter().map(|run| run["id"].clone()).collect())
}

/// 300 runs: one in three about the sea, one in ten failed, one in thirty in
/// Arabic.
async fn many(data: &DataFolder) -> Result<()> {
    let runs: Vec<_> = (0..300)
        .map(|number: i64| {
            let subject = if number % 3 == 0 { "the sea" } else { "the mountains" };
            let mut run = recorded(&format!("Question {number} about {subject}?"), "An answer.");
            run.started_at = Timestamp(run.started_at.0 + number * 60_000_000);
            if number % 30 == 0 {
                run.prompt = "ما هي عاصمة فرنسا؟".to_owned();
            }
            if number % 10 == 1 {
                run.outcome = Outcome::Failed;
            }
            if number % 2 == 0 {
                run.mode = Some(ModeRef { id: ModeId("fast".to_owned()), name: "Fast".to_owned() });
            }
            run.rating = u8::try_from(number % 6).ok().filter(|rating| *rating > 0);
            run
        })
        .collect();
    record(data, &runs).await
}

#[tokio::test]
async fn many_runs_are_searched_filtered_and_exported() -> Result<()> {
    let data = DataFolder::without_model()?;
    many(&data).await?;
    let desktop = Desktop::open(&Setting::of_test("history-many", data.path())?).await?;
    PromptTesting::open(&desktop).await?;
    desktop.until_shown("historyTitle", "300", SOON).await?;
    desktop.screenshot("all").await?;

    desktop.type_into("historySearch", "sea").await?;
    desktop.until_shown("historyTitle", "90", SOON).await?;
    desktop.screenshot("search").await?;
    desktop.type_into("historySearch", "فرنسا").await?;
    desktop.until_shown("historyTitle", "10", SOON).await?;
    desktop.type_into("historySearch", "\"no* such' -thing").await?;
    desktop.until_shown("historyTitle", "0", SOON).await?;
    desktop.screenshot("none").await?;
    desktop.click("historyClear").await?;
    desktop.until_shown("historyTitle", "300", SOON).await?;

    let file = data.path().join("runs.csv");
    desktop.click("historyExport").await?;
    desktop.type_into("exportPath", &file.display().to_string()).await?;
    desktop.screenshot("export").await?;
    desktop.click("exportStart").await?;
    desktop.until_gone("exportDialog").await?;
    let csv = std::fs::read_to_string(&file)?;
    assert_eq!(csv.matches("Question").count(), 290, "{}", &csv[..500]);

    let file = data.path().join("runs.jsonl");
    desktop.click("historyExport").await?;
    desktop.click("exportJsonl").await?;
    desktop.type_into("exportPath", &file.display().to_string()).await?;
    desktop.click("exportStart").await?;
    desktop.until_gone("exportDialog").await?;
    let lines = std::fs::read_to_string(&file)?;
    assert_eq!(lines.lines().count(), 270, "completed runs only");
    let first: Value = serde_json::from_str(lines.lines().next().context("a line")?)?;
    assert_eq!(first["messages"][1]["role"], "assistant", "{first}");
    Ok(())
}

#[tokio::test]
async fn what_matches_is_deleted_together_and_comes_back() -> Result<()> {
    let data = DataFolder::without_model()?;
    many(&data).await?;
    let desktop = Desktop::open(&Setting::of_test("history-bulk", data.path())?).await?;
    PromptTesting::open(&desktop).await?;
    desktop.type_into("historySearch", "sea").await?;
    desktop.until_shown("historyTitle", "90", SOON).await?;
    desktop.click("historyTable-rowsel0").await?;
    desktop.click("historySelectAll").await?;
    desktop.until_shown("historySelected", "90", SOON).await?;
    desktop.screenshot("selected").await?;
    desktop.click("historyDelete").await?;
    desktop.until_shown("undoText", "90", SOON).await?;
    desktop.until_shown("historyTitle", "0", SOON).await?;
    desktop.click("historyClear").await?;
    desktop.until_shown("historyTitle", "210", SOON).await?;
    desktop.click("undoButton").await?;
    desktop.until_shown("historyTitle", "300", SOON).await
}
