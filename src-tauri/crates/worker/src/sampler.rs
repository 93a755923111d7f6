//! Our sampler in mistral.rs' place.
//!
//! mistral.rs draws every run from one generator that it seeds once, so a run
//! cannot be repeated. Ours takes the draw over: it sits at the end of the
//! engine's logits processors and leaves exactly one token possible.

use mistralrs::{CustomLogitsProcessor, Result, Tensor};
use nopenai_serving::SeededSampler;
use std::sync::Arc;

/// A run's sampler as mistral.rs calls it.
pub struct LogitsProcessor(pub Arc<SeededSampler>);

impl CustomLogitsProcessor for LogitsProcessor {
    fn apply(&self, logits: &Tensor, context: &[u32]) -> Result<Tensor> {
        // The engine takes the likeliest by itself.
        if self.0.is_plainly_greedy() {
            self.0.count();
            return Ok(logits.clone());
        }
        let mut values = logits.to_vec1::<f32>()?;
        let chosen = self.0.draw(&mut values, context);
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
            let processor = LogitsProcessor(Arc::new(SeededSampler::new(&parameters)));
            let left = processor.apply(&logits, &[]).unwrap().to_vec1::<f32>().unwrap();
            (left, processor.0.tokens_drawn())
        };
        assert_eq!(left(0.01), (vec![f32::NEG_INFINITY, 0.0, f32::NEG_INFINITY], 1));
        assert_eq!(left(0.0), (vec![0.1, 3.0, 0.2], 1));
    }
}
