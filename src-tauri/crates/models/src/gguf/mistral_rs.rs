//! What mistral.rs' loader needs of a file: where it would panic, allocate
//! without bound, or refuse in words nobody understands, the file is refused
//! here. Follows mistralrs-core 0.8.1: `gguf/`, `utils/gguf_metadata.rs` and
//! `models/quantized_*.rs`.

use super::architecture::{Architecture, EXPERTS, Experts, GATED};
use super::error::{Reason, Refusal, shown};
use super::metadata::{Kind, Metadata, Value, range};
use super::shape::{self, MOST_CONTEXT, MOST_HEAD, Shape};
use super::tensor::Tensor;
use std::collections::HashMap;

type Result<T> = std::result::Result<T, Refusal>;

/// Checks everything and returns the sizes.
pub(super) fn check(
    architecture: &Architecture,
    metadata: &Metadata,
    tensors: &[Tensor],
) -> Result<Shape> {
    shape::check_split(metadata)?;
    let tokens = check_tokenizer(metadata)?;
    let sizes = Sizes::read(architecture, metadata)?;
    let index = Index {
        by_name: tensors.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect(),
        end: tensors.last().map_or(0, |tensor| tensor.offset),
    };
    check_types(tensors)?;
    check_tensors(architecture, &sizes, tokens, &index)?;
    Ok(Shape {
        blocks: sizes.blocks,
        embedding: sizes.embedding,
        context: sizes.context,
        heads: Some(sizes.heads),
        groups: Some(sizes.groups),
        head: Some(sizes.head),
    })
}

/// Returns the number of tokens. The loader unwraps their types and the number
/// of the one that ends a sequence.
fn check_tokenizer(metadata: &Metadata) -> Result<u64> {
    const MODEL: &str = "tokenizer.ggml.model";
    const EOS: &str = "tokenizer.ggml.eos_token_id";

    let tokens = shape::check_tokens(metadata)?;
    match metadata.text(MODEL)? {
        "llama" | "replit" => {
            metadata.need("tokenizer.ggml.scores")?;
        }
        "gpt2" => {
            metadata.array("tokenizer.ggml.merges", Kind::Text, "a list of texts")?;
        }
        other => {
            let offset = metadata.need(MODEL)?.offset;
            return Err(Refusal::at(offset, Reason::Tokenizer(shown(other))));
        }
    }
    let eos = metadata.need(EOS)?;
    if eos.kind == Kind::U32 {
        Ok(tokens)
    } else {
        Err(eos.mistyped(EOS, "a 32-bit unsigned number"))
    }
}

/// The sizes the metadata states, each checked against the others.
struct Sizes {
    /// How many blocks follow each other.
    blocks: u64,
    /// Numbers between the blocks, for a token.
    embedding: u64,
    /// Attention heads of a block.
    heads: u64,
    /// Heads that keys and values have.
    groups: u64,
    /// Numbers in a head.
    head: u64,
    /// The longest context, tokens.
    context: u64,
    experts: u64,
}

impl Sizes {
    fn read(architecture: &Architecture, metadata: &Metadata) -> Result<Self> {
        let key = |name: &str| format!("{}.{name}", architecture.name);
        let size = |name: &str| metadata.size(&key(name));
        let place = |name: &str| metadata.get(&key(name)).map_or(0, |entry| entry.offset);
        let wrong = |name: &str, value: u64, expected: String| {
            Err(range(place(name), &key(name), value, expected))
        };
        let optional = |name: &str| match metadata.get(&key(name)) {
            Some(entry) => entry.unsigned(&key(name)).map(Some),
            None => Ok(None),
        };

        let blocks = size("block_count")?;
        let embedding = size("embedding_length")?;
        for name in architecture.sizes {
            size(name)?;
        }

        let heads = size("attention.head_count")?;
        if heads > embedding {
            let expected = format!("at most {embedding}, the embedding's length");
            return wrong("attention.head_count", heads, expected);
        }
        let groups = size("attention.head_count_kv")?;
        if heads % groups != 0 {
            let expected = format!("a divisor of {heads}, the number of heads");
            return wrong("attention.head_count_kv", groups, expected);
        }

        let head = embedding / heads;
        let keys = optional("attention.key_length")?.unwrap_or(head);
        if !(1..=MOST_HEAD).contains(&keys) {
            let name = "attention.key_length";
            return wrong(name, keys, format!("1 to {MOST_HEAD}"));
        }
        let values = optional("attention.value_length")?.unwrap_or(head);
        if values != keys {
            let expected = format!("{keys}, the length of the keys");
            return wrong("attention.value_length", values, expected);
        }
        match optional("rope.dimension_count")? {
            Some(rotated) if !(1..=keys).contains(&rotated) => {
                return wrong("rope.dimension_count", rotated, format!("1 to {keys}"));
            }
            _ => {}
        }

        let name = key("context_length");
        let context = metadata.need(&name)?.unsigned(&name)?;
        if !(1..=MOST_CONTEXT).contains(&context) {
            return wrong("context_length", context, format!("1 to {MOST_CONTEXT}"));
        }

        let name = key(architecture.epsilon);
        let epsilon = metadata.need(&name)?;
        match epsilon.value {
            Value::Float(value) if epsilon.kind == Kind::F32 => {
                if !(value.is_finite() && value >= 0.0) {
                    return Err(range(epsilon.offset, &name, value, "0 or above"));
                }
            }
            _ => return Err(epsilon.mistyped(&name, "a 32-bit fraction")),
        }

        let experts = match architecture.experts {
            Experts::Never => 0,
            Experts::Possible => match optional("expert_count")? {
                Some(2..) => size("expert_count")?,
                _ => 0,
            },
            Experts::Always => size("expert_count")?,
        };
        if experts > 0 {
            let used = size("expert_used_count")?;
            if used > experts {
                let expected = format!("at most {experts}, the number of experts");
                return wrong("expert_used_count", used, expected);
            }
        }
        Ok(Self { blocks, embedding, heads, groups, head: keys, context, experts })
    }
}

/// The types candle computes with.
fn check_types(tensors: &[Tensor]) -> Result<()> {
    match tensors.iter().find(|tensor| !tensor.kind.is_candles) {
        Some(tensor) => Err(tensor.unsupported()),
        None => Ok(()),
    }
}

/// The tensors by name.
struct Index<'a> {
    by_name: HashMap<&'a str, &'a Tensor>,
    end: u64,
}

impl Index<'_> {
    fn need(&self, name: &str) -> Result<&Tensor> {
        self.by_name
            .get(name)
            .copied()
            .ok_or_else(|| Refusal::at(self.end, Reason::TensorMissing(name.to_owned())))
    }
}

fn check_tensors(
    architecture: &Architecture,
    sizes: &Sizes,
    tokens: u64,
    index: &Index<'_>,
) -> Result<()> {
    let embedding = index.need("token_embd.weight")?;
    if !matches!(embedding.shape[..], [width, rows] if width == sizes.embedding && rows >= tokens) {
        let expected = format!("{} × {tokens}, for the tokens", sizes.embedding);
        return Err(embedding.misshapen(expected));
    }
    index.need("output_norm.weight")?;
    for name in architecture.tensors {
        index.need(name)?;
    }
    // Ends at the first absent block, however many are claimed.
    for block in 0..sizes.blocks {
        let name = |part: &str| format!("blk.{block}.{part}");
        for part in architecture.block.iter().copied().flatten() {
            index.need(&name(part))?;
        }
        for part in architecture.quantized {
            let tensor = index.need(&name(part))?;
            if tensor.kind.is_plain() {
                return Err(tensor.unsupported());
            }
        }
        match architecture.experts {
            Experts::Possible if sizes.experts == 0 => {
                for part in GATED {
                    index.need(&name(part))?;
                }
            }
            Experts::Possible | Experts::Always => {
                check_experts(architecture, sizes, index, name)?;
            }
            Experts::Never => {}
        }
    }
    Ok(())
}

/// The experts' matrices: stacked, or (in early files) one by one.
fn check_experts(
    architecture: &Architecture,
    sizes: &Sizes,
    index: &Index<'_>,
    name: impl Fn(&str) -> String,
) -> Result<()> {
    index.need(&name("ffn_gate_inp.weight"))?;
    let separate = architecture.experts == Experts::Possible
        && !index.by_name.contains_key(name("ffn_gate_exps.weight").as_str());
    for part in EXPERTS {
        if separate {
            for expert in 0..sizes.experts {
                index.need(&name(&format!("{part}.{expert}.weight")))?;
            }
        } else {
            let tensor = index.need(&name(&format!("{part}_exps.weight")))?;
            if !matches!(tensor.shape[..], [_, _, experts] if experts == sizes.experts) {
                let expected = format!("a stack of {} matrices, one for an expert", sizes.experts);
                return Err(tensor.misshapen(expected));
            }
        }
    }
    Ok(())
}
