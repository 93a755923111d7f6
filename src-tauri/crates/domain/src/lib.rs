//! The words every room speaks: identifiers, errors, time, pages, messages,
//! parameters and runs. Small, stable, no I/O.

mod clock;
mod error;
mod generation;
mod id;
mod load;
mod page;
pub mod processor;
mod run;

pub use clock::{Clock, SystemClock, Timestamp};
pub use error::{Code, Error, Result};
pub use generation::{MAX_PROMPT_BYTES, Message, Parameters, Role};
pub use id::{ModelId, RunId};
pub use load::{LoadProgress, LoadStage};
pub use page::{Page, PageRequest};
pub use run::{FinishReason, Measures, Outcome, Run, RunSummary};
