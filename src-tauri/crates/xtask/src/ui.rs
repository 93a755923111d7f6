//! The UI: its packages, its build, its checks.

use crate::node::Node;
use crate::workspace::Workspace;
use crate::{command, digest};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// The UI's folder with its packages installed.
pub struct Ui {
    folder: PathBuf,
    node: Node,
}

impl Ui {
    /// Installs the packages that `package-lock.json` names, unless they are
    /// those that are there.
    pub fn set_up(workspace: &Workspace) -> Result<Self> {
        let ui = Self { folder: workspace.ui(), node: Node::find(workspace)? };
        let lock = digest::of_file(&ui.folder.join("package-lock.json"))?;
        let stamp = ui.folder.join("node_modules/.installed");
        if std::fs::read_to_string(&stamp).ok().as_ref() != Some(&lock) {
            command::run(ui.npm()?.args(["ci", "--no-audit", "--no-fund"]))?;
            std::fs::write(stamp, lock)?;
        }
        Ok(ui)
    }

    /// Builds `ui/dist`; the script itself sees whether a source has changed.
    pub fn build(&self) -> Result<()> {
        self.script("build")
    }

    /// Runs one of the scripts of `package.json`.
    pub fn script(&self, name: &str) -> Result<()> {
        command::run(self.npm()?.args(["run", "--silent", name]))
    }

    /// Runs a program that an installed package brought.
    pub fn program(&self, name: &str, arguments: &[&str]) -> Result<()> {
        command::run(self.npm()?.args(["exec", "--no", "--", name]).args(arguments))
    }

    fn npm(&self) -> Result<Command> {
        self.node.npm(&self.folder)
    }
}
