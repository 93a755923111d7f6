//! The words every room speaks: identifiers, errors, time, pages, messages,
//! parameters and runs. Small, stable, no I/O.

mod clock;
mod comparison;
mod configuration;
mod error;
mod evaluation;
mod generation;
mod history;
mod id;
mod load;
mod notification;
mod page;
pub mod processor;
mod profile;
mod run;
mod settings;

pub use clock::{Clock, SystemClock, Timestamp};
pub use comparison::{Comparison, Criterion, Score, ScoreLine, Weights, Winner};
pub use configuration::{Mode, ModelConfiguration, Preset, Price};
pub use error::{Code, Error, Result};
pub use evaluation::{
    Capability, EvaluatedItem, Evaluation, EvaluationResult, EvaluationState, Expectation,
    PromptSet, PromptSetItem, Quality, Reason, Tally, Verdict,
};
pub use generation::{MAX_PROMPT_BYTES, Message, ParameterOverrides, Parameters, Role};
pub use history::{Deletion, Facet, RunCount, RunFacets, RunFilter, RunQuery, RunSort};
pub use id::{Caller, EvaluationId, ModeId, ModelId, ProfileId, PromptSetId, RunId, WorkstationId};
pub use load::{LoadProgress, LoadStage};
pub use notification::{Level, Notice, Notification, Subject, Topic};
pub use page::{Page, PageRequest};
pub use profile::{ConnectionProfile, ServerKind};
pub use run::{CacheUse, Cost, FinishReason, Measures, ModeRef, Outcome, Run, RunSummary};
pub use settings::{Density, Settings, Theme};
