use crate::{LONG, SHORT};
use anyhow::Result;
use nopenai_tests::{DataFolder, Desktop, PromptTesting, Setting};
use serde_json::json;
use std::time::Duration;

/// A worker notices the end of its input; it gets no other sign.
const WORKER_END: Duration = Duration::from_secs(10);

#[tokio::test]
async fn after_a_kill_the_history_is_intact() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let setting = Setting::of_test("app-killed", data.path())?;
    let (finished, partial) = be_killed_during_a_run(&setting).await?;

    let desktop = Desktop::open(&setting).await?;
    let page = PromptTesting::open(&desktop).await?;
    let runs = page.call("list_runs", json!({})).await?;
    assert_eq!(runs["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(page.call("get_run", json!({ "run": finished["id"] })).await?, finished);

    let interrupted = page.call("get_run", json!({ "run": runs["items"][0]["id"] })).await?;
    assert_eq!(interrupted["outcome"], "interrupted");
    let kept = interrupted["answer"].as_str().unwrap_or_default();
    // What came in the last moment before the kill may be lost, no more.
    assert!(!kept.is_empty() && (kept.starts_with(&partial) || partial.starts_with(kept)));
    page.history_shows(0, "Interrupted").await?;
    page.open_from_history(0).await?;
    page.shows_text(kept.lines().next().unwrap_or_default()).await?;
    desktop.screenshot("interrupted-run").await?;

    page.ask(SHORT).await?;
    assert_eq!(page.end().await?["outcome"], "completed");
    Ok(())
}

/// Completes one run, begins another and kills the application; returns the
/// first run, and what the second had answered by then.
async fn be_killed_during_a_run(setting: &Setting) -> Result<(serde_json::Value, String)> {
    let desktop = Desktop::open(setting).await?;
    let page = PromptTesting::open(&desktop).await?;
    page.ask(SHORT).await?;
    let finished = page.end().await?;

    page.ask(LONG).await?;
    let partial = page.answer_beyond(120).await?;
    desktop.kill_app()?;
    desktop
        .until("end of the worker", WORKER_END, async || {
            Ok(desktop.workers()?.is_empty().then_some(()))
        })
        .await?;
    Ok((finished, partial))
}
