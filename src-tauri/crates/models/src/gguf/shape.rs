//! What every runtime needs of a file.

use super::error::{Reason, Refusal};
use super::metadata::{CHAT_TEMPLATE, Kind, Metadata, range};

type Result<T> = std::result::Result<T, Refusal>;

/// The longest context accepted, tokens. mistral.rs computes a table of
/// rotations for all of it when it loads, so that one number could exhaust
/// the memory.
pub(super) const MOST_CONTEXT: u64 = 4 << 20;
/// The widest attention head accepted; 64 to 576 are in use.
pub(super) const MOST_HEAD: u64 = 1024;

/// The sizes a file states; those of heads are absent where they differ from
/// block to block, or where there are none.
pub(super) struct Shape {
    /// How many blocks follow each other.
    pub blocks: u64,
    /// Numbers between the blocks, for a token.
    pub embedding: u64,
    /// The longest context, tokens.
    pub context: u64,
    /// Attention heads of a block.
    pub heads: Option<u64>,
    /// Heads that keys and values have.
    pub groups: Option<u64>,
    /// Numbers in a head.
    pub head: Option<u64>,
}

/// A model in one file: mistral.rs insists on as many files as `split.count`
/// says, and llama.cpp would open the others, which nobody has inspected.
pub(super) fn check_split(metadata: &Metadata) -> Result<()> {
    const KEY: &str = "split.count";
    let Some(entry) = metadata.get(KEY) else {
        return Ok(());
    };
    match entry.unsigned(KEY)? {
        1 => Ok(()),
        parts => Err(Refusal::at(entry.offset, Reason::Split(parts))),
    }
}

/// Returns the number of tokens: what is said of each is said of all of them,
/// and what names one names one that is there.
pub(super) fn check_tokens(metadata: &Metadata) -> Result<u64> {
    const TYPES: &str = "tokenizer.ggml.token_type";
    const SCORES: &str = "tokenizer.ggml.scores";
    let tokens = metadata.array("tokenizer.ggml.tokens", Kind::Text, "a list of texts")?;
    for (key, kind, what) in [
        (SCORES, Kind::F32, "a list of 32-bit fractions"),
        (TYPES, Kind::I32, "a list of 32-bit whole numbers"),
    ] {
        let Some(entry) = metadata.get(key) else { continue };
        let length = metadata.array(key, kind, what)?;
        if length != tokens {
            let expected = format!("a list of {tokens}, as many as there are tokens");
            return Err(range(entry.offset, key, format!("a list of {length}"), expected));
        }
    }
    for name in ["eos", "bos", "unknown"] {
        let key = format!("tokenizer.ggml.{name}_token_id");
        let Some(entry) = metadata.get(&key) else {
            continue;
        };
        let token = entry.unsigned(&key)?;
        if token >= tokens {
            let expected = format!("below {tokens}, the number of tokens");
            return Err(range(entry.offset, &key, token, expected));
        }
    }
    match metadata.get(CHAT_TEMPLATE) {
        Some(entry) if entry.kind != Kind::Text => Err(entry.mistyped(CHAT_TEMPLATE, "a text")),
        _ => Ok(tokens),
    }
}
