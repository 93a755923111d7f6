//! The memory a model needs, before it is loaded.

use crate::Facts;
use nopenai_domain::Runtime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What differs between the runtimes on a CPU. The process without a model
/// (its code, threads and allocator) and a word of the tokenizer (its spelling
/// and merges, in both directions) were measured on Linux, with a vocabulary of
/// 49,152 by byte pairs.
struct Habits {
    process_bytes: u64,
    word_bytes: u64,
    /// A number among keys and values.
    kept_bytes: u64,
    /// The least context that memory is taken for, tokens.
    least_context: u64,
    /// Tokens of a prompt that are computed together; absent: all of them.
    batch: Option<u64>,
}

/// Keys and values as F32.
const MISTRAL_RS: Habits = Habits {
    process_bytes: 60_000_000,
    word_bytes: 930,
    kept_bytes: 4,
    least_context: 0,
    batch: None,
};

/// Keys and values as F16.
const LLAMA_CPP: Habits = Habits {
    process_bytes: 30_000_000,
    word_bytes: 400,
    kept_bytes: 2,
    least_context: 1024,
    batch: Some(128),
};

/// Activations are F32.
const NUMBER_BYTES: u64 = 4;

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

/// Estimates the memory of a model in `runtime` whose context of
/// `context_length` tokens is filled by one prompt. None when its files don't
/// tell its sizes.
pub fn memory(facts: &Facts, context_length: u32, runtime: Runtime) -> Option<MemoryEstimate> {
    let (habits, weights) = match runtime {
        Runtime::MistralRs => (MISTRAL_RS, facts.loaded_weight_bytes),
        Runtime::LlamaCpp => (LLAMA_CPP, facts.weight_bytes),
    };
    let size = |number: Option<u32>| number.map(u64::from);
    let context = u64::from(context_length);
    let (layers, kv_heads) = (size(facts.layers)?, size(facts.kv_heads)?);
    let (heads, head_dim) = (size(facts.heads)?, size(facts.head_dim)?);
    let hidden = size(facts.hidden_size)?;
    let kept = context.max(habits.least_context);
    let kv_cache = 2 * layers * kv_heads * head_dim * kept * habits.kept_bytes;
    let feed_forward = size(facts.feed_forward_size).unwrap_or(4 * hidden);
    // Of one layer: gate, up, its activation and their product; the residual
    // stream with its norms and sums; queries and attention, keys and values.
    let activations = 4 * feed_forward + 6 * hidden + 2 * (heads + kv_heads) * head_dim;
    let tokenizer = size(facts.vocabulary).unwrap_or(0) * habits.word_bytes;
    let computed = context.min(habits.batch.unwrap_or(u64::MAX));
    let workspace = habits.process_bytes + tokenizer + computed * activations * NUMBER_BYTES;
    Some(MemoryEstimate {
        weights_bytes: weights,
        kv_cache_bytes: kv_cache,
        workspace_bytes: workspace,
        total_bytes: weights.saturating_add(kv_cache).saturating_add(workspace),
    })
}
