//! What is tested, and the data folder it works on.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The built application.
///
/// # Panics
/// When it is not said where that is.
pub fn app() -> PathBuf {
    named("NOPENAI_APP")
}

/// The built worker with mistral.rs.
///
/// # Panics
/// When it is not said where that is.
pub fn worker() -> PathBuf {
    named("NOPENAI_WORKER")
}

/// The built worker with llama.cpp.
///
/// # Panics
/// When it is not said where that is.
pub fn worker_llama() -> PathBuf {
    named("NOPENAI_WORKER_LLAMA")
}

/// The starter model, verified.
///
/// # Panics
/// When it is not said where that is.
pub fn starter_model() -> PathBuf {
    named("NOPENAI_STARTER_MODEL")
}

fn named(variable: &str) -> PathBuf {
    match std::env::var_os(variable) {
        Some(path) => path.into(),
        None => panic!("{variable} is not set: run the tests with `cargo xtask test`"),
    }
}

/// The identifier of the starter model in a models folder.
///
/// # Panics
/// When it is not said where the model is.
pub fn starter_id() -> String {
    starter_model().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A data folder of a test's own, gone when it is dropped.
pub struct DataFolder(tempfile::TempDir);

impl DataFolder {
    /// With an empty models folder.
    ///
    /// # Errors
    /// When the folder can't be made.
    pub fn without_model() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("nopenai-studio-").tempdir()?;
        std::fs::create_dir(folder.path().join("models"))?;
        Ok(Self(folder))
    }

    /// With the starter model.
    ///
    /// # Errors
    /// When the folder can't be made.
    pub fn with_starter_model() -> Result<Self> {
        let folder = Self::without_model()?;
        folder.add_starter_model()?;
        Ok(folder)
    }

    /// Puts the starter model into the models folder, at once and as a whole.
    ///
    /// # Errors
    /// When it can't be written there.
    pub fn add_starter_model(&self) -> Result<()> {
        let source = starter_model();
        let name = source.file_name().context("the model is a file")?;
        let place = self.path().join("models").join(name);
        // A link costs nothing; another file system needs a copy.
        if std::fs::hard_link(&source, &place).is_err() {
            let partial = place.with_extension("part");
            std::fs::copy(&source, &partial)?;
            std::fs::rename(&partial, &place)?;
        }
        Ok(())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}
