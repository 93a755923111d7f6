use nopenai_domain::{Error, LoadProgress, ModelId, Runtime, Timestamp};
use nopenai_protocol::ProcessMemory;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the engine does with a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    /// It is being loaded.
    Loading,
    /// It is loaded and waits for a prompt.
    Ready,
    /// It is answering.
    Busy,
    /// Its last load failed, or its process ended; `problem` says why.
    Failed,
}

/// A model the engine has to do with, at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelStatus {
    /// The model.
    pub model: ModelId,
    /// Its name when it was loaded.
    pub model_name: String,
    /// What the engine does with it.
    pub state: ModelState,
    /// How far the load has come, while loading.
    pub progress: Option<LoadProgress>,
    /// Resident memory of its process, bytes, as it last reported (every two
    /// seconds, and at each run's end).
    pub memory_bytes: Option<u64>,
    /// The most that was ever resident of that process, bytes.
    pub peak_bytes: Option<u64>,
    /// Tokens that prompt and answer may have together.
    pub context_length: Option<u32>,
    /// The device it is on, in words.
    pub device: Option<String>,
    /// What computes, once the model is loaded.
    pub runtime: Option<Runtime>,
    /// The type of activations, in words.
    pub element_type: Option<String>,
    /// Its process.
    pub process_id: Option<u32>,
    /// Runs it is answering.
    pub running: u32,
    /// Runs that wait for it.
    pub waiting: u32,
    /// Whether it stays loaded until a person unloads it.
    pub pinned: bool,
    /// When its last run or load ended.
    pub used_at: Timestamp,
    /// Why its last load failed or its process ended.
    pub problem: Option<Error>,
}

impl ModelStatus {
    /// A model without a process.
    pub(crate) fn new(model: ModelId, model_name: String, state: ModelState) -> Self {
        Self {
            model,
            model_name,
            state,
            progress: None,
            memory_bytes: None,
            peak_bytes: None,
            context_length: None,
            device: None,
            runtime: None,
            element_type: None,
            process_id: None,
            running: 0,
            waiting: 0,
            pinned: false,
            used_at: Timestamp(0),
            problem: None,
        }
    }

    pub(crate) fn show_memory(&mut self, memory: Option<ProcessMemory>) {
        self.memory_bytes = memory.map(|memory| memory.resident_bytes);
        self.peak_bytes = memory.map(|memory| memory.peak_bytes);
    }
}

/// The runs that wait for their turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueueStatus {
    /// Runs that wait.
    pub waiting: u32,
    /// Runs that may wait; one more is refused.
    pub bound: u32,
    /// Since when the first of them waits.
    pub waiting_since: Option<Timestamp>,
}

/// Answers that are kept for prompts that come again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CacheStatus {
    /// Answers kept.
    pub entries: u64,
    /// Answers that may be kept.
    pub most_entries: u64,
    /// What they occupy, bytes of text.
    pub bytes: u64,
    /// Deterministic runs answered from it since the application started.
    pub hits: u64,
    /// Deterministic runs that had to be computed since then.
    pub misses: u64,
    /// Answers that made room for others, or got too old, since then.
    pub evictions: u64,
}

/// The engine at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EngineStatus {
    /// Models that are loaded, being loaded, or failed, in the order in which
    /// they came.
    pub models: Vec<ModelStatus>,
    /// The runs that wait for their turn, of all models.
    pub queue: QueueStatus,
    /// What the processes of all models occupy, bytes.
    pub memory_bytes: u64,
    /// What they may occupy by the settings, bytes; absent: what is free.
    pub budget_bytes: Option<u64>,
    /// The prompt cache.
    pub cache: CacheStatus,
}

impl EngineStatus {
    /// What the engine does with `model`; nothing while it is only on disk.
    pub fn of(&self, model: &ModelId) -> Option<&ModelStatus> {
        self.models.iter().find(|status| status.model == *model)
    }
}
