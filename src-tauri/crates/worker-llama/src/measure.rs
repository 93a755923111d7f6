//! What the model makes of texts, without answering them. Each takes a context
//! of its own, for as long as it computes.

use crate::{compute::with_reason, prefix::PART};
use anyhow::{Context, anyhow, bail};
use llama_cpp_2::{
    context::{
        LlamaContext,
        params::{LlamaContextParams, LlamaPoolingType},
    },
    llama_backend::LlamaBackend,
    llama_batch::LlamaBatch,
    model::LlamaModel,
    token::LlamaToken,
};
use nopenai_domain::{Embedding, TextLikelihood};
use std::num::NonZeroU32;

/// The longest text that becomes a point, tokens: all of it is computed at
/// once.
const LONGEST: u32 = 2048;

/// Tokens whose likelihood is computed together; the next ones begin anew.
const WINDOW: usize = 512;

const SEQUENCE: i32 = 0;

/// The tokens of a text as it is, with those a sequence begins and ends with.
fn tokenize(model: &LlamaModel, text: &str) -> Vec<LlamaToken> {
    model.vocab().tokenize(text.as_bytes(), true, false)
}

/// A text as a point: pooled as the file says, else the mean over its tokens.
pub fn embed(
    backend: &LlamaBackend,
    model: &LlamaModel,
    threads: i32,
    text: &str,
) -> anyhow::Result<Embedding> {
    let tokens = tokenize(model, text);
    let count = u32::try_from(tokens.len()).unwrap_or(u32::MAX);
    let most = LONGEST.min(model.n_ctx_train());
    if count == 0 {
        bail!("a text has no tokens");
    }
    if count > most {
        bail!("a text has {count} tokens, and at most {most} become a point");
    }
    let pooled = model
        .meta_val_str("general.architecture")
        .is_ok_and(|name| model.meta_val_str(&format!("{name}.pooling_type")).is_ok());
    let pooling = if pooled { LlamaPoolingType::Unspecified } else { LlamaPoolingType::Mean };
    let parameters = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(count.next_multiple_of(PART as u32)))
        .with_n_batch(count)
        .with_n_ubatch(count)
        .with_embeddings(true)
        .with_pooling_type(pooling)
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    let mut context = made(model.new_context(backend, parameters))?;
    let mut batch = LlamaBatch::new(tokens.len(), 1);
    for (position, &token) in tokens.iter().enumerate() {
        batch.add(token, position as i32, &[SEQUENCE], true)?;
    }
    context.decode(&mut batch).context("llama.cpp could not compute")?;
    let vector = context.embeddings_seq_ith(SEQUENCE).context("the model gives no point")?;
    Ok(Embedding { vector: of_length_one(vector), tokens: count })
}

fn of_length_one(vector: &[f32]) -> Vec<f32> {
    let length = vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    if length == 0.0 {
        return vector.to_vec();
    }
    vector.iter().map(|x| (f64::from(*x) / length) as f32).collect()
}

/// How likely each token of a text is after those before it, in windows of 512
/// that share nothing; the first of a window is not predicted.
pub fn likelihood(
    backend: &LlamaBackend,
    model: &LlamaModel,
    threads: i32,
    text: &str,
    mut wanted: impl FnMut() -> bool,
) -> anyhow::Result<TextLikelihood> {
    let parameters = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(WINDOW as u32))
        .with_n_batch(PART as u32)
        .with_n_ubatch(PART as u32)
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    let mut context = made(model.new_context(backend, parameters))?;
    let mut batch = LlamaBatch::new(PART, 1);
    let mut sum = TextLikelihood { tokens: 0, log_likelihood: 0.0 };
    for window in tokenize(model, text).chunks(WINDOW) {
        context.clear_kv_cache();
        for (part, tokens) in window.chunks(PART).enumerate() {
            if !wanted() {
                bail!("nobody waits for it");
            }
            batch.clear();
            for (index, &token) in tokens.iter().enumerate() {
                batch.add(token, (part * PART + index) as i32, &[SEQUENCE], true)?;
            }
            context.decode(&mut batch).context("llama.cpp could not compute")?;
            let following = &window[part * PART + 1..];
            for (index, next) in following.iter().take(tokens.len()).enumerate() {
                sum.log_likelihood += log_probability(context.get_logits_ith(index as i32), *next);
                sum.tokens += 1;
            }
        }
    }
    Ok(sum)
}

fn log_probability(logits: &[f32], token: LlamaToken) -> f64 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let all: f64 = logits.iter().map(|logit| f64::from(logit - most).exp()).sum();
    f64::from(logits[token.0 as usize] - most) - all.ln()
}

fn made<'a, E: std::error::Error + Send + Sync + 'static>(
    context: Result<LlamaContext<'a>, E>,
) -> anyhow::Result<LlamaContext<'a>> {
    context.map_err(|error| with_reason(anyhow!(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_a_share_of_all() {
        let logits = [1.0_f32, 1.0, 1.0, 1.0];
        let each = log_probability(&logits, LlamaToken::new(2));
        assert!((each - 0.25_f64.ln()).abs() < 1e-12);
        let sure = log_probability(&[0.0, 100.0], LlamaToken::new(1));
        assert!(sure.abs() < 1e-12);
    }

    #[test]
    fn a_point_has_the_length_one() {
        assert_eq!(of_length_one(&[3.0, 4.0]), [0.6, 0.8]);
        assert_eq!(of_length_one(&[0.0, 0.0]), [0.0, 0.0]);
    }
}
