use crate::SHORT;
use anyhow::Result;
use nopenai_tests::{DataFolder, Desktop, PromptTesting, Setting};

#[tokio::test]
async fn a_run_can_be_loaded_back_deleted_and_restored() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let desktop = Desktop::open(&Setting::of_test("history", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
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

async fn ids(page: &PromptTesting<'_>) -> Result<Vec<serde_json::Value>> {
    Ok(page.history().await?.iter().map(|run| run["id"].clone()).collect())
}
