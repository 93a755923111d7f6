//! What an answer has to be, and what else could have come.

use anyhow::Result;
use nopenai_tests::{DataFolder, Desktop, PromptTesting, Setting};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(30);

#[tokio::test]
async fn an_answer_keeps_to_its_format_and_its_tokens_are_shown() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let desktop = Desktop::open(&Setting::of_test("output", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    desktop.click("parametersPanel-expandButton").await?;
    desktop.type_into("alternatives", "3").await?;
    desktop.until_shown("parametersTitle", "1 set here", SOON).await?;
    desktop.scroll_to("format").await?;
    desktop.choose("format", "Regular expression").await?;

    desktop.type_into("prompt", "Is the sky blue?").await?;
    desktop.click("runButton").await?;
    desktop.until_shown("formatRule", "", SOON).await?;
    assert!(page.history().await?.is_empty(), "a format without a rule is not sent");
    desktop.screenshot("no-rule").await?;

    desktop.scroll_to("formatRule").await?;
    desktop.type_into("formatRule", "(yes|no), indeed").await?;
    desktop.click("runButton").await?;
    let ended = async || {
        let runs = page.history().await?;
        Ok(runs.into_iter().find(|run| run["outcome"] == "completed"))
    };
    let run = desktop.until("an answer", Duration::from_secs(60), ended).await?;
    let run = page.recorded(&run["id"]).await?;
    let answer = run["answer"].as_str().unwrap_or_default().to_owned();
    assert!(["yes, indeed", "no, indeed"].contains(&answer.as_str()), "{answer}");

    desktop.click("answerView li:nth-child(3)").await?;
    desktop.until_shown("likelihoods", "%", SOON).await?;
    let rows =
        "return document.querySelectorAll(\"[id$='--likelihoods'] tbody tr.sapMLIB\").length";
    let shown = desktop.script(rows, vec![]).await?;
    assert_eq!(shown, run["measures"]["tokens_out"], "a row for each token");
    desktop.screenshot("tokens").await.map(drop)
}
