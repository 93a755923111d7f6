use crate::{ModeId, ModelId, Outcome, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which runs of the history: those that meet every condition that is set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RunFilter {
    /// Words that occur in the prompt or the answer, all of them, the last one
    /// possibly only begun. Case and accents don't matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Made by one of these models; empty for any.
    pub models: Vec<ModelId>,
    /// Made in one of these modes; empty for any.
    pub modes: Vec<ModeId>,
    /// Ended in one of these ways; empty for any.
    pub outcomes: Vec<Outcome>,
    /// Rated at least this, 1 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 5))]
    pub min_rating: Option<u8>,
    /// Bears one of these tags; empty for any.
    pub tags: Vec<String>,
    /// Started at this moment or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Started before this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What the history is sorted by. Runs without the value come last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunSort {
    /// When it started.
    #[default]
    Time,
    /// Total latency.
    TotalMs,
    /// Time to the first token.
    TtftMs,
    /// Tokens per second.
    TokensPerS,
    /// Tokens of the answer.
    TokensOut,
    /// Rating.
    Rating,
}

/// A list of runs: which, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RunQuery {
    /// Which runs.
    pub filter: RunFilter,
    /// Sorted by this.
    pub sort: RunSort,
    /// Smallest first; otherwise largest, or newest, first.
    pub ascending: bool,
}

/// How many runs meet a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunCount {
    /// So many, or more when `at_least`.
    pub count: u64,
    /// Counting ended here; there are more.
    pub at_least: bool,
}

/// What the history's filters can choose from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunFacets {
    /// The models that have runs, with their latest names.
    pub models: Vec<Facet>,
    /// The modes that have runs, with their latest names.
    pub modes: Vec<Facet>,
    /// The tags there are.
    pub tags: Vec<String>,
}

/// A value a filter can choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Facet {
    /// What the filter takes.
    pub id: String,
    /// What it is called.
    pub name: String,
}

/// Runs that were deleted together; undone by the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deletion {
    /// Its name: its moment, unique in this store.
    pub deletion: Timestamp,
    /// How many runs.
    pub runs: u64,
}
