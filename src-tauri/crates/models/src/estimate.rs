//! The memory a model needs, before it is loaded.

use crate::Facts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Keys and values are kept as F32 on a CPU.
const NUMBER_BYTES: u64 = 4;
/// The worker's process without a model: its code, threads and allocator,
/// measured on Linux.
const PROCESS_BYTES: u64 = 60_000_000;

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
    let workspace =
        PROCESS_BYTES + context * (feed_forward + hidden + heads * head_dim) * NUMBER_BYTES;
    Some(MemoryEstimate {
        weights_bytes: weights,
        kv_cache_bytes: kv_cache,
        workspace_bytes: workspace,
        total_bytes: weights.saturating_add(kv_cache).saturating_add(workspace),
    })
}
