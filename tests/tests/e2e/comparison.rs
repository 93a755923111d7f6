//! The T-account: two runs side by side, and which is better.

use anyhow::{Context, Result};
use nopenai_tests::{DataFolder, Desktop, PromptTesting, Setting, record, recorded};
use serde_json::json;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn two_runs_are_compared_and_the_decision_is_kept() -> Result<()> {
    let data = DataFolder::without_model()?;
    let mut fast = recorded("What is the sky?", "The sky is blue and wide.");
    fast.rating = Some(3);
    let mut slow = recorded("What is the sky?", "The sky is blue, high and wide.");
    slow.measures.total_ms = Some(2000.0);
    slow.measures.ttft_ms = Some(500.0);
    slow.measures.tokens_per_s = Some(11.0);
    record(&data, &[fast.clone(), slow.clone()]).await?;
    let desktop = Desktop::open(&Setting::of_test("comparison", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    page.history_has(2).await?;

    page.details(page.row_of(&json!(fast.id)).await?).await?;
    desktop.click("detailCompare").await?;
    desktop.element("compareDialog").await?;
    desktop.click("slotB--slotChooseFirst").await?;
    desktop.element("pickerDialog").await?;
    desktop.screenshot("picker").await?;
    desktop.click_text("pickerDialog", "What is the sky?").await?;
    desktop.until_gone("pickerDialog").await?;

    let weights = json!({ "latency": 30, "quality": 40, "cost": 30 });
    let compare = json!({ "a": fast.id, "b": slow.id, "weights": weights });
    let score = page.call("compare_runs", compare).await?["score"].take();
    assert_eq!(score["winner"], "a");
    for side in ["a", "b"] {
        let sum = score[side].as_f64().with_context(|| format!("{side} has a sum: {score}"))?;
        desktop.until_shown("arithmetic", &format!("{sum:.3}"), SOON).await?;
    }
    desktop.until_shown("verdict", "A", SOON).await?;
    desktop.screenshot("compared").await?;

    // A person decides otherwise, and says why.
    desktop.click_text("decision", "B").await?;
    desktop.type_into("compareNote", "B is more poetic.").await?;
    desktop.click("compareSave").await?;
    desktop.until_shown("compareSave", "Saved", SOON).await?;
    desktop.screenshot("saved").await?;

    // Swapped, the sides are the other way round.
    let before = desktop.text("slotA--slotAnswer").await?;
    desktop.click("swap").await?;
    desktop
        .until("the other side", SOON, async || {
            Ok((desktop.text("slotB--slotAnswer").await? == before).then_some(()))
        })
        .await
}
