//! `bench`: figures as a table and as `target/bench/NAME.json`, a flat map.

use crate::workspace::Workspace;
use crate::{command, setup};
use anyhow::{Context, Result};
use serde_json::{Map, Value};
use std::process::Command;

/// What a figure should not exceed.
type Goals = &'static [(&'static str, f64)];

const ENGINE_GOALS: Goals = &[("overhead_per_token_ms", 1.0), ("overhead_ttft_ms", 10.0)];
const STARTUP_GOALS: Goals = &[("ready_s", 2.0), ("window_rss_mb", 150.0), ("ui_bundle_mb", 15.0)];
const STORE_GOALS: Goals = &[("search_p95_ms", 20.0), ("page_p95_ms", 20.0)];

/// Below which the sync's figures should not be.
const SYNC_LEAST: Goals =
    &[("push_over_single_insert", 20.0), ("push_over_copy", 0.2), ("pull_over_copy", 0.2)];
const SYNC_GOALS: Goals = &[("local_write_overhead", 1.5)];

/// Our worker against mistral.rs called directly.
pub fn engine(workspace: &Workspace) -> Result<()> {
    measure(workspace, "engine", "examples/engine", ENGINE_GOALS)
}

/// How soon the window is ready, and what it weighs.
pub fn startup(workspace: &Workspace) -> Result<()> {
    measure(workspace, "startup", "startup", STARTUP_GOALS)
}

/// The history with a million runs: optimised, as it is shipped, because what
/// is measured is written in our own code too.
pub fn store(workspace: &Workspace) -> Result<()> {
    let example = ["build", "--release", "--package", "nopenai-store", "--example", "history"];
    command::run(workspace.cargo().args(example))?;
    let name = format!("history{}", std::env::consts::EXE_SUFFIX);
    let program = workspace.target.join("release").join("examples").join(name);
    figures(workspace, "store", &mut Command::new(program), STORE_GOALS)
}

/// The sync against loading the same rows in other ways, with a real PostgreSQL.
pub fn sync(workspace: &Workspace) -> Result<()> {
    let example = ["build", "--release", "--package", "nopenai-hana", "--example", "bench_sync"];
    command::run(workspace.cargo().args(example))?;
    let name = format!("bench_sync{}", std::env::consts::EXE_SUFFIX);
    let program = workspace.target.join("release").join("examples").join(name);
    figures(workspace, "sync", &mut Command::new(program), SYNC_GOALS)?;
    for (figure, least) in SYNC_LEAST {
        println!("goal of {figure}: at least {least}");
    }
    Ok(())
}

/// 200 rounds of killed applications, cut connections and stopped servers while
/// rows are exchanged; figures go to `docs/soak/sync.json`.
pub fn soak_sync(workspace: &Workspace) -> Result<()> {
    let folder = workspace.root.join("docs").join("soak");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("sync.json");
    let mut test = workspace.cargo();
    test.args(["test", "--package", "nopenai-hana", "--test", "hana", "--"]);
    test.args(["--exact", "soak::nothing_acknowledged_is_lost_whatever_is_killed"]);
    test.env("NOPENAI_SOAK_ROUNDS", "200").env("NOPENAI_SOAK_RESULT", &file);
    command::run(&mut test)?;
    let mut figures: Map<String, Value> = serde_json::from_slice(&std::fs::read(&file)?)?;
    let date = command::output(Command::new("date").args(["--utc", "--iso-8601"]))?;
    figures.insert("date".to_owned(), date.trim().into());
    print(&figures, &[]);
    std::fs::write(&file, format!("{}\n", serde_json::to_string_pretty(&figures)?))?;
    Ok(())
}

/// Every statement the dialect for SAP HANA can produce, one a line.
pub fn hana_sql(workspace: &Workspace) -> Result<()> {
    let example = ["run", "--quiet", "--package", "nopenai-hana", "--example", "hana_sql"];
    command::run(workspace.cargo().args(example))
}

/// Builds everything and runs `program`.
fn measure(workspace: &Workspace, name: &str, program: &str, goals: Goals) -> Result<()> {
    let (ui, starter) = setup::for_testing(workspace)?;
    ui.build()?;
    command::run(workspace.cargo().args(["build", "--workspace", "--bins", "--examples"]))?;
    let mut bench = Command::new(workspace.program(program));
    workspace.name_subjects(&mut bench, &starter);
    bench.env("NOPENAI_UI_BUNDLE", workspace.ui().join("dist"));
    figures(workspace, name, &mut bench, goals)
}

/// Runs `bench`, which prints one JSON object of figures, and keeps and shows
/// them.
fn figures(workspace: &Workspace, name: &str, bench: &mut Command, goals: Goals) -> Result<()> {
    let figures: Map<String, Value> = serde_json::from_str(&command::output(bench)?)
        .context("the benchmark printed no flat map of figures")?;
    print(&figures, goals);
    keep(workspace, name, &figures)
}

fn print(figures: &Map<String, Value>, goals: Goals) {
    println!("{:<26} {:>12}  goal", "figure", "measured");
    for (name, figure) in figures {
        let measured = match figure.as_f64() {
            Some(number) => format!("{number:.2}"),
            None => figure.to_string(),
        };
        let goal = goals.iter().find(|(figure, _)| figure == name);
        let goal = goal.map_or_else(|| "–".to_owned(), |(_, most)| format!("under {most}"));
        println!("{name:<26} {measured:>12}  {goal}");
    }
}

fn keep(workspace: &Workspace, name: &str, figures: &Map<String, Value>) -> Result<()> {
    let folder = workspace.target.join("bench");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{name}.json"));
    std::fs::write(&file, format!("{}\n", serde_json::to_string_pretty(figures)?))?;
    println!("\nKept in {}", file.display());
    Ok(())
}
