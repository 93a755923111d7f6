//! The words every room speaks: identifiers, errors, time, pages, messages,
//! parameters and runs. Small, stable, no I/O.

mod chat;
mod clock;
mod comparison;
mod configuration;
mod error;
mod evaluation;
mod format;
mod generation;
mod history;
mod id;
mod likelihood;
mod load;
mod notification;
mod page;
pub mod processor;
mod profile;
mod remote;
mod run;
mod runtime;
mod settings;
mod text_measure;
mod thinking;
mod tool;

pub use chat::{
    AnswerRun, Attachment, Chat, ChatContents, ChatDeletion, ChatMessage, ChatSettings,
    ContextPolicy, ContextUse, branch, newest_leaf, title_of, turns,
};
pub use clock::{Clock, SystemClock, Timestamp};
pub use comparison::{Comparison, Criterion, Score, ScoreLine, Weights, Winner};
pub use configuration::{Mode, ModelConfiguration, Preset, Price};
pub use error::{Code, Error, Result};
pub use evaluation::{
    Capability, EvaluatedItem, Evaluation, EvaluationResult, EvaluationState, Expectation,
    PromptSet, PromptSetItem, Quality, Reason, Tally, Verdict,
};
pub use format::AnswerFormat;
pub use generation::{MAX_PROMPT_BYTES, Message, ParameterOverrides, Parameters, Role};
pub use history::{Deletion, Facet, RunCount, RunFacets, RunFilter, RunQuery, RunSort};
pub use id::{
    Caller, ChatId, EvaluationId, MessageId, ModeId, ModelId, ProfileId, PromptSetId, RunId,
    WorkstationId,
};
pub use likelihood::{Likely, TokenLikelihood};
pub use load::{LoadProgress, LoadStage};
pub use notification::{Level, Notice, Notification, Subject, Topic};
pub use page::{Page, PageRequest};
pub use profile::{ConnectionProfile, ServerKind};
pub use remote::{Place, RemoteModel, RemoteUse};
pub use run::{CacheUse, Cost, FinishReason, Measures, ModeRef, Outcome, Run, RunSummary};
pub use runtime::{Runtime, RuntimeChoice, RuntimeSpeed};
pub use settings::{Density, Settings, Theme};
pub use text_measure::{Embedding, TextLikelihood};
pub use thinking::without_thinking;
pub use tool::{
    CALL_CLOSES, CALL_OPENS, Tool, ToolCall, ToolChoice, beside_calls, declared_tools, tool_calls,
};
