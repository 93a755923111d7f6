//! The page's own tools: modes, batch, ratings, tags, prices.

use crate::SHORT;
use anyhow::{Context, Result};
use nopenai_tests::{DataFolder, Desktop, Key, PromptTesting, Setting, starter_id};
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_run_is_made_in_its_mode_rated_tagged_and_priced() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let desktop = Desktop::open(&Setting::of_test("assess", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    let modes = page.call("list_modes", json!({})).await?;
    let fast = modes.as_array().and_then(|modes| modes.iter().find(|mode| mode["id"] == "fast"));
    let fast = fast.context("there is a mode fast")?.clone();

    desktop.click("priceButton").await?;
    desktop.type_into("priceInput", "0.5").await?;
    desktop.type_into("priceOutput", "2").await?;
    desktop.type_into("priceCurrency", "EUR").await?;
    desktop.click("savePrice").await?;
    desktop.until_shown("priceHistory", "EUR", SOON).await?;
    desktop.screenshot("price").await?;
    desktop.click("closePrices").await?;
    desktop.until_gone("pricesDialog").await?;

    desktop.click_text("mode", "Fast").await?;
    desktop.type_into("prompt", SHORT).await?;
    let run = page.begin("runButton").await?;
    let run = page.end(&run).await?;
    assert_eq!(run["mode"]["id"], "fast");
    for (name, value) in fast["parameters"].as_object().context("a mode has parameters")? {
        if !value.is_null() {
            assert_eq!(run["parameters"][name], *value, "{name}");
        }
    }
    let measures = &run["measures"];
    let tokens = |name: &str| measures[name].as_f64().with_context(|| format!("{name}: {run}"));
    let cost = (tokens("tokens_in")? * 0.5 + tokens("tokens_out")? * 2.0) / 1000.0;
    let recorded = run["cost"]["amount"].as_f64().context("the run has a cost")?;
    assert!((recorded - cost).abs() < 1e-9, "{recorded} for {cost}");
    desktop.until_shown("measureCost", "EUR", SOON).await?;

    desktop.press(&format!("{}4{}", Key::Alt, Key::Null)).await?;
    let stars = async || Ok((page.recorded(&run["id"]).await?["rating"] == 4).then_some(()));
    desktop.until("four stars", SOON, stars).await?;
    desktop.type_into("tags", "greeting").await?;
    desktop.press(&Key::Enter.to_string()).await?;
    let tagged = async || {
        let tags = &page.recorded(&run["id"]).await?["tags"];
        Ok((*tags == json!(["greeting"])).then_some(()))
    };
    desktop.until("a tag", SOON, tagged).await?;
    desktop.screenshot("assessed").await.map(drop)
}

#[tokio::test]
async fn a_batch_runs_every_mode_and_two_of_them_are_compared() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let desktop = Desktop::open(&Setting::of_test("batch", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    // Each mode as it is, but for the length of its answer.
    let modes = page.call("list_modes", json!({})).await?;
    for mode in modes.as_array().context("modes")? {
        let mut short = mode.clone();
        short["parameters"]["max_tokens"] = 12.into();
        page.call("save_mode", json!({ "mode": short })).await?;
    }
    desktop.type_into("prompt", SHORT).await?;
    desktop.click("batchButton").await?;
    desktop.click("batchAllModes").await?;
    let count = modes.as_array().map_or(0, Vec::len);
    let runs = desktop
        .until("the end of the batch", Duration::from_secs(180), async || {
            let runs = page.history().await?;
            let ended = runs.iter().all(|run| run["outcome"] == "completed");
            Ok((runs.len() == count && ended).then_some(runs))
        })
        .await?;
    let mut ran: Vec<_> = runs.iter().map(|run| run["mode"]["id"].clone()).collect();
    ran.sort_by_key(Value::to_string);
    let mut expected: Vec<_> =
        modes.as_array().into_iter().flatten().map(|mode| mode["id"].clone()).collect();
    expected.sort_by_key(Value::to_string);
    assert_eq!(ran, expected);
    desktop.screenshot("ended").await?;

    let script = "const boxes = document.querySelectorAll(\"[id*='--batchTick-'][role='checkbox'], [id*='batchTick'] [role='checkbox']\");
        return boxes.length";
    let boxes = desktop.script(script, vec![]).await?;
    assert_eq!(boxes, count, "a column for each mode");
    desktop.click("leaveBatchButton").await?;
    desktop.until_gone("batchPane").await?;
    assert_eq!(starter_id(), runs[0]["model"]);
    Ok(())
}
