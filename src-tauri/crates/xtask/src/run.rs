//! `run`: from a clone to an open window.

use crate::workspace::Workspace;
use crate::{command, setup, starter};
use anyhow::Result;
use std::process::Command;

/// Sets up, builds and opens the window; without a display, shows on a virtual
/// one that it works.
pub fn run(workspace: &Workspace) -> Result<()> {
    setup::for_running(workspace)?.build()?;
    workspace.build()?;
    if setup::has_display() {
        return command::run(&mut Command::new(workspace.program("nopenai-studio")));
    }
    println!("No display is here: the window opens on a virtual one.");
    let mut first_light = Command::new(workspace.program("first-light"));
    workspace.name_subjects(&mut first_light, &starter::fetch(workspace)?);
    first_light.arg(workspace.data()?).arg(workspace.target.join("first-light"));
    command::run(&mut first_light)
}
