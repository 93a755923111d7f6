//! Drawing a token from logits, reproducibly, and in every engine alike.

use crate::{guide::Guide, likelihoods::Likelihoods};
use llguidance::toktrie::TokEnv;
use nopenai_domain::{AnswerFormat, Parameters, Result, TokenLikelihood, ToolChoice};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU32, Ordering},
};

/// Repetition penalty, temperature, top-k, top-p, min-p, in this order, which
/// is that of `generate` in Hugging Face's transformers (llama.cpp applies the
/// temperature last); then a draw from a ChaCha8 generator seeded per run.
/// Temperature 0 takes the likeliest token.
pub struct SeededSampler {
    repetition_penalty: f32,
    shape: Shape,
    generator: Mutex<ChaCha8Rng>,
    drawn: AtomicU32,
    guide: Option<Mutex<Guide>>,
    likelihoods: Option<Mutex<Likelihoods>>,
}

/// What is kept of a distribution.
#[derive(Debug, Clone, Copy)]
struct Shape {
    temperature: f64,
    top_k: usize,
    top_p: f64,
    min_p: f64,
}

impl SeededSampler {
    /// A sampler at the start of the sequence of `parameters.seed`.
    pub fn new(parameters: &Parameters) -> Self {
        Self {
            repetition_penalty: parameters.repetition_penalty as f32,
            shape: Shape {
                temperature: parameters.temperature,
                top_k: parameters.top_k as usize,
                top_p: parameters.top_p,
                min_p: parameters.min_p,
            },
            generator: Mutex::new(ChaCha8Rng::seed_from_u64(parameters.seed.unwrap_or(0))),
            drawn: AtomicU32::new(0),
            guide: None,
            likelihoods: None,
        }
    }

    /// As [`SeededSampler::new`], keeping the answer to its format and noting
    /// what else could have come, where the parameters ask for that.
    ///
    /// # Errors
    /// [`nopenai_domain::Code::InvalidInput`] for a format that isn't understood.
    pub fn with_vocabulary(parameters: &Parameters, vocabulary: &TokEnv) -> Result<Self> {
        let alternatives = parameters.alternatives;
        Ok(Self {
            guide: Guide::new(parameters, vocabulary)?.map(Mutex::new),
            likelihoods: (alternatives > 0)
                .then(|| Mutex::new(Likelihoods::new(alternatives, vocabulary.clone()))),
            ..Self::new(parameters)
        })
    }

    /// Whether `parameters` ask for what needs the model's vocabulary.
    pub fn needs_vocabulary(parameters: &Parameters) -> bool {
        parameters.format != AnswerFormat::Text
            || parameters.tool_choice == ToolChoice::Required
            || parameters.alternatives > 0
    }

    /// Why the answer does not keep to its format.
    pub fn failure(&self) -> Option<String> {
        let guide = self.guide.as_ref().map(lock)?;
        guide.failure().map(str::to_owned)
    }

    /// What else could have come in the place of the first `tokens`; absent
    /// when it was not asked for.
    pub fn take_likelihoods(&self, tokens: u32) -> Option<Vec<TokenLikelihood>> {
        let mut noted = lock(self.likelihoods.as_ref()?).take();
        noted.truncate(tokens as usize);
        Some(noted)
    }

    /// Tokens drawn so far, an end-of-sequence token included.
    pub fn tokens_drawn(&self) -> u32 {
        self.drawn.load(Ordering::Relaxed)
    }

    /// Whether every draw is the likeliest token, whatever the context.
    pub fn is_plainly_greedy(&self) -> bool {
        self.shape.temperature == 0.0
            && self.repetition_penalty == 1.0
            && self.guide.is_none()
            && self.likelihoods.is_none()
    }

    /// Counts a token that was drawn elsewhere, as the likeliest one can be.
    pub fn count(&self) {
        self.drawn.fetch_add(1, Ordering::Relaxed);
    }

    /// Draws a token. `context` is the prompt with its template and the answer
    /// so far; the logits are changed by its penalty.
    pub fn draw(&self, logits: &mut [f32], context: &[u32]) -> usize {
        self.count();
        let mut likelihoods = self.likelihoods.as_ref().map(lock);
        let before = likelihoods.as_ref().map(|noted| (noted.look(logits), logits.to_vec()));
        let mut guide = self.guide.as_ref().map(lock);
        if let Some(guide) = &mut guide {
            guide.restrict(logits);
        }
        penalize(logits, context, self.repetition_penalty);
        let token = self.pick(logits);
        if let Some(guide) = &mut guide {
            guide.follow(token as u32);
        }
        if let (Some(noted), Some((place, logits))) = (&mut likelihoods, before) {
            noted.note(&place, token as u32, logits[token]);
        }
        token
    }

    fn pick(&self, logits: &[f32]) -> usize {
        if self.shape.temperature == 0.0 {
            return likeliest(logits);
        }
        let point = {
            let mut generator = lock(&self.generator);
            generator.random::<f64>()
        };
        choose(logits, self.shape, point)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes tokens of `context` less likely, each once however often it occurs
/// (Keskar et al. 2019, "CTRL", §4.1).
fn penalize(logits: &mut [f32], context: &[u32], penalty: f32) {
    if penalty == 1.0 {
        return;
    }
    let mut met = vec![false; logits.len()];
    for &token in context {
        let token = token as usize;
        // A tokenizer can know more tokens than the model has logits for.
        if token < logits.len() && !std::mem::replace(&mut met[token], true) {
            let logit = &mut logits[token];
            *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
        }
    }
}

fn likeliest(logits: &[f32]) -> usize {
    let mut best = 0;
    for (index, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = index;
        }
    }
    best
}

/// The index whose share of what is kept contains `point` (0 ≤ point < 1).
fn choose(logits: &[f32], shape: Shape, point: f64) -> usize {
    let kept = keep(logits, shape);
    let target = point * mass(&kept);
    let mut passed = 0.0;
    kept.iter()
        .find(|&&(_, weight)| {
            passed += weight;
            passed > target
        })
        .or(kept.last())
        .map_or(0, |&(index, _)| index)
}

/// The tokens that can be drawn, the likeliest first, with their weights,
/// which don't sum to 1.
fn keep(logits: &[f32], shape: Shape) -> Vec<(usize, f64)> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights = logits
        .iter()
        .map(|&logit| (f64::from(logit - highest) / shape.temperature).exp())
        .enumerate();
    let mut kept = top_k(weights.collect(), shape.top_k);
    keep_nucleus(&mut kept, shape.top_p);
    // The likeliest weighs 1, so that its share is a bound on weights.
    let probable = kept.partition_point(|&(_, weight)| weight >= shape.min_p);
    kept.truncate(probable.max(1));
    kept
}

/// The `k` heaviest, in no order; all when `k` is 0.
fn top_k(mut weights: Vec<(usize, f64)>, k: usize) -> Vec<(usize, f64)> {
    if k > 0 && k < weights.len() {
        weights.select_nth_unstable_by(k - 1, heavier_first);
        weights.truncate(k);
    }
    weights
}

/// Sorts, and leaves the smallest set that has `top_p` of the mass (Holtzman et
/// al. 2020, §3.1).
fn keep_nucleus(weights: &mut Vec<(usize, f64)>, top_p: f64) {
    let total = mass(weights);
    // Tokens this unlikely sum to less than 1 - top_p, whatever they are: they
    // cannot be in the nucleus, and leaving them out leaves little to sort.
    let floor = total * (1.0 - top_p) / weights.len() as f64;
    weights.retain(|&(_, weight)| weight >= floor);
    weights.sort_unstable_by(heavier_first);
    let mut reached = 0.0;
    let last = weights.iter().position(|&(_, weight)| {
        reached += weight;
        reached >= top_p * total
    });
    weights.truncate(last.map_or(weights.len(), |last| last + 1));
}

fn mass(weights: &[(usize, f64)]) -> f64 {
    weights.iter().map(|&(_, weight)| weight).sum()
}

/// By weight, and by index where that is the same: one order, always.
fn heavier_first(a: &(usize, f64), b: &(usize, f64)) -> std::cmp::Ordering {
    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Logits of the shares 0.5, 0.3, 0.15 and 0.05.
    fn logits() -> [f32; 4] {
        [0.5_f32, 0.3, 0.15, 0.05].map(f32::ln)
    }

    fn all() -> Shape {
        Shape { temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0 }
    }

    fn kept(shape: Shape) -> Vec<usize> {
        keep(&logits(), shape).into_iter().map(|(index, _)| index).collect()
    }

    fn sampler(parameters: Parameters) -> SeededSampler {
        SeededSampler::new(&parameters)
    }

    #[test]
    fn a_seed_repeats_its_sequence_and_another_differs() {
        let logits: Vec<f32> = (0..1000).map(|i| (i % 7) as f32 / 3.0).collect();
        let sequence = |seed| {
            let parameters = Parameters { temperature: 1.0, top_p: 0.9, ..Parameters::default() };
            let sampler = sampler(Parameters { seed: Some(seed), ..parameters });
            (0..64).map(|_| sampler.pick(&logits)).collect::<Vec<_>>()
        };
        assert_eq!(sequence(7), sequence(7));
        assert_ne!(sequence(7), sequence(8));
    }

    #[test]
    fn frequencies_follow_the_softmax() {
        let logits = [0.0_f32, 1.0, 2.0];
        let parameters = Parameters { temperature: 0.5, top_p: 1.0, ..Parameters::default() };
        let sampler = sampler(Parameters { seed: Some(1), ..parameters });
        let mut counts = [0_u32; 3];
        for _ in 0..20_000 {
            counts[sampler.pick(&logits)] += 1;
        }
        let weights = logits.map(|logit| (f64::from(logit) / 0.5).exp());
        let total: f64 = weights.iter().sum();
        for (count, weight) in counts.into_iter().zip(weights) {
            let expected = weight / total;
            assert!((f64::from(count) / 20_000.0 - expected).abs() < 0.01);
        }
    }

    #[test]
    fn temperature_flattens_and_sharpens() {
        let share_of_the_likeliest = |temperature| {
            let kept = keep(&logits(), Shape { temperature, ..all() });
            kept[0].1 / mass(&kept)
        };
        assert!((share_of_the_likeliest(1.0) - 0.5).abs() < 1e-6);
        assert!(share_of_the_likeliest(2.0) < 0.4);
        assert!(share_of_the_likeliest(0.5) > 0.6);
        let greedy = sampler(Parameters { temperature: 0.0, ..Parameters::default() });
        assert!((0..50).all(|_| greedy.pick(&logits()) == 0));
    }

    #[test]
    fn top_p_keeps_the_smallest_set_that_reaches_it() {
        let kept = |top_p| kept(Shape { top_p, ..all() });
        assert_eq!(kept(0.4), [0]);
        assert_eq!(kept(0.7), [0, 1]);
        assert_eq!(kept(0.9), [0, 1, 2]);
        assert_eq!(kept(1.0), [0, 1, 2, 3]);
    }

    #[test]
    fn top_k_keeps_that_many() {
        let kept = |top_k| kept(Shape { top_k, ..all() });
        assert_eq!(kept(1), [0]);
        assert_eq!(kept(3), [0, 1, 2]);
        assert_eq!(kept(1000), [0, 1, 2, 3]);
        assert_eq!(kept(0), [0, 1, 2, 3]);
        let equal = keep(&[1.0; 5], Shape { top_k: 2, ..all() });
        assert_eq!(equal.iter().map(|&(index, _)| index).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn min_p_keeps_what_is_a_share_of_the_likeliest() {
        let kept = |min_p| kept(Shape { min_p, ..all() });
        assert_eq!(kept(0.0), [0, 1, 2, 3]);
        assert_eq!(kept(0.2), [0, 1, 2]);
        assert_eq!(kept(0.5), [0, 1]);
        assert_eq!(kept(1.0), [0]);
    }

    #[test]
    fn top_p_counts_the_shares_of_what_top_k_left() {
        // Of the two left, the first has 0.625 of the mass.
        assert_eq!(kept(Shape { top_k: 2, top_p: 0.6, ..all() }), [0]);
        assert_eq!(kept(Shape { top_p: 0.6, ..all() }), [0, 1]);
        // min_p comes after the temperature.
        assert_eq!(kept(Shape { temperature: 2.0, min_p: 0.5, ..all() }), [0, 1, 2]);
    }

    #[test]
    fn the_penalty_falls_once_on_tokens_that_occurred() {
        let mut logits = [2.0_f32, -2.0, 1.0];
        penalize(&mut logits, &[0, 1, 0, 99], 2.0);
        assert_eq!(logits, [1.0, -4.0, 1.0]);
        let greedy = |repetition_penalty| {
            sampler(Parameters { temperature: 0.0, repetition_penalty, ..Parameters::default() })
        };
        let drawn = |penalty, context: &[u32]| greedy(penalty).draw(&mut [3.0, 2.9, 0.0], context);
        assert_eq!(drawn(1.0, &[0, 2]), 0);
        assert_eq!(drawn(1.1, &[0, 2]), 1);
        assert_eq!(drawn(0.5, &[1]), 1, "below 1 it favours repetition");
    }

    #[test]
    fn every_draw_is_counted() {
        let sampler = sampler(Parameters { temperature: 0.01, ..Parameters::default() });
        assert_eq!(sampler.draw(&mut [0.1, 3.0, 0.2], &[]), 1);
        sampler.count();
        assert_eq!(sampler.tokens_drawn(), 2);
    }

    proptest! {
        #[test]
        fn top_k_1_and_min_p_1_are_greedy(
            logits in proptest::collection::vec(-30.0..30.0_f32, 1..200),
            temperature in 0.01..2.0_f64, point in 0.0..1.0_f64,
        ) {
            // Equally likely tokens are all kept by min_p.
            let mut sorted = logits.clone();
            sorted.sort_by(f32::total_cmp);
            sorted.dedup();
            prop_assume!(sorted.len() == logits.len());
            let greedy = likeliest(&logits);
            let by_k = Shape { temperature, top_k: 1, ..all() };
            let by_p = Shape { temperature, min_p: 1.0, ..all() };
            prop_assert_eq!(choose(&logits, by_k, point), greedy);
            prop_assert_eq!(choose(&logits, by_p, point), greedy);
        }
    }
}
