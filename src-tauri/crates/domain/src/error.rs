use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result of everything that crosses a room's boundary.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a caller can act on. A code exists only where some consumer does
/// something different because of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// A field of the request is out of range; `details.field` names it.
    InvalidInput,
    /// The named model or run does not exist (any more).
    NotFound,
    /// The model file is damaged or of a kind the engine cannot run.
    UnsupportedModel,
    /// Prompt and answer do not fit; `details.used` and `details.available`
    /// are tokens, where the model is here.
    ContextOverflow,
    /// The model needs more memory than is free, or than its limit allows;
    /// `details.needed` and `details.available` are bytes.
    OutOfMemory,
    /// A name or file is taken already: choose another.
    AlreadyExists,
    /// A file the user named can't be read or written.
    FileUnavailable,
    /// The queue is full: try again when a run has ended. Or what was asked for
    /// is under way.
    Busy,
    /// The user stopped it.
    Cancelled,
    /// The engine's process ended or failed; the next run starts a new one. Or an
    /// endpoint elsewhere failed or refuses.
    EngineFailed,
    /// A server elsewhere can't be reached or doesn't serve now: what is on this
    /// machine goes on working.
    Offline,
    /// A server wants to know who asks: a token is missing, wrong, or not
    /// allowed to.
    AccessDenied,
    /// The system's keyring isn't there or stays locked; what needs no secret
    /// goes on without.
    KeyringUnavailable,
    /// The models folder is missing or cannot be read.
    FolderUnavailable,
    /// The store cannot be written: disk full, read-only, or I/O error.
    StoreUnavailable,
    /// The store's file is damaged, or from a newer version; it is left as is.
    StoreRefused,
    /// Another instance works on the same data folder.
    AlreadyRunning,
    /// A defect of ours.
    Internal,
}

/// The one error of the boundary: what happened and what to do, in `message`;
/// figures and names a program can use, in `details`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What a caller can act on.
    pub code: Code,
    /// What happened and what to do, one or two sentences.
    pub message: String,
    /// Facts behind the message; an object, empty when there are none.
    #[serde(default)]
    pub details: serde_json::Map<String, serde_json::Value>,
}

impl Error {
    /// An error without details.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: serde_json::Map::new() }
    }

    /// Adds one fact.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// A request's field that is out of range.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::new(Code::InvalidInput, message).with("field", field)
    }

    /// A defect of ours.
    pub fn internal(message: impl std::fmt::Display) -> Self {
        Self::new(Code::Internal, format!("Internal error: {message}"))
    }
}
