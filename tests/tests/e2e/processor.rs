//! All programs are built for x86-64-v3. An older processor is refused in
//! words, not with a signal.
#![cfg(target_arch = "x86_64")]

use anyhow::{Context, Result};
use nopenai_tests::{app, worker, worker_llama};
use std::path::Path;
use std::process::{Command, Output};

/// Intel's Nehalem of 2008: SSE4.2, but no AVX.
const OLD: &str = "Nehalem";
/// All that the emulator can do, AVX2 included.
const NEW: &str = "max";

#[test]
fn an_old_processor_is_refused_in_words() -> Result<()> {
    for program in [app(), worker(), worker_llama()] {
        let output = emulate(OLD, &program)?;
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{}: {told}", program.display());
        assert!(told.contains("needs a processor with AVX2"), "{}: {told}", program.display());
    }
    Ok(())
}

#[test]
fn a_newer_processor_is_not() -> Result<()> {
    for program in [app(), worker(), worker_llama()] {
        let output = emulate(NEW, &program)?;
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}: {output:?}", program.display());
        assert!(told.contains(env!("CARGO_PKG_VERSION")), "{}: {told}", program.display());
    }
    Ok(())
}

fn emulate(processor: &str, program: &Path) -> Result<Output> {
    Command::new("qemu-x86_64")
        .args(["-cpu", processor])
        .arg(program)
        .arg("--version")
        .output()
        .context("cannot start qemu-x86_64: run `cargo xtask setup`")
}
