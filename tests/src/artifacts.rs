//! What a test leaves behind: screenshots and a log.

use crate::subject;
use anyhow::{Context, Result};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

/// The files of one test, all beginning with its name.
#[derive(Debug, Clone)]
pub struct Artifacts {
    folder: PathBuf,
    name: String,
}

impl Artifacts {
    /// Those of the end-to-end test `name`: `target/e2e/NAME…`.
    ///
    /// # Errors
    /// When the folder can't be made.
    pub fn of_test(name: &str) -> Result<Self> {
        let app = subject::app();
        let target = app.ancestors().nth(2).context("the application is in target/debug")?;
        Self::within(&target.join("e2e"), name)
    }

    /// Files in `folder` that begin with `name`.
    ///
    /// # Errors
    /// When the folder can't be made.
    pub fn within(folder: &Path, name: &str) -> Result<Self> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let artifacts = Self { folder: folder.to_owned(), name: name.to_owned() };
        artifacts.forget_failure()?;
        Ok(artifacts)
    }

    /// What an earlier run left would mislead.
    fn forget_failure(&self) -> Result<()> {
        for file in [self.log(), self.picture("failed")] {
            if file.exists() {
                std::fs::remove_file(file)?;
            }
        }
        Ok(())
    }

    pub(crate) fn picture(&self, of: &str) -> PathBuf {
        self.folder.join(format!("{}-{of}.png", self.name))
    }

    fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name))
    }

    /// A test that starts the application twice has both in one log.
    pub(crate) fn open_log(&self) -> Result<File> {
        Ok(OpenOptions::new().create(true).append(true).open(self.log())?)
    }

    pub(crate) fn log_tail(&self) -> String {
        let bytes = std::fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}
