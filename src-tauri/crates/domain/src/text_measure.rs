//! What a model makes of a text, without answering it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text as a point: near ones mean alike, for the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Embedding {
    /// Its coordinates, of length 1 together.
    pub vector: Vec<f32>,
    /// Tokens of the text.
    pub tokens: u32,
}

/// How likely a text is, for a model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TextLikelihood {
    /// Tokens that were predicted.
    pub tokens: u32,
    /// The sum of the logarithms (base e) of their probabilities.
    pub log_likelihood: f64,
}

impl TextLikelihood {
    /// Among how many tokens the model chose each time, as it were: exp of the
    /// mean negative logarithm. Infinite where nothing was predicted.
    pub fn perplexity(&self) -> f64 {
        if self.tokens == 0 {
            return f64::INFINITY;
        }
        (-self.log_likelihood / f64::from(self.tokens)).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_guesses_among_four_has_a_perplexity_of_four() {
        let guessed = TextLikelihood { tokens: 10, log_likelihood: 10.0 * 0.25_f64.ln() };
        assert!((guessed.perplexity() - 4.0).abs() < 1e-12);
        let nothing = TextLikelihood { tokens: 0, log_likelihood: 0.0 };
        assert!(nothing.perplexity().is_infinite());
    }
}
