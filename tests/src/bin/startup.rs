//! `cargo xtask bench startup`: how soon the window can be used, and what it
//! weighs. Prints one JSON object: medians of five starts.

use anyhow::{Context, Result};
use nopenai_tests::{DataFolder, Desktop, PromptTesting, Setting};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

const STARTS: usize = 5;

/// Memory is read when the first moments are over.
const SETTLE: Duration = Duration::from_secs(3);

struct Start {
    ready_s: f64,
    window_bytes: u64,
    web_process_bytes: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(start().await?);
    }
    let dist = std::env::var_os("NOPENAI_UI_BUNDLE").context("NOPENAI_UI_BUNDLE is not set")?;
    let figures = json!({
        "ready_s": median(&starts, |start| start.ready_s),
        "window_rss_mb": median(&starts, |start| megabytes(start.window_bytes)),
        "webprocess_rss_mb": median(&starts, |start| megabytes(start.web_process_bytes)),
        "ui_bundle_mb": round(megabytes(size(Path::new(&dist))?)),
    });
    println!("{figures:#}");
    Ok(())
}

async fn start() -> Result<Start> {
    let data = DataFolder::with_starter_model()?;
    let setting = Setting::of_test("startup", data.path())?;
    let desktop = Desktop::open(&setting).await?;
    PromptTesting::open(&desktop).await?;
    let (app, web_process) = (desktop.app()?, desktop.web_process()?);
    let ready_s = app.age_s()?;
    tokio::time::sleep(SETTLE).await;
    Ok(Start {
        ready_s,
        window_bytes: app.resident_bytes()?,
        web_process_bytes: web_process.resident_bytes()?,
    })
}

fn median(starts: &[Start], figure: fn(&Start) -> f64) -> f64 {
    let mut figures: Vec<f64> = starts.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    round(figures[figures.len() / 2])
}

/// To three decimals: no more was measured.
fn round(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn size(folder: &Path) -> Result<u64> {
    let mut total = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        total += if kind.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(total)
}
