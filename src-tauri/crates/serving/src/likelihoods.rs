//! What else could have come in the place of each token.

use llguidance::toktrie::TokEnv;
use nopenai_domain::{Likely, TokenLikelihood};

/// Tokens of an answer that are told of; the rest of a longer one isn't.
const MOST_TOKENS: usize = 4096;

/// Notes the likelihoods of the tokens of an answer.
pub struct Likelihoods {
    alternatives: usize,
    vocabulary: TokEnv,
    noted: Vec<TokenLikelihood>,
}

/// The model's own distribution at one place, before anything changes it.
pub struct Place {
    /// The logarithm of the sum of all weights.
    log_total: f64,
    likeliest: Vec<(u32, f32)>,
}

impl Likelihoods {
    /// For `alternatives` at each token.
    pub fn new(alternatives: u32, vocabulary: TokEnv) -> Self {
        Self { alternatives: alternatives as usize, vocabulary, noted: Vec::new() }
    }

    /// Looks at the logits of a place.
    pub fn look(&self, logits: &[f32]) -> Place {
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let total: f64 = logits.iter().map(|&logit| f64::from(logit - highest).exp()).sum();
        let mut order: Vec<(u32, f32)> =
            logits.iter().enumerate().map(|(token, &logit)| (token as u32, logit)).collect();
        let likelier = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        let kept = self.alternatives.min(order.len());
        if kept < order.len() {
            order.select_nth_unstable_by(kept, likelier);
            order.truncate(kept);
        }
        order.sort_unstable_by(likelier);
        Place { log_total: f64::from(highest) + total.ln(), likeliest: order }
    }

    /// Notes the token that was drawn at a place, whose logit was `logit`.
    pub fn note(&mut self, place: &Place, token: u32, logit: f32) {
        if self.noted.len() < MOST_TOKENS {
            let likely = |token, logit| Likely {
                text: String::from_utf8_lossy(&self.vocabulary.tok_trie().decode(&[token]))
                    .into_owned(),
                logprob: f64::from(logit) - place.log_total,
            };
            let alternatives =
                place.likeliest.iter().map(|&(token, logit)| likely(token, logit)).collect();
            self.noted.push(TokenLikelihood { drawn: likely(token, logit), alternatives });
        }
    }

    /// What was noted.
    pub fn take(&mut self) -> Vec<TokenLikelihood> {
        std::mem::take(&mut self.noted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use llguidance::toktrie::ApproximateTokEnv;

    #[test]
    fn probabilities_are_the_models_own_and_the_likeliest_come_first() {
        let mut likelihoods = Likelihoods::new(2, ApproximateTokEnv::single_byte_env());
        let mut logits = vec![f32::NEG_INFINITY; 257];
        for (letter, share) in [(b'a', 0.5_f32), (b'b', 0.3), (b'c', 0.2)] {
            logits[usize::from(letter)] = share.ln() + 3.0;
        }
        let place = likelihoods.look(&logits);
        likelihoods.note(&place, u32::from(b'c'), logits[usize::from(b'c')]);
        let noted = likelihoods.take();
        let told = |likely: &Likely| (likely.text.clone(), (likely.logprob.exp() * 100.0).round());
        assert_eq!(told(&noted[0].drawn), ("c".to_owned(), 20.0));
        let others: Vec<_> = noted[0].alternatives.iter().map(told).collect();
        assert_eq!(others, [("a".to_owned(), 50.0), ("b".to_owned(), 30.0)]);
        assert!(likelihoods.take().is_empty());
    }
}
