use crate::{LONG, SHORT};
use anyhow::Result;
use nopenai_tests::{DataFolder, Desktop, PromptTesting, Setting};
use serde_json::Value;
use std::time::Duration;

/// The end of its input is all that tells a worker.
const WORKER_END: Duration = Duration::from_secs(10);

#[tokio::test]
async fn after_a_kill_the_history_is_intact() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let setting = Setting::of_test("app-killed", data.path())?;
    let (finished, partial) = be_killed_during_a_run(&setting).await?;

    let desktop = Desktop::open(&setting).await?;
    let page = PromptTesting::open(&desktop).await?;
    page.show_source().await?;
    let history = page.history().await?;
    assert_eq!(history.len(), 2);
    assert_eq!(page.recorded(&finished["id"]).await?, finished);

    let interrupted = page.recorded(&history[0]["id"]).await?;
    assert_eq!(interrupted["outcome"], "interrupted");
    let kept = interrupted["answer"].as_str().unwrap_or_default();
    // What came in the last moment before the kill may be lost, no more.
    assert!(!kept.is_empty(), "the partial answer is kept");
    assert!(kept.starts_with(&partial) || partial.starts_with(kept), "{kept:?} {partial:?}");

    page.open_row(0).await?;
    page.answer_is(&interrupted["answer"]).await?;
    desktop.until_shown("outcome", "Interrupted", Duration::from_secs(10)).await?;
    desktop.screenshot("interrupted-run").await?;

    let next = page.ask(SHORT).await?;
    let next = page.end(&next).await?;
    assert_eq!(next["outcome"], "completed", "{next:#}");
    Ok(())
}

/// Completes one run, begins another and kills the application; returns the
/// first run, and what the second had answered by then.
async fn be_killed_during_a_run(setting: &Setting) -> Result<(Value, String)> {
    let desktop = Desktop::open(setting).await?;
    let page = PromptTesting::open(&desktop).await?;
    page.show_source().await?;
    let finished = page.ask(SHORT).await?;
    let finished = page.end(&finished).await?;

    page.ask(LONG).await?;
    let partial = page.answer_beyond(200).await?;
    desktop.kill_app()?;
    desktop
        .until("end of the worker", WORKER_END, async || {
            Ok(desktop.workers()?.is_empty().then_some(()))
        })
        .await?;
    Ok((finished, partial))
}
