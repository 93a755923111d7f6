//! `soak`: proofs that take long. Each is tests that are short by default; their
//! figures go to `docs/soak/NAME.json`, with the date.

use crate::workspace::Workspace;
use crate::{command, setup};
use anyhow::Result;
use serde_json::{Map, Value};
use std::process::Command;

/// Tests, each with its package, and how many rounds (or rows) of them prove
/// something.
struct Soak {
    name: &'static str,
    tests: &'static [(&'static str, &'static str)],
    rounds: u32,
}

const SYNC: Soak = Soak {
    name: "sync",
    tests: &[("nopenai-hana", "soak::nothing_acknowledged_is_lost_whatever_is_killed")],
    rounds: 200,
};

const SYNC_MILLION: Soak = Soak {
    name: "sync-million",
    tests: &[(
        "nopenai-hana",
        "million::a_first_exchange_of_many_rows_goes_on_after_each_interruption",
    )],
    rounds: 1_000_000,
};

const ENGINE: Soak = Soak {
    name: "engine",
    tests: &[(
        "nopenai-studio",
        "soak::runs_that_are_cancelled_killed_and_unloaded_leave_nothing_behind",
    )],
    rounds: 500,
};

const MODELS: Soak = Soak {
    name: "models",
    tests: &[
        ("nopenai-models", "hostile::models_changed_in_every_way_get_an_answer_in_time"),
        ("nopenai-studio", "damaged::a_damaged_model_harms_nothing_but_its_own_runs"),
    ],
    rounds: 10_000,
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

/// Damaged models through inspection, and those that pass it through workers.
pub fn models(workspace: &Workspace) -> Result<()> {
    run(workspace, &MODELS)
}

fn run(workspace: &Workspace, soak: &Soak) -> Result<()> {
    let (ui, starter) = setup::for_testing(workspace)?;
    ui.build()?;
    command::run(workspace.cargo().args(["build", "--workspace", "--bins"]))?;
    let folder = workspace.root.join("docs").join("soak");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{}.json", soak.name));
    let mut figures = Map::new();
    for (package, name) in soak.tests {
        let filter = format!("package({package}) and test(={name})");
        let mut test = workspace.cargo();
        test.args(["nextest", "run", "--workspace", "--profile", "soak", "--filterset", &filter]);
        test.env("NOPENAI_SOAK_ROUNDS", soak.rounds.to_string()).env("NOPENAI_SOAK_RESULT", &file);
        workspace.name_subjects(&mut test, &starter);
        command::run(&mut test)?;
        figures.extend(serde_json::from_slice::<Map<String, Value>>(&std::fs::read(&file)?)?);
    }
    let date = command::output(Command::new("date").args(["--utc", "--iso-8601"]))?;
    figures.insert("date".to_owned(), date.trim().into());
    let text = serde_json::to_string_pretty(&figures)?;
    println!("{text}");
    Ok(std::fs::write(&file, text + "\n")?)
}
