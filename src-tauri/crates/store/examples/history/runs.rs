//! Runs as two years of work leave them.

use crate::text::{Languages, Vocabulary, length};
use nopenai_domain::{
    Cost, FinishReason, Measures, ModeId, ModeRef, ModelId, Outcome, Parameters, Run, RunId,
    Timestamp,
};
use rand::{Rng, seq::IndexedRandom};

/// Models, and how many of a thousand runs they make; the last is rare.
pub const MODELS: [(&str, u32); 6] = [
    ("qwen3-4b-q4_k_m.gguf", 450),
    ("llama-3.2-3b-q4_k_m.gguf", 300),
    ("smollm2-135m-q4_1.gguf", 150),
    ("phi-3-mini-q4.gguf", 70),
    ("mistral-7b-q4_k_m.gguf", 29),
    ("starcoder2-3b-q8_0.gguf", 1),
];

/// Modes, and how many of a thousand runs are made in them; the rest in none.
pub const MODES: [(&str, u32); 5] =
    [("normal", 400), ("fast", 250), ("expert", 150), ("research", 50), ("my-review", 5)];

/// Outcomes, and how many of a thousand runs end so.
pub const OUTCOMES: [(Outcome, u32); 4] = [
    (Outcome::Completed, 930),
    (Outcome::Stopped, 40),
    (Outcome::Failed, 28),
    (Outcome::Interrupted, 2),
];

/// Tags, the frequent ones first.
pub const TAGS: [&str; 8] =
    ["good", "training", "review", "bug", "draft", "customer", "benchmark", "keep"];

/// When the first run started, µs.
pub const FIRST: i64 = 1_700_000_000_000_000;

/// Mean time between two runs, µs.
pub const INTERVAL: i64 = 60_000_000;

/// The run that comes `number`th: as it started, and as it ended.
pub fn run(languages: &Languages, random: &mut impl Rng, number: i64) -> (Run, Run) {
    let (model, _) = MODELS[drawn(random, MODELS.map(|(_, share)| share))];
    let mode = drawn(random, MODES.map(|(_, share)| share));
    let vocabulary = languages.drawn(random);
    let prompt_words = length(random, 25.0, 2_000);
    let started = Run {
        id: RunId::generate(),
        started_at: Timestamp(FIRST + number * INTERVAL + random.random_range(0..INTERVAL)),
        model: ModelId(model.to_owned()),
        model_name: model.trim_end_matches(".gguf").to_owned(),
        prompt: vocabulary.text(random, prompt_words),
        answer: String::new(),
        parameters: Parameters {
            seed: Some(random.random_range(0..1 << 53)),
            ..Parameters::default()
        },
        outcome: Outcome::Running,
        finish_reason: None,
        error: None,
        measures: Measures::default(),
        runtime: None,
        chat_template: None,
        likelihoods: None,
        remote: None,
        mode: MODES
            .get(mode)
            .map(|(id, _)| ModeRef { id: ModeId((*id).to_owned()), name: (*id).to_owned() }),
        chat: None,
        context: None,
        streamed: true,
        cost: None,
        rating: random.random_bool(0.3).then(|| random.random_range(1..=5)),
        tags: tags(random),
    };
    let ended = ended(vocabulary, random, &started);
    (started, ended)
}

fn ended(vocabulary: &Vocabulary, random: &mut impl Rng, run: &Run) -> Run {
    let (outcome, _) = OUTCOMES[drawn(random, OUTCOMES.map(|(_, share)| share))];
    let words = length(random, 110.0, 3_000);
    let failed = outcome == Outcome::Failed;
    let tokens_out = words as u32 * 4 / 3;
    let tokens_per_s = speed(&run.model) * random.random_range(0.7..1.4);
    let ttft_ms = 4_000.0 / tokens_per_s * random.random_range(0.5..4.0);
    Run {
        answer: if failed { String::new() } else { vocabulary.text(random, words) },
        outcome,
        finish_reason: (outcome == Outcome::Completed).then_some(FinishReason::Stop),
        measures: if failed {
            Measures::default()
        } else {
            Measures {
                total_ms: Some(ttft_ms + f64::from(tokens_out) / tokens_per_s * 1000.0),
                ttft_ms: Some(ttft_ms),
                tokens_per_s: Some(tokens_per_s),
                tokens_in: Some(random.random_range(30..300)),
                tokens_out: Some(tokens_out),
                cache: None,
            }
        },
        cost: random.random_bool(0.2).then(|| Cost {
            amount: f64::from(tokens_out) * 1e-6,
            currency: "EUR".to_owned(),
            priced_at: Timestamp(FIRST),
        }),
        ..run.clone()
    }
}

/// Tokens per second: runs of one model stand together when sorted.
fn speed(model: &ModelId) -> f64 {
    const SPEEDS: [f64; MODELS.len()] = [21.0, 26.0, 130.0, 19.0, 9.0, 24.0];
    let at = MODELS.iter().position(|(name, _)| *name == model.0);
    at.map_or(1.0, |at| SPEEDS[at])
}

fn tags(random: &mut impl Rng) -> Vec<String> {
    if !random.random_bool(0.1) {
        return Vec::new();
    }
    let count = random.random_range(1..=3);
    let weight =
        |tag: &&str| 1.0 / (1 + TAGS.iter().position(|other| other == tag).unwrap_or(0)) as f64;
    let mut tags: Vec<String> = TAGS
        .choose_multiple_weighted(random, count, weight)
        .map(|tags| tags.map(|tag| (*tag).to_owned()).collect())
        .unwrap_or_default();
    tags.sort();
    tags
}

/// One of the shares of a thousand; as many as there are shares for the rest.
fn drawn<const N: usize>(random: &mut impl Rng, shares: [u32; N]) -> usize {
    let mut at = random.random_range(0..1000);
    for (index, share) in shares.into_iter().enumerate() {
        if at < share {
            return index;
        }
        at -= share;
    }
    N
}
