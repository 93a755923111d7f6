use crate::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How grave a notification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Something was done.
    Info,
    /// Something deserves a look.
    Warning,
    /// Something failed.
    Error,
}

/// What a notification tells; the interface has a text for each, into which the
/// facts are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// A run failed. Facts: `model`, `reason`.
    RunFailed,
    /// The engine's process ended by itself. Facts: `model`, `reason`.
    EngineFailed,
    /// A model was imported. Facts: `model`.
    ModelImported,
    /// A model could not be imported. Facts: `path`, `reason`.
    ImportFailed,
    /// A model was downloaded. Facts: `model`.
    ModelDownloaded,
    /// A model could not be downloaded; what has arrived stays. Facts: `name`,
    /// `reason`.
    DownloadFailed,
    /// A model was written in another form. Facts: `model`, `form`, `before` and
    /// `after` (perplexities).
    ModelRequantized,
    /// Runs were exported. Facts: `rows`, `path`.
    RunsExported,
    /// Runs could not be exported. Facts: `path`, `reason`.
    ExportFailed,
    /// The database was brought to a newer schema; `path` is the copy made
    /// before.
    StoreMigrated,
    /// An evaluation has come to its end. Facts: `set`, `model`, `passed`,
    /// `judged`.
    EvaluationCompleted,
    /// An evaluation stopped by itself. Facts: `set`, `model`, `reason`.
    EvaluationPaused,
}

/// What a notification is about, for a link that leads there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// A run of the history.
    Run {
        /// The run.
        run: crate::RunId,
    },
    /// A model of the registry.
    Model {
        /// The model.
        model: crate::ModelId,
    },
    /// An evaluation.
    Evaluation {
        /// The evaluation.
        evaluation: crate::EvaluationId,
    },
    /// A file or folder.
    File {
        /// Its absolute path.
        path: String,
    },
}

/// Something a person should know, kept until dismissed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Notification {
    /// Its number, growing.
    pub id: i64,
    /// When it came.
    pub at: Timestamp,
    /// How grave it is.
    pub level: Level,
    /// What it tells.
    pub topic: Topic,
    /// What its text needs: strings and numbers, by name.
    pub facts: Map<String, Value>,
    /// What it is about.
    pub subject: Option<Subject>,
    /// Whether it was seen.
    pub read: bool,
}

/// A notification before it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// How grave it is.
    pub level: Level,
    /// What it tells.
    pub topic: Topic,
    /// What its text needs.
    pub facts: Map<String, Value>,
    /// What it is about.
    pub subject: Option<Subject>,
}
