//! `generate`: what is derived from the operations and kept in the repository.

use crate::command;
use crate::setup;
use crate::ui::Ui;
use crate::workspace::Workspace;
use anyhow::{Context, Result};

/// Writes `docs/openapi.json` when told to, else fails if it is stale.
const OPENAPI_TEST: &str = "test(openapi_is_current)";

/// Writes `docs/openapi.json` and the UI's types.
pub fn write(workspace: &Workspace) -> Result<()> {
    let (ui, _) = setup::for_testing(workspace)?;
    ui.build()?;
    openapi(workspace, true)?;
    types(&ui, &[])
}

/// Fails if a generated file is stale.
pub fn check(workspace: &Workspace) -> Result<()> {
    let (ui, _) = setup::for_testing(workspace)?;
    ui.build()?;
    openapi(workspace, false)?;
    check_types(&ui)
}

/// Fails if the UI's types are not those of `docs/openapi.json`.
pub fn check_types(ui: &Ui) -> Result<()> {
    types(ui, &["--check"]).context("the UI's types are stale: run `cargo xtask generate`")
}

fn openapi(workspace: &Workspace, write: bool) -> Result<()> {
    let mut nextest = workspace.cargo();
    nextest.args(["nextest", "run", "--workspace", "-E", OPENAPI_TEST]);
    if write {
        nextest.env("NOPENAI_GENERATE", "1");
    }
    command::run(&mut nextest)
}

fn types(ui: &Ui, more: &[&str]) -> Result<()> {
    let arguments = ["../docs/openapi.json", "--output", "webapp/backend/api.d.ts"];
    ui.program("openapi-typescript", &[&arguments, more].concat())
}
