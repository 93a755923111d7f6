use crate::{ModelId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What computes: an engine in a program of its own.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Runtime {
    /// mistral.rs: GGUF files and folders of safetensors.
    MistralRs,
    /// llama.cpp: GGUF files.
    LlamaCpp,
}

impl Runtime {
    /// All there are, the one that is taken first.
    pub const ALL: [Self; 2] = [Self::MistralRs, Self::LlamaCpp];

    /// Its name as its makers write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::MistralRs => "mistral.rs",
            Self::LlamaCpp => "llama.cpp",
        }
    }
}

/// Which runtime a person wants for a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuntimeChoice {
    /// mistral.rs, unless it can't load the model, or another was measured
    /// clearly faster for this model on this machine.
    #[default]
    Auto,
    /// mistral.rs, where it can load the model.
    MistralRs,
    /// llama.cpp, where it can load the model.
    LlamaCpp,
}

impl RuntimeChoice {
    /// The one that is wanted, when one is.
    pub fn pinned(self) -> Option<Runtime> {
        match self {
            Self::Auto => None,
            Self::MistralRs => Some(Runtime::MistralRs),
            Self::LlamaCpp => Some(Runtime::LlamaCpp),
        }
    }
}

/// How fast a runtime was with a model on this machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuntimeSpeed {
    /// The model.
    pub model: ModelId,
    /// The size of its files then, bytes.
    pub size_bytes: u64,
    /// When they had been written.
    pub modified_at: Timestamp,
    /// The runtime.
    pub runtime: Runtime,
    /// Tokens of the prompt over the time from its reading's start to the first
    /// token, per second.
    pub prefill_tokens_per_s: f64,
    /// Tokens after the first over the time since the first, per second.
    pub decode_tokens_per_s: f64,
    /// When it was measured.
    pub measured_at: Timestamp,
    /// On which device, in words ("CPU, 2 threads").
    pub device: String,
}
