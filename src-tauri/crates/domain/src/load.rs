use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a model's load is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadStage {
    /// The engine's process starts.
    Starting,
    /// The model file is being read.
    Reading,
    /// All of it is read; tensors and tokenizer are being built.
    Preparing,
}

/// How far a model's load has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoadProgress {
    /// What is being done.
    pub stage: LoadStage,
    /// Bytes of the file read so far, as the system counts them for the
    /// engine's process; 0 where it does not.
    pub bytes_read: u64,
    /// The file's size in bytes.
    pub bytes_total: u64,
}
