use nopenai_domain::{Code, Error, Result};
use std::{
    fs::{File, TryLockError, create_dir_all},
    path::{Path, PathBuf},
};

/// The folder that holds everything the application keeps, locked against a
/// second instance for as long as this value lives.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Creates the folder and its models folder where missing, and locks it.
    ///
    /// # Errors
    /// [`Code::AlreadyRunning`] when another process holds it;
    /// [`Code::StoreUnavailable`] when it can't be written.
    pub fn open(path: &Path) -> Result<Self> {
        let unavailable = |error: std::io::Error| {
            Error::new(
                Code::StoreUnavailable,
                format!(
                    "The data folder {} can't be written: {error}. Make it writable, or free \
                     some space, and start again.",
                    path.display()
                ),
            )
        };
        create_dir_all(path).map_err(unavailable)?;
        let models = path.join("models");
        if !models.exists() {
            create_dir_all(&models).map_err(unavailable)?;
        }
        let lock = File::create(path.join("lock")).map_err(unavailable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::new(
                Code::AlreadyRunning,
                format!(
                    "Another nOpenai Studio works on {}. Use its window, or start this one with \
                     another data folder (--data-dir).",
                    path.display()
                ),
            )),
            Err(TryLockError::Error(error)) => Err(unavailable(error)),
        }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where model files lie.
    pub fn models(&self) -> PathBuf {
        self.path.join("models")
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.path.join("studio.db")
    }
}
