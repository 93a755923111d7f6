use crate::{
    ChatId, ContextUse, Error, ModeId, ModelId, Parameters, RemoteUse, RunId, Runtime, Timestamp,
    TokenLikelihood,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Under way.
    Running,
    /// The answer is whole.
    Completed,
    /// The user stopped it; the answer is what had arrived.
    Stopped,
    /// It failed; `error` says why.
    Failed,
    /// The application ended during it; the answer is what had arrived.
    Interrupted,
}

/// Why the model stopped talking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// It ended its answer.
    Stop,
    /// `max_tokens` was reached.
    Length,
    /// It was cancelled.
    Cancelled,
}

/// What the prompt cache had to do with a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CacheUse {
    /// The answer came from it: nothing was computed.
    Hit,
    /// It was asked and did not have the answer, which was computed and kept.
    Miss,
}

/// What was measured of a run. A value is absent when it could not be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measures {
    /// From the request's acceptance to its last token, milliseconds.
    pub total_ms: Option<f64>,
    /// From the request's acceptance to the first token, milliseconds,
    /// including the model's load when it had to be loaded.
    pub ttft_ms: Option<f64>,
    /// Tokens after the first over the time since the first, per second.
    /// Absent for answers of fewer than two tokens, and for those that came at
    /// once.
    pub tokens_per_s: Option<f64>,
    /// Tokens of the prompt as sent, chat template included.
    pub tokens_in: Option<u32>,
    /// Tokens of the answer.
    pub tokens_out: Option<u32>,
    /// Whether the answer came from the prompt cache. Absent where it is not
    /// asked: for runs that are drawn anew each time.
    pub cache: Option<CacheUse>,
}

/// What a run cost, by the price of its model at its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// In units of the currency.
    pub amount: f64,
    /// ISO 4217 code.
    pub currency: String,
    /// When the price it was computed with was set.
    pub priced_at: Timestamp,
}

/// The mode a run was made in, named as it was called then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModeRef {
    /// The mode.
    pub id: ModeId,
    /// Its name at the time.
    pub name: String,
}

/// One inference request and its answer, as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// Its identifier.
    pub id: RunId,
    /// When it was accepted.
    pub started_at: Timestamp,
    /// The model that answered.
    pub model: ModelId,
    /// That model's name at the time.
    pub model_name: String,
    /// What was asked.
    pub prompt: String,
    /// What was answered, as far as it came.
    pub answer: String,
    /// With which parameters; the seed is the one that was used.
    pub parameters: Parameters,
    /// What became of it.
    pub outcome: Outcome,
    /// Why the model stopped, when it did.
    pub finish_reason: Option<FinishReason>,
    /// Why it failed, when it did.
    pub error: Option<Error>,
    /// What was measured.
    pub measures: Measures,
    /// Which runtime answered; absent before the model was loaded, for runs from
    /// before there was a choice, and for those answered elsewhere.
    pub runtime: Option<Runtime>,
    /// The chat template it was sent by, where that was not the model's own.
    pub chat_template: Option<String>,
    /// Where it was answered, when elsewhere; absent until it was sent.
    pub remote: Option<RemoteUse>,
    /// In which mode, when one was chosen.
    pub mode: Option<ModeRef>,
    /// In which conversation, when in one.
    pub chat: Option<ChatId>,
    /// What was left out of the conversation so that it fits, when something
    /// was.
    pub context: Option<ContextUse>,
    /// Whether the answer was streamed while it was made.
    pub streamed: bool,
    /// What it cost; absent when its model had no price, or tokens were not
    /// counted.
    pub cost: Option<Cost>,
    /// A person's rating, 1 to 5.
    #[schemars(range(min = 1, max = 5))]
    pub rating: Option<u8>,
    /// A person's tags, sorted.
    pub tags: Vec<String>,
    /// What else could have come in the place of each of the answer's first
    /// 4,096 tokens; absent when it was not asked for.
    pub likelihoods: Option<Vec<TokenLikelihood>>,
}

/// A run as a row of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunSummary {
    /// Its identifier.
    pub id: RunId,
    /// When it was accepted.
    pub started_at: Timestamp,
    /// The model that answered.
    pub model: ModelId,
    /// The name of the model that answered.
    pub model_name: String,
    /// In which mode, when one was chosen.
    pub mode: Option<ModeRef>,
    /// The first 200 characters of what was asked.
    pub prompt_start: String,
    /// What became of it.
    pub outcome: Outcome,
    /// What was measured.
    pub measures: Measures,
    /// What it cost; absent when its model had no price.
    pub cost: Option<Cost>,
    /// A person's rating, 1 to 5.
    #[schemars(range(min = 1, max = 5))]
    pub rating: Option<u8>,
    /// A person's tags, sorted.
    pub tags: Vec<String>,
}
