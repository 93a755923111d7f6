//! Our sampler in mistral.rs' place.
//!
//! mistral.rs draws every run from one generator that it seeds once, so a run
//! cannot be repeated. Ours takes the draw over: it sits at the end of the
//! engine's logits processors and leaves exactly one token possible.

use mistralrs::{CustomLogitsProcessor, Result, Tensor};
use nopenai_serving::SeededSampler;
use std::sync::{Arc, OnceLock};

/// A run's sampler as mistral.rs calls it.
pub struct LogitsProcessor {
    sampler: Arc<SeededSampler>,
    first: Arc<OnceLock<u32>>,
}

impl LogitsProcessor {
    /// Draws by `sampler`, and notes the first token drawn in `first`.
    pub fn new(sampler: Arc<SeededSampler>, first: Arc<OnceLock<u32>>) -> Self {
        Self { sampler, first }
    }
}

impl CustomLogitsProcessor for LogitsProcessor {
    fn apply(&self, logits: &Tensor, context: &[u32]) -> Result<Tensor> {
        // The engine takes the likeliest by itself.
        if self.sampler.is_plainly_greedy() {
            if self.first.get().is_none() {
                let _ = self.first.set(logits.argmax(0)?.to_scalar()?);
            }
            self.sampler.count();
            return Ok(logits.clone());
        }
        let mut values = logits.to_vec1::<f32>()?;
        let chosen = self.sampler.draw(&mut values, context);
        let _ = self.first.set(chosen as u32);
        values.fill(f32::NEG_INFINITY);
        values[chosen] = 0.0;
        Tensor::from_vec(values, logits.shape(), logits.device())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nopenai_domain::Parameters;

    #[test]
    fn one_token_is_left_possible_and_every_draw_is_counted() {
        let left = |temperature| {
            let logits = Tensor::new(&[0.1_f32, 3.0, 0.2], &mistralrs::Device::Cpu).unwrap();
            let parameters = Parameters { temperature, ..Parameters::default() };
            let first = Arc::new(OnceLock::new());
            let sampler = Arc::new(SeededSampler::new(&parameters));
            let processor = LogitsProcessor::new(sampler, first.clone());
            let left = processor.apply(&logits, &[]).unwrap().to_vec1::<f32>().unwrap();
            assert_eq!(first.get(), Some(&1));
            (left, processor.sampler.tokens_drawn())
        };
        assert_eq!(left(0.01), (vec![f32::NEG_INFINITY, 0.0, f32::NEG_INFINITY], 1));
        assert_eq!(left(0.0), (vec![0.1, 3.0, 0.2], 1));
    }
}
