//! Answering prompts: which models are in memory, whose turn it is, in which
//! mode and with which parameters, which answers are kept, what a run measured
//! and cost, and its record in the history from its first moment.

mod cache;
mod context;
mod elsewhere;
mod engine;
mod loading;
mod measure;
mod memory;
mod modes;
mod parameters;
mod pool;
mod prompt;
mod queue;
mod recovery;
mod requantize;
mod room;
mod run;
mod runtime;
mod sending;
mod speed;
mod status;
mod texts;

pub use engine::{Engine, EngineOptions};
pub use memory::{MemoryReport, Verdict};
pub use modes::Modes;
pub use nopenai_template::check as check_template;
pub use parameters::TokenCount;
pub use prompt::Prompt;
pub use requantize::{Requantized, WeightForm};
pub use run::{RunEvent, RunStep};
pub use runtime::{ChosenRuntime, RuntimeReason, RuntimeReport, RuntimesReport, choose};
pub use sending::SentPrompt;
pub use status::{CacheStatus, EngineStatus, ModelState, ModelStatus, QueueStatus};
