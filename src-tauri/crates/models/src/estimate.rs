//! The memory a model needs, before it is loaded.

use crate::Facts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Keys and values are kept as F32 on a CPU.
const NUMBER_BYTES: u64 = 4;
/// The worker's process without a model: its code, threads and allocator,
/// measured on Linux.
const PROCESS_BYTES: u64 = 60_000_000;
/// A word of the tokenizer: its spelling and merges, in both directions.
/// Measured with a vocabulary of 49,152 by byte pairs.
const WORD_BYTES: u64 = 930;

/// The memory of the process that holds a model, at its most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemoryEstimate {
    /// The weights as the engine holds them, bytes.
    pub weights_bytes: u64,
    /// Keys and values of a full context, bytes.
    pub kv_cache_bytes: u64,
    /// What computing takes beside them, bytes.
    pub workspace_bytes: u64,
    /// All of it, bytes.
    pub total_bytes: u64,
}

/// Estimates the memory of a model whose context of `context_length` tokens is
/// filled by one prompt. None when its files don't tell its sizes.
pub fn memory(facts: &Facts, context_length: u32) -> Option<MemoryEstimate> {
    let size = |number: Option<u32>| number.map(u64::from);
    let context = u64::from(context_length);
    let (layers, kv_heads) = (size(facts.layers)?, size(facts.kv_heads)?);
    let (heads, head_dim) = (size(facts.heads)?, size(facts.head_dim)?);
    let hidden = size(facts.hidden_size)?;
    let kv_cache = 2 * layers * kv_heads * head_dim * context * NUMBER_BYTES;
    let weights = facts.loaded_weight_bytes;
    let feed_forward = size(facts.feed_forward_size).unwrap_or(4 * hidden);
    // Of one layer: gate, up, its activation and their product; the residual
    // stream with its norms and sums; queries and attention, keys and values.
    let activations = 4 * feed_forward + 6 * hidden + 2 * (heads + kv_heads) * head_dim;
    let tokenizer = size(facts.vocabulary).unwrap_or(0) * WORD_BYTES;
    let workspace = PROCESS_BYTES + tokenizer + context * activations * NUMBER_BYTES;
    Some(MemoryEstimate {
        weights_bytes: weights,
        kv_cache_bytes: kv_cache,
        workspace_bytes: workspace,
        total_bytes: weights.saturating_add(kv_cache).saturating_add(workspace),
    })
}
