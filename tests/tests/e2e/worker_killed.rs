use crate::{LONG, SHORT};
use anyhow::{Context, Result};
use nopenai_tests::{DataFolder, Desktop, PromptTesting, Setting, Signal};

#[tokio::test]
async fn a_killed_worker_fails_its_run_and_the_next_one_works() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let desktop = Desktop::open(&Setting::of_test("worker-killed", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    let app = desktop.app()?;

    page.ask(LONG).await?;
    let partial = page.answer_beyond(20).await?;
    let [worker] = desktop.workers()?.try_into().map_err(|found| {
        anyhow::anyhow!("one worker is expected, and these are there: {found:?}")
    })?;
    worker.send(Signal::KILL)?;

    let run = page.end().await?;
    assert_eq!(run["outcome"], "failed");
    assert_eq!(run["error"]["code"], "engine_failed");
    let reason = run["error"]["message"].as_str().context("a failed run has a reason")?;
    assert!(run["answer"].as_str().is_some_and(|answer| answer.starts_with(partial.trim_end())));
    page.shows_text(reason).await?;
    desktop.screenshot("failed-run").await?;

    page.ask(SHORT).await?;
    assert_eq!(page.end().await?["outcome"], "completed");
    assert_eq!(desktop.app()?, app, "the application itself goes on");
    assert_eq!(desktop.workers()?.len(), 1, "with one new worker");
    Ok(())
}
