use crate::{LONG, SHORT};
use anyhow::{Context, Result};
use nopenai_tests::{DataFolder, Desktop, PromptTesting, Setting, Signal};
use std::time::Duration;

#[tokio::test]
async fn a_killed_worker_fails_its_run_and_the_next_one_works() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let desktop = Desktop::open(&Setting::of_test("worker-killed", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    page.show_source().await?;
    let app = desktop.app()?;

    let run = page.ask(LONG).await?;
    let partial = page.answer_beyond(40).await?;
    let workers = desktop.workers()?;
    assert_eq!(workers.len(), 1);
    workers[0].send(Signal::KILL)?;

    let run = page.end(&run).await?;
    assert_eq!(run["outcome"], "failed");
    assert_eq!(run["error"]["code"], "engine_failed");
    assert!(run["answer"].as_str().is_some_and(|answer| answer.starts_with(&partial)));
    let reason = run["error"]["message"].as_str().context("a failed run has a reason")?;
    desktop.until_shown("answerProblem", reason, Duration::from_secs(10)).await?;
    desktop.screenshot("failed-run").await?;

    let next = page.ask(SHORT).await?;
    assert_eq!(page.end(&next).await?["outcome"], "completed");
    assert_eq!(desktop.app()?, app, "the application itself goes on");
    assert_eq!(desktop.workers()?.len(), 1, "with a new worker");
    Ok(())
}
