use crate::{RunId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One side of a comparison, or neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Winner {
    /// The first run.
    A,
    /// The second run.
    B,
    /// Neither.
    Tie,
}

/// What each criterion counts, 0 to 100; only their proportions matter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Of total latency.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub latency: f64,
    /// Of quality, which is a person's rating.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub quality: f64,
    /// Of cost.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub cost: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { latency: 30.0, quality: 40.0, cost: 30.0 }
    }
}

/// What two runs are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// Total latency, milliseconds; less is better.
    Latency,
    /// Rating, 1 to 5; more is better.
    Quality,
    /// Cost in the currency of both; less is better.
    Cost,
}

/// One line of a score's arithmetic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScoreLine {
    /// By what.
    pub criterion: Criterion,
    /// A's value; absent when it was not measured or rated.
    pub a: Option<f64>,
    /// B's value.
    pub b: Option<f64>,
    /// Its weight among the criteria that count, 0 to 1; 0 when either value
    /// is absent.
    pub weight: f64,
    /// A's share of the two, 0 to 1: its advantage where it is better.
    pub share_a: Option<f64>,
    /// B's share.
    pub share_b: Option<f64>,
}

/// A weighted comparison of two runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// The arithmetic, one line per criterion.
    pub lines: Vec<ScoreLine>,
    /// Sum of weight times share, 0 to 1; absent when no criterion counts.
    pub a: Option<f64>,
    /// B's sum.
    pub b: Option<f64>,
    /// The larger sum; a tie when they differ by less than 0.01, absent when
    /// no criterion counts.
    pub winner: Option<Winner>,
}

/// A comparison a person saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// Its identifier.
    pub id: uuid::Uuid,
    /// When it was saved.
    pub at: Timestamp,
    /// The first run.
    pub run_a: RunId,
    /// The second run.
    pub run_b: RunId,
    /// A's model, as it was called.
    pub model_a: String,
    /// B's model, as it was called.
    pub model_b: String,
    /// A's prompt.
    pub prompt: String,
    /// As the person set them.
    pub weights: Weights,
    /// As computed when it was saved.
    pub score: Score,
    /// What counts: the score's winner, or the person's.
    pub winner: Option<Winner>,
    /// Whether a person decided otherwise than the score.
    pub overridden: bool,
    /// Why, in the person's words.
    pub note: String,
}
