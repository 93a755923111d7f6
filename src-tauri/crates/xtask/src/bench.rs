//! `bench`: figures as a table and as `target/bench/NAME.json`, a flat map.

use crate::workspace::Workspace;
use crate::{command, gemma, setup};
use anyhow::{Context, Result};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a figure should be.
enum Goal {
    Under(f64),
    AtLeast(f64),
}

type Goals = &'static [(&'static str, Goal)];

const ENGINE_GOALS: Goals = &[
    ("overhead_per_token_ms", Goal::Under(1.0)),
    ("overhead_ttft_ms", Goal::Under(10.0)),
    ("decode_best_ratio", Goal::AtLeast(1.0)),
    ("prefill_best_ratio", Goal::AtLeast(0.8)),
];
const STARTUP_GOALS: Goals = &[
    ("ready_s", Goal::Under(2.0)),
    ("window_rss_mb", Goal::Under(150.0)),
    ("ui_bundle_mb", Goal::Under(15.0)),
];
const STORE_GOALS: Goals =
    &[("search_p95_ms", Goal::Under(20.0)), ("page_p95_ms", Goal::Under(20.0))];

const SYNC_GOALS: Goals = &[
    ("push_over_single_insert", Goal::AtLeast(20.0)),
    ("push_over_copy", Goal::AtLeast(0.2)),
    ("pull_over_copy", Goal::AtLeast(0.2)),
    ("local_write_overhead", Goal::Under(1.5)),
];

/// Our worker against mistral.rs called directly, and each runtime against
/// llama.cpp's own benchmark.
pub fn engine(workspace: &Workspace) -> Result<()> {
    let (overhead, starter) = prepare(workspace, "examples/engine")?;
    let (mut runtimes, _) = prepare(workspace, "examples/runtimes")?;
    let models = models(workspace, &starter)?;
    let lines = models.iter().map(|(name, file)| format!("{name} {}\n", file.display()));
    runtimes.env("NOPENAI_BENCH_MODELS", lines.collect::<String>());
    let mut figures = Map::new();
    for mut program in [overhead, runtimes] {
        figures.extend(run(&mut program)?);
    }
    show(workspace, "engine", &figures, ENGINE_GOALS)
}

/// The models the runtimes are compared with: the starter model as it is and in
/// two other forms, and one that only llama.cpp runs.
fn models(workspace: &Workspace, starter: &Path) -> Result<Vec<(&'static str, PathBuf)>> {
    let folder = workspace.cache.join("bench-models");
    std::fs::create_dir_all(&folder)?;
    let mut models = vec![("smollm2_q4_1", starter.to_owned())];
    for (name, form) in [("smollm2_q4_0", "Q4_0"), ("smollm2_q8_0", "Q8_0")] {
        let file = folder.join(format!("SmolLM2-135M-Instruct.{form}.gguf"));
        if !file.exists() {
            let unfinished = file.with_extension("unfinished");
            let mut requantize = Command::new(workspace.program("nopenai-worker-llama"));
            command::run(requantize.arg("requantize").args([starter, &unfinished]).arg(form))?;
            std::fs::rename(unfinished, &file)?;
        }
        models.push((name, file));
    }
    models.push(("gemma3_q4_k_m", gemma::fetch(workspace)?));
    Ok(models)
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
    figures(workspace, "sync", &mut Command::new(program), SYNC_GOALS)
}

/// Every statement the dialect for SAP HANA can produce, one a line.
pub fn hana_sql(workspace: &Workspace) -> Result<()> {
    let example = ["run", "--quiet", "--package", "nopenai-hana", "--example", "hana_sql"];
    command::run(workspace.cargo().args(example))
}

/// Builds everything and runs `program`.
fn measure(workspace: &Workspace, name: &str, program: &str, goals: Goals) -> Result<()> {
    let (mut bench, _) = prepare(workspace, program)?;
    figures(workspace, name, &mut bench, goals)
}

/// Builds everything; `program` with what it tests named, and the starter model.
fn prepare(workspace: &Workspace, program: &str) -> Result<(Command, PathBuf)> {
    let (ui, starter) = setup::for_testing(workspace)?;
    ui.build()?;
    command::run(workspace.cargo().args(["build", "--workspace", "--bins", "--examples"]))?;
    let mut bench = Command::new(workspace.program(program));
    workspace.name_subjects(&mut bench, &starter);
    bench.env("NOPENAI_UI_BUNDLE", workspace.ui().join("dist"));
    Ok((bench, starter))
}

/// Runs `bench`, which prints one JSON object of figures, and keeps and shows
/// them.
fn figures(workspace: &Workspace, name: &str, bench: &mut Command, goals: Goals) -> Result<()> {
    show(workspace, name, &run(bench)?, goals)
}

fn run(bench: &mut Command) -> Result<Map<String, Value>> {
    serde_json::from_str(&command::output(bench)?)
        .context("the benchmark printed no flat map of figures")
}

fn show(
    workspace: &Workspace,
    name: &str,
    figures: &Map<String, Value>,
    goals: Goals,
) -> Result<()> {
    print(figures, goals);
    keep(workspace, name, figures)
}

fn print(figures: &Map<String, Value>, goals: Goals) {
    println!("{:<38} {:>12}  goal", "figure", "measured");
    for (name, figure) in figures {
        let measured = match figure.as_f64() {
            Some(number) => format!("{number:.2}"),
            None => figure.to_string(),
        };
        let goal = match goals.iter().find(|(figure, _)| figure == name) {
            Some((_, Goal::Under(most))) => format!("under {most}"),
            Some((_, Goal::AtLeast(least))) => format!("at least {least}"),
            None => "–".to_owned(),
        };
        println!("{name:<38} {measured:>12}  {goal}");
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
