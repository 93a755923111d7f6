use nopenai_domain::{Code, Error};
use rusqlite::ErrorCode;
use std::path::PathBuf;

/// Why the store could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is not a database of this application.
    #[error("{} is not a database of nOpenai Studio.", .0.display())]
    Foreign(PathBuf),
    /// The file fails its integrity check.
    #[error("The database {} is damaged: {detail}.", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the check found.
        detail: String,
    },
    /// A newer version of the application wrote the file.
    #[error(
        "The database {} was written by a newer version (schema {found}; this one knows {known}).",
        .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: u32,
        /// The latest this application knows.
        known: u32,
    },
    /// A value that is out of range.
    #[error("{0}")]
    Input(#[from] Error),
    /// A file beside the database, or a copy of it, that can't be read or
    /// written.
    #[error("{}: {error}.", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// SQLite's own error.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A stored value that can't be read back.
    #[error("A stored value could not be read: {0}")]
    Value(String),
    /// A page's cursor that is none of ours.
    #[error("{0:?} is not the `next` of a page before.")]
    Cursor(String),
    /// No such row.
    #[error("There is no {0}.")]
    NotFound(String),
    /// The writer has ended.
    #[error("The database is closed.")]
    Closed,
    /// A write that was in one transaction with one that failed to commit.
    #[error("The database could not be written: {message}")]
    Commit {
        /// SQLite's class of the failure.
        code: Option<ErrorCode>,
        /// SQLite's words.
        message: String,
    },
}

impl StoreError {
    /// The same failure for another write that it took along.
    pub(crate) fn shared(&self) -> Self {
        let message = match self {
            Self::Commit { message, .. } => message.clone(),
            other => other.to_string(),
        };
        Self::Commit { code: self.sqlite_code(), message }
    }

    fn sqlite_code(&self) -> Option<ErrorCode> {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code(),
            Self::Commit { code, .. } => *code,
            _ => None,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        let class = match &error {
            StoreError::Foreign(_) | StoreError::Damaged { .. } | StoreError::Newer { .. } => {
                return Self::new(
                    Code::StoreRefused,
                    format!(
                        "{message} It was left as it is: move it away, or use the version that wrote it."
                    ),
                );
            }
            StoreError::Input(error) => return error.clone(),
            StoreError::File { path, .. } => {
                return Self::new(Code::FileUnavailable, message)
                    .with("path", path.display().to_string());
            }
            StoreError::Cursor(_) => return Self::invalid("after", message),
            StoreError::NotFound(_) => return Self::new(Code::NotFound, message),
            other => other.sqlite_code(),
        };
        let advice = match class {
            Some(ErrorCode::DiskFull) => "The disk is full: free some space and try again.",
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                "The data folder is read-only: make it writable and try again."
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                "Another program holds the database: end it and try again."
            }
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
                "The data folder could not be read or written: check the disk."
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                return Self::new(
                    Code::StoreRefused,
                    format!("The database is damaged ({message}). Restore a copy of it."),
                );
            }
            _ => return Self::internal(message),
        };
        Self::new(Code::StoreUnavailable, format!("{advice} ({message})"))
    }
}
