//! Answering prompts: which model is loaded, whose turn it is, what a run
//! measured, and its record in the history from its first moment.

mod engine;
mod measure;
mod prompt;
mod recovery;
mod run;
mod status;

pub use engine::{Engine, EngineOptions};
pub use prompt::Prompt;
pub use run::{RunEvent, RunStep};
pub use status::{EngineState, EngineStatus};
