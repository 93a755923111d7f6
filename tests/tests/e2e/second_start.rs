use anyhow::{Result, ensure};
use nopenai_tests::{DataFolder, Desktop, PromptTesting, Setting, app};
use std::time::{Duration, Instant};

const PROMPT: &str = "half a thought";

#[tokio::test]
async fn a_second_start_raises_the_first_window() -> Result<()> {
    let data = DataFolder::without_model()?;
    let desktop = Desktop::open(&Setting::of_test("second-start", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    desktop.type_into("prompt", PROMPT).await?;
    let first = desktop.app()?;

    // Without a window manager nothing has the focus, until a window is raised.
    let window = xdotool(&desktop, &["search", "--onlyvisible", "--name", "^nOpenai Studio$"])?;
    assert_ne!(xdotool(&desktop, &["getwindowfocus", "-f"])?, window);

    let start = Instant::now();
    let status = desktop.command(app())?.arg("--data-dir").arg(data.path()).status()?;
    assert!(status.success(), "{status}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());

    desktop
        .until("focus on the first window", Duration::from_secs(5), async || {
            Ok((xdotool(&desktop, &["getwindowfocus", "-f"])? == window).then_some(()))
        })
        .await?;
    assert_eq!(desktop.app()?, first);
    assert_eq!(page.prompt().await?, PROMPT);
    Ok(())
}

fn xdotool(desktop: &Desktop, arguments: &[&str]) -> Result<String> {
    let output = desktop.command("xdotool")?.args(arguments).output()?;
    ensure!(output.status.success(), "xdotool {arguments:?}: {output:?}");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
