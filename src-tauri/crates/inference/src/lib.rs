//! Answering prompts: which model is loaded, whose turn it is, in which mode
//! and with which parameters, what a run measured and cost, and its record in
//! the history from its first moment.

mod engine;
mod measure;
mod memory;
mod modes;
mod parameters;
mod prompt;
mod recovery;
mod run;
mod runtime;
mod speed;
mod status;

pub use engine::{Engine, EngineOptions};
pub use memory::{MemoryReport, Verdict};
pub use modes::Modes;
pub use parameters::TokenCount;
pub use prompt::Prompt;
pub use run::{RunEvent, RunStep};
pub use runtime::{ChosenRuntime, RuntimeReason, RuntimeReport, RuntimesReport, choose};
pub use status::{EngineState, EngineStatus};
