use crate::{LONG, SHORT};
use anyhow::{Context, Result};
use nopenai_tests::{DataFolder, Desktop, PromptTesting, Setting};
use serde_json::Value;

#[tokio::test]
async fn an_answer_streams_can_be_stopped_and_is_measured() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let desktop = Desktop::open(&Setting::of_test("prompt", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    page.show_source().await?;

    let run = page.ask(LONG).await?;
    let first = page.answer_beyond(0).await?;
    let second = page.answer_beyond(first.len() + 40).await?;
    assert!(second.starts_with(&first), "the answer grows: {first:?} {second:?}");
    desktop.screenshot("streaming").await?;
    desktop.click("stopButton").await?;
    let stopped = page.end(&run).await?;
    assert_eq!(stopped["outcome"], "stopped");
    assert!(stopped["answer"].as_str().is_some_and(|answer| answer.starts_with(&second)));
    page.answer_is(&stopped["answer"]).await?;

    let run = page.ask(SHORT).await?;
    let completed = page.end(&run).await?;
    assert_eq!(completed["outcome"], "completed", "{completed:#}");
    page.answer_is(&completed["answer"]).await?;
    page.history_has(2).await?;
    shows_measures(&desktop, &completed).await?;
    desktop.screenshot("completed").await?;
    Ok(())
}

/// The figures on screen are those that were recorded, and name their source.
async fn shows_measures(desktop: &Desktop, run: &Value) -> Result<()> {
    let measures = &run["measures"];
    let tokens = desktop.text("measureTokens").await?.context("the tokens are shown")?;
    for name in ["tokens_in", "tokens_out"] {
        assert!(tokens.contains(&measures[name].to_string()), "{name}: {measures} {tokens}");
    }
    for (id, name) in
        [("measureTotal", "total_ms"), ("measureTtft", "ttft_ms"), ("measureSpeed", "tokens_per_s")]
    {
        let recorded = measures[name].as_f64().with_context(|| format!("{name} is recorded"))?;
        let shown = shown_number(desktop, id).await?;
        // Three significant digits, and milliseconds or seconds.
        let equal = |unit: f64| (shown * unit / recorded - 1.0).abs() < 0.006;
        assert!(equal(1.0) || equal(1000.0), "{id} shows {shown}, and {name} is {recorded}");
        let script = "return document.querySelector(`[id$='--${arguments[0]}']`).dataset.source";
        let source = desktop.script(script, vec![id.into()]).await?;
        let id = run["id"].as_str().context("a run has an identifier")?;
        assert!(source.as_str().is_some_and(|source| source.contains(id)), "{source}");
    }
    Ok(())
}

async fn shown_number(desktop: &Desktop, id: &str) -> Result<f64> {
    let text = desktop.text(&format!("{id} .nopenaiMeasureValue")).await?;
    let text = text.with_context(|| format!("{id} is shown"))?.replace(',', "");
    text.parse().with_context(|| format!("{id} shows {text:?}"))
}
