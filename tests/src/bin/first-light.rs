//! Shows without a display that the application works: opens its window on a
//! virtual one, asks the loaded model and prints the answer as it comes.
//!
//! Usage: `first-light DATA_FOLDER SCREENSHOT_FOLDER`

use anyhow::{Context, Result, bail};
use nopenai_tests::{Artifacts, Desktop, PromptTesting, Screen, Setting};
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const PROMPT: &str = "Why is the sky blue? Answer in two sentences.";

#[tokio::main]
async fn main() -> ExitCode {
    match show().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

async fn show() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let data = arguments.next().context("which data folder?")?;
    let pictures = arguments.next().context("in which folder are screenshots to be?")?;
    let setting = Setting {
        data,
        screen: Screen::SMALL,
        dark: false,
        hub: None,
        artifacts: Artifacts::within(&pictures, "first-light")?,
    };
    let desktop = Desktop::open(&setting).await?;
    let page = PromptTesting::open(&desktop).await?;
    println!("The window is open. It is asked: {PROMPT}\n");
    let run = page.ask(PROMPT).await?;
    print_while_it_grows(&page, &run).await?;
    let run = page.end(&run).await?;
    print_measures(&run);
    println!("Screenshot: {}", desktop.screenshot("answer").await?.display());
    if run["outcome"] != "completed" {
        bail!("the run is {}: {}", run["outcome"], run["error"]["message"]);
    }
    Ok(())
}

async fn print_while_it_grows(page: &PromptTesting<'_>, run: &Value) -> Result<()> {
    let mut printed = 0;
    loop {
        let ended = page.recorded(run).await?["outcome"] != "running";
        let answer = page.answer().await?;
        print!("{}", answer.get(printed..).unwrap_or_default());
        std::io::stdout().flush()?;
        printed = answer.len();
        if ended {
            println!("\n");
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn print_measures(run: &Value) {
    let measures = &run["measures"];
    let word = |name: &str| run[name].as_str().unwrap_or("–").to_owned();
    println!("Model {}, run {}", word("model_name"), word("outcome"));
    for (name, unit) in [
        ("total_ms", "ms"),
        ("ttft_ms", "ms"),
        ("tokens_per_s", "tokens/s"),
        ("tokens_in", "tokens"),
        ("tokens_out", "tokens"),
    ] {
        match measures[name].as_f64() {
            Some(value) => println!("{name:>14} {value:>10.1} {unit}"),
            None => println!("{name:>14} {:>10}", "–"),
        }
    }
}
