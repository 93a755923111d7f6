use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A token that could have come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Likely {
    /// Its text; bytes that are no whole character stand as U+FFFD.
    pub text: String,
    /// The natural logarithm of its probability, as the model gave it: before
    /// the penalty, the temperature, every cut, and the answer's format.
    pub logprob: f64,
}

/// A token of an answer, and what else could have come in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TokenLikelihood {
    /// The token that was drawn.
    #[serde(flatten)]
    pub drawn: Likely,
    /// The likeliest tokens in its place, the likeliest first.
    pub alternatives: Vec<Likely>,
}
