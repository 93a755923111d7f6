//! `generate`: what is derived from the operations and kept in the repository.

use crate::command;
use crate::setup;
use crate::ui::Ui;
use crate::workspace::Workspace;
use anyhow::{Context, Result};

/// They write `docs/openapi.json`, the team's schema and its description when told
/// to, else fail if one is stale.
const TESTS: &str = "test(openapi_is_current) | test(generated::)";

/// Writes `docs/openapi.json`, the UI's types, the team's schema and its
/// description.
pub fn write(workspace: &Workspace) -> Result<()> {
    let (ui, _) = setup::for_testing(workspace)?;
    ui.build()?;
    files(workspace, true)?;
    types(&ui, &[])
}

/// Fails if a generated file is stale.
pub fn check(workspace: &Workspace) -> Result<()> {
    let (ui, _) = setup::for_testing(workspace)?;
    ui.build()?;
    files(workspace, false)?;
    check_types(&ui)
}

/// Fails if the UI's types are not those of `docs/openapi.json`.
pub fn check_types(ui: &Ui) -> Result<()> {
    types(ui, &["--check"]).context("the UI's types are stale: run `cargo xtask generate`")
}

fn files(workspace: &Workspace, write: bool) -> Result<()> {
    let mut nextest = workspace.cargo();
    nextest.args(["nextest", "run", "--workspace", "-E", TESTS]);
    if write {
        nextest.env("NOPENAI_GENERATE", "1");
    }
    command::run(&mut nextest)
}

fn types(ui: &Ui, more: &[&str]) -> Result<()> {
    let arguments = ["../docs/openapi.json", "--output", "webapp/backend/api.d.ts"];
    ui.program("openapi-typescript", &[&arguments, more].concat())
}
