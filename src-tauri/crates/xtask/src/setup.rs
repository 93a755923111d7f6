//! Installing what is missing.

use crate::ui::Ui;
use crate::workspace::Workspace;
use crate::{command, debian, starter};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

/// The test runner's version: one that the pinned toolchain compiles.
const NEXTEST: &str = "0.9.143";

/// What running and testing need, and the starter model in its place.
pub fn everything(workspace: &Workspace) -> Result<()> {
    for_running(workspace)?;
    for_testing(workspace)?;
    println!("Everything is set up.");
    Ok(())
}

/// What `run` needs: packages, the UI's tools, the starter model in the user's
/// models folder.
pub fn for_running(workspace: &Workspace) -> Result<Ui> {
    let mut packages = debian::BUILD.to_vec();
    if !has_display() {
        packages.extend(debian::VIRTUAL_DISPLAY);
    }
    debian::install(&packages)?;
    starter::place(workspace)?;
    Ui::set_up(workspace)
}

/// What `test` and `bench` need; the user's data are left alone. Returns the
/// UI and a verified model.
pub fn for_testing(workspace: &Workspace) -> Result<(Ui, PathBuf)> {
    let packages = [debian::BUILD, debian::VIRTUAL_DISPLAY, debian::TEST].concat();
    debian::install(&packages)?;
    install_nextest(workspace)?;
    let starter = starter::fetch(workspace)?;
    Ok((Ui::set_up(workspace)?, starter))
}

/// Whether a window can be shown to somebody.
pub fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn install_nextest(workspace: &Workspace) -> Result<()> {
    if command::probe(Command::new("cargo-nextest").args(["nextest", "--version"]))?.is_some() {
        return Ok(());
    }
    println!("Installing cargo-nextest {NEXTEST}, the test runner");
    command::run(workspace.cargo().args([
        "install",
        "--locked",
        "cargo-nextest",
        "--version",
        NEXTEST,
    ]))
    .context("cannot install cargo-nextest")
}
