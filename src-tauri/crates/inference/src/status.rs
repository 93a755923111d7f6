use nopenai_domain::{Error, LoadProgress, ModelId, Runtime};
use nopenai_protocol::ProcessMemory;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the engine is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EngineState {
    /// No model is loaded.
    #[default]
    Idle,
    /// A model is being loaded.
    Loading,
    /// A model is loaded and waits for a prompt.
    Ready,
    /// A model is answering.
    Busy,
    /// The last load failed, or the engine's process ended; `problem` says why.
    Failed,
}

/// The engine at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EngineStatus {
    /// What it is doing.
    pub state: EngineState,
    /// The model that is loaded, being loaded, or failed.
    pub model: Option<ModelId>,
    /// That model's name.
    pub model_name: Option<String>,
    /// How far the load has come, while loading.
    pub progress: Option<LoadProgress>,
    /// Resident memory of the engine's process, bytes, as it last reported
    /// (every two seconds, and at each run's end).
    pub memory_bytes: Option<u64>,
    /// The most that was ever resident of that process, bytes.
    pub peak_bytes: Option<u64>,
    /// Tokens that prompt and answer may have together.
    pub context_length: Option<u32>,
    /// The device the model is on, in words.
    pub device: Option<String>,
    /// What computes, once the model is loaded.
    pub runtime: Option<Runtime>,
    /// The type of activations, in words.
    pub element_type: Option<String>,
    /// The engine's process.
    pub process_id: Option<u32>,
    /// Runs that wait for their turn.
    pub waiting: u32,
    /// Why the last load failed or the engine's process ended.
    pub problem: Option<Error>,
}

impl EngineStatus {
    pub(crate) fn show_memory(&mut self, memory: Option<ProcessMemory>) {
        self.memory_bytes = memory.map(|memory| memory.resident_bytes);
        self.peak_bytes = memory.map(|memory| memory.peak_bytes);
    }
}
