//! Where things are: the checkout, the build, our caches, the user's data.

use crate::command;
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folders that every command works with.
pub struct Workspace {
    /// The checkout.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
    /// Downloads that survive `cargo clean`.
    pub cache: PathBuf,
}

impl Workspace {
    /// The workspace of the present folder, as cargo sees it.
    pub fn find() -> Result<Self> {
        let arguments = ["metadata", "--no-deps", "--format-version", "1"];
        let metadata = command::output(Command::new(cargo()).args(arguments))?;
        let metadata: Value = serde_json::from_str(&metadata)?;
        let path = |key: &str| -> Result<PathBuf> {
            let path = metadata[key].as_str();
            Ok(path.with_context(|| format!("cargo metadata has no {key}"))?.into())
        };
        let cache = dirs::cache_dir().context("this user has no cache folder")?;
        Ok(Self {
            root: path("workspace_root")?,
            target: path("target_directory")?,
            cache: cache.join("nopenai-studio"),
        })
    }

    /// The OpenUI5 application.
    pub fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// A program that `cargo build --workspace --bins` makes.
    pub fn program(&self, name: &str) -> PathBuf {
        let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        self.target.join("debug").join(name)
    }

    /// The folder in which the application keeps a user's data.
    pub fn data(&self) -> Result<PathBuf> {
        let file = self.root.join("tauri.conf.json");
        let configuration = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let configuration: Value = serde_json::from_str(&configuration)
            .with_context(|| format!("{} is no JSON", file.display()))?;
        let identifier =
            configuration["identifier"].as_str().context("tauri.conf.json has no identifier")?;
        let data = dirs::data_dir().context("this user has no data folder")?;
        Ok(data.join(identifier))
    }

    /// Cargo, at work in this workspace.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(cargo());
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        // What cargo told us about ourselves is not for what it builds next:
        // ring's build script watches these, and with them, seen from another
        // checkout or typed by hand, mistral.rs would be compiled again.
        for (name, _) in std::env::vars_os() {
            let about_us = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
            if name
                .to_str()
                .is_some_and(|name| about_us.iter().any(|start| name.starts_with(start)))
            {
                command.env_remove(name);
            }
        }
        command
    }

    /// Builds every program of the workspace. The selection is always the
    /// whole workspace: with a smaller one cargo unifies features differently
    /// and compiles the same dependencies twice.
    pub fn build(&self) -> Result<()> {
        command::run(self.cargo().args(["build", "--workspace", "--bins"]))
    }

    /// Has clippy look at all of the workspace; its warnings are errors. By a build
    /// instead of clippy's check: a check reads every dependency anew, which took
    /// as long as building them, and a build needs them afterwards anyway.
    /// The programs it leaves are clippy's: [`Self::build`] comes behind it.
    pub fn lint(&self) -> Result<()> {
        let mut build = self.cargo();
        build.args(["build", "--workspace", "--all-targets"]);
        // What `cargo clippy -- -D warnings` hands to its driver.
        build
            .env("RUSTC_WORKSPACE_WRAPPER", Path::new(&cargo()).with_file_name("clippy-driver"))
            .env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__");
        command::run(&mut build)
    }

    /// Tells `command` where what it tests is: the built programs and a
    /// verified model.
    pub fn name_subjects(&self, command: &mut Command, starter: &Path) {
        command
            .env("NOPENAI_APP", self.program("nopenai-studio"))
            .env("NOPENAI_WORKER", self.program("nopenai-worker"))
            .env("NOPENAI_WORKER_LLAMA", self.program("nopenai-worker-llama"))
            .env("NOPENAI_STARTER_MODEL", starter)
            // A failed journey is told by its steps, not by a stack.
            .env("RUST_LIB_BACKTRACE", "0");
    }
}

/// The cargo that runs us, so that everything is built by one toolchain.
fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}
