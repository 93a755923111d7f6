use anyhow::Result;
use nopenai_tests::{DataFolder, Desktop, PromptTesting, Setting};
use std::time::Duration;

/// How long until a file that was put into the folder is on screen.
const WATCH: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_newcomer_is_led_to_the_first_answer() -> Result<()> {
    let data = DataFolder::without_model()?;
    let desktop = Desktop::open(&Setting::of_test("first-run", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;

    let folder = data.path().join("models").display().to_string();
    desktop.until_shown("firstSteps", &folder, WATCH).await?;
    assert!(!desktop.shows("exampleButton").await?);
    desktop.screenshot("no-model").await?;

    data.add_starter_model()?;
    desktop.until_shown("modelButton", "SmolLM2", WATCH).await?;
    assert!(desktop.shows("exampleButton").await?);
    desktop.screenshot("first-question").await?;

    let run = page.begin("exampleButton").await?;
    let run = page.end(&run).await?;
    assert_eq!(run["outcome"], "completed");
    page.show_source().await?;
    page.answer_is(&run["answer"]).await?;
    page.history_has(1).await?;
    desktop.screenshot("first-answer").await?;
    Ok(())
}
