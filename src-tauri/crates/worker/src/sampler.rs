//! Drawing a token from logits, reproducibly.
//!
//! mistral.rs draws every run from one generator that it seeds once, so a run
//! cannot be repeated. This sampler takes the draw over: it sits at the end of
//! the engine's logits processors and leaves exactly one token possible.

use mistralrs::{CustomLogitsProcessor, Result, Tensor};
use nopenai_domain::Parameters;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

/// Temperature, then nucleus sampling (Holtzman et al. 2020, §3.1), from a
/// ChaCha8 generator seeded per run. Temperature 0 takes the likeliest token.
pub struct SeededSampler {
    temperature: f64,
    top_p: f64,
    generator: Mutex<ChaCha8Rng>,
    drawn: AtomicU32,
}

impl SeededSampler {
    /// A sampler at the start of the sequence of `parameters.seed`.
    pub fn new(parameters: &Parameters) -> Self {
        Self {
            temperature: parameters.temperature,
            top_p: parameters.top_p,
            generator: Mutex::new(ChaCha8Rng::seed_from_u64(parameters.seed.unwrap_or(0))),
            drawn: AtomicU32::new(0),
        }
    }

    /// Tokens drawn so far, an end-of-sequence token included.
    pub fn tokens_drawn(&self) -> u32 {
        self.drawn.load(Ordering::Relaxed)
    }

    fn draw(&self, logits: &[f32]) -> usize {
        let point = {
            let mut generator = self.generator.lock().unwrap_or_else(PoisonError::into_inner);
            generator.random::<f64>()
        };
        choose(logits, self.temperature, self.top_p, point)
    }
}

impl CustomLogitsProcessor for SeededSampler {
    fn apply(&self, logits: &Tensor, _context: &[u32]) -> Result<Tensor> {
        self.drawn.fetch_add(1, Ordering::Relaxed);
        if self.temperature == 0.0 {
            return Ok(logits.clone());
        }
        let mut values = logits.to_vec1::<f32>()?;
        let chosen = self.draw(&values);
        values.fill(f32::NEG_INFINITY);
        values[chosen] = 0.0;
        Tensor::from_vec(values, logits.shape(), logits.device())
    }
}

/// The index whose share of the nucleus contains `point` (0 ≤ point < 1).
fn choose(logits: &[f32], temperature: f64, top_p: f64, point: f64) -> usize {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f64> =
        logits.iter().map(|&logit| (f64::from(logit - highest) / temperature).exp()).collect();
    let total: f64 = weights.iter().sum();
    // Tokens this unlikely sum to less than 1 - top_p, whatever they are: they
    // cannot be in the nucleus, and leaving them out leaves little to sort.
    let floor = total * (1.0 - top_p) / weights.len() as f64;
    let mut nucleus: Vec<(usize, f64)> =
        weights.into_iter().enumerate().filter(|&(_, weight)| weight >= floor).collect();
    nucleus.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut mass = 0.0;
    let kept = nucleus
        .iter()
        .position(|&(_, weight)| {
            mass += weight;
            mass >= top_p * total
        })
        .map_or(nucleus.len(), |last| last + 1);
    nucleus.truncate(kept);
    let target = point * nucleus.iter().map(|&(_, weight)| weight).sum::<f64>();
    let mut passed = 0.0;
    nucleus
        .iter()
        .find(|&&(_, weight)| {
            passed += weight;
            passed > target
        })
        .or(nucleus.last())
        .map_or(0, |&(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(temperature: f64, top_p: f64, seed: u64) -> SeededSampler {
        SeededSampler::new(&Parameters {
            temperature,
            top_p,
            seed: Some(seed),
            ..Parameters::default()
        })
    }

    #[test]
    fn a_seed_repeats_its_sequence_and_another_differs() {
        let logits: Vec<f32> = (0..1000).map(|i| (i % 7) as f32 / 3.0).collect();
        let sequence = |seed| {
            let sampler = sampler(1.0, 0.9, seed);
            (0..64).map(|_| sampler.draw(&logits)).collect::<Vec<_>>()
        };
        assert_eq!(sequence(7), sequence(7));
        assert_ne!(sequence(7), sequence(8));
    }

    #[test]
    fn frequencies_follow_the_softmax() {
        let logits = [0.0_f32, 1.0, 2.0];
        let sampler = sampler(0.5, 1.0, 1);
        let mut counts = [0_u32; 3];
        for _ in 0..20_000 {
            counts[sampler.draw(&logits)] += 1;
        }
        let weights = logits.map(|logit| (f64::from(logit) / 0.5).exp());
        let total: f64 = weights.iter().sum();
        for (count, weight) in counts.into_iter().zip(weights) {
            let expected = weight / total;
            assert!((f64::from(count) / 20_000.0 - expected).abs() < 0.01);
        }
    }

    #[test]
    fn the_nucleus_is_the_smallest_set_that_reaches_top_p() {
        // Shares: 0.5, 0.3, 0.2.
        let logits = [0.5_f32.ln(), 0.3_f32.ln(), 0.2_f32.ln()];
        let reached = |top_p: f64| {
            let points = (0..100).map(|i| f64::from(i) / 100.0);
            points.map(|point| choose(&logits, 1.0, top_p, point)).max()
        };
        assert_eq!(reached(0.4), Some(0));
        assert_eq!(reached(0.7), Some(1));
        assert_eq!(reached(1.0), Some(2));
    }

    #[test]
    fn one_token_is_left_possible_and_every_draw_is_counted() {
        let logits = Tensor::new(&[0.1_f32, 3.0, 0.2], &mistralrs::Device::Cpu).unwrap();
        let sampler = sampler(0.01, 1.0, 3);
        let left = sampler.apply(&logits, &[]).unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(left, [f32::NEG_INFINITY, 0.0, f32::NEG_INFINITY]);
        assert_eq!(sampler.tokens_drawn(), 1);
    }
}
