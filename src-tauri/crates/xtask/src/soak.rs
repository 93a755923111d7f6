//! `soak`: proofs that take long. Each is a test that is short by default; its
//! figures go to `docs/soak/NAME.json`, with the date.

use crate::workspace::Workspace;
use crate::{command, setup};
use anyhow::Result;
use serde_json::{Map, Value};
use std::process::Command;

/// A test, and how many rounds (or rows) of it prove something.
struct Soak {
    name: &'static str,
    package: &'static str,
    test: &'static str,
    rounds: u32,
}

const SYNC: Soak = Soak {
    name: "sync",
    package: "nopenai-hana",
    test: "soak::nothing_acknowledged_is_lost_whatever_is_killed",
    rounds: 200,
};

const SYNC_MILLION: Soak = Soak {
    name: "sync-million",
    package: "nopenai-hana",
    test: "million::a_first_exchange_of_many_rows_goes_on_after_each_interruption",
    rounds: 1_000_000,
};

const ENGINE: Soak = Soak {
    name: "engine",
    package: "nopenai-studio",
    test: "soak::runs_that_are_cancelled_killed_and_unloaded_leave_nothing_behind",
    rounds: 500,
};

/// Killed applications, cut connections and stopped servers while rows are
/// exchanged.
pub fn sync(workspace: &Workspace) -> Result<()> {
    run(workspace, &SYNC)
}

/// A first exchange of 1,000,000 rows, interrupted on the way there and back.
pub fn sync_million(workspace: &Workspace) -> Result<()> {
    run(workspace, &SYNC_MILLION)
}

/// Runs that are cancelled, whose worker is killed, whose model is unloaded.
pub fn engine(workspace: &Workspace) -> Result<()> {
    run(workspace, &ENGINE)
}

fn run(workspace: &Workspace, soak: &Soak) -> Result<()> {
    let (ui, starter) = setup::for_testing(workspace)?;
    ui.build()?;
    command::run(workspace.cargo().args(["build", "--workspace", "--bins"]))?;
    let folder = workspace.root.join("docs").join("soak");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{}.json", soak.name));
    let filter = format!("package({}) and test(={})", soak.package, soak.test);
    let mut test = workspace.cargo();
    test.args(["nextest", "run", "--workspace", "--profile", "soak", "--filterset", &filter]);
    test.env("NOPENAI_SOAK_ROUNDS", soak.rounds.to_string()).env("NOPENAI_SOAK_RESULT", &file);
    workspace.name_subjects(&mut test, &starter);
    command::run(&mut test)?;
    let mut figures: Map<String, Value> = serde_json::from_slice(&std::fs::read(&file)?)?;
    let date = command::output(Command::new("date").args(["--utc", "--iso-8601"]))?;
    figures.insert("date".to_owned(), date.trim().into());
    let text = serde_json::to_string_pretty(&figures)?;
    println!("{text}");
    Ok(std::fs::write(&file, text + "\n")?)
}
