//! What llama.cpp needs of a file, as far as that can be told before it reads
//! it: sizes it would abort on or take without bound, and tensors it would miss.
//! Follows llama.cpp as llama-cpp-2 0.1.160 has it: `src/llama-arch.cpp`,
//! `llama-model.cpp`, `llama-vocab.cpp` and `models/`.

use super::error::{Reason, Refusal, shown};
use super::metadata::{Kind, Metadata, Value, range};
use super::shape::{self, MOST_CONTEXT, MOST_HEAD, Shape};
use super::tensor::Tensor;
use std::collections::HashMap;

type Result<T> = std::result::Result<T, Refusal>;

/// The most blocks (`LLAMA_MAX_LAYERS`).
const MOST_BLOCKS: u64 = 512;

/// The architectures that make text from text. Encoders, decoders of images and
/// sound, and models that don't write from left to right are left out.
const ARCHITECTURES: &[&str] = &[
    "afmoe",
    "apertus",
    "arcee",
    "arctic",
    "arwkv7",
    "baichuan",
    "bailingmoe",
    "bailingmoe2",
    "bitnet",
    "bloom",
    "chatglm",
    "codeshell",
    "cohere2",
    "command-r",
    "dbrx",
    "deci",
    "deepseek",
    "deepseek2",
    "dots1",
    "ernie4_5",
    "ernie4_5-moe",
    "exaone",
    "exaone-moe",
    "exaone4",
    "falcon",
    "falcon-h1",
    "gemma",
    "gemma2",
    "gemma3",
    "gemma3n",
    "gemma4",
    "glm4",
    "glm4moe",
    "gpt-oss",
    "gpt2",
    "gptneox",
    "granite",
    "granitehybrid",
    "granitemoe",
    "grok",
    "grovemoe",
    "hunyuan-dense",
    "hunyuan-moe",
    "internlm2",
    "jais",
    "jais2",
    "jamba",
    "kimi-linear",
    "lfm2",
    "lfm2moe",
    "llama",
    "llama4",
    "mamba",
    "mamba2",
    "mellum",
    "minicpm",
    "minicpm3",
    "minimax-m2",
    "mistral3",
    "mistral4",
    "mpt",
    "nemotron",
    "nemotron_h",
    "nemotron_h_moe",
    "olmo",
    "olmo2",
    "olmoe",
    "openelm",
    "orion",
    "phi2",
    "phi3",
    "phimoe",
    "plamo",
    "plamo2",
    "plm",
    "qwen",
    "qwen2",
    "qwen2moe",
    "qwen3",
    "qwen35",
    "qwen35moe",
    "qwen3moe",
    "qwen3next",
    "refact",
    "rwkv6",
    "rwkv6qwen2",
    "rwkv7",
    "seed_oss",
    "smallthinker",
    "smollm3",
    "stablelm",
    "starcoder",
    "starcoder2",
    "xverse",
];

const NORMS: &[&str] = &["attn_norm.weight", "ffn_norm.weight"];
const HEAD_NORMS: &[&str] = &["attn_q_norm.weight", "attn_k_norm.weight"];
const POST_NORMS: &[&str] = &["post_attention_norm.weight", "post_ffw_norm.weight"];
const OUTPUT: &[&str] = &["attn_output.weight"];
const GATED: &[&str] = &["ffn_gate.weight", "ffn_up.weight", "ffn_down.weight"];
const BIASED: &[&str] = &["ffn_up.weight", "ffn_up.bias", "ffn_down.weight", "ffn_down.bias"];
const EXPERTS: &[&str] =
    &["ffn_gate_inp.weight", "ffn_gate_exps.weight", "ffn_up_exps.weight", "ffn_down_exps.weight"];

/// Tensors of each block of the architectures most files have; what the others
/// need is left to llama.cpp, which refuses them by a tensor's name.
const BLOCKS: &[(&str, &[&[&str]])] = &[
    ("llama", &[NORMS, OUTPUT, GATED]),
    ("mistral3", &[NORMS, OUTPUT, GATED]),
    ("qwen2", &[NORMS, OUTPUT, GATED]),
    ("qwen3", &[NORMS, OUTPUT, GATED, HEAD_NORMS]),
    ("qwen3moe", &[NORMS, OUTPUT, EXPERTS, HEAD_NORMS]),
    ("gemma", &[NORMS, OUTPUT, GATED]),
    ("gemma2", &[NORMS, OUTPUT, GATED, POST_NORMS]),
    ("gemma3", &[NORMS, OUTPUT, GATED, HEAD_NORMS, POST_NORMS]),
    ("phi2", &[&["attn_norm.weight", "attn_norm.bias"], OUTPUT, BIASED]),
    ("starcoder2", &[NORMS, &["attn_norm.bias", "ffn_norm.bias"], OUTPUT, BIASED]),
    ("phi3", &[NORMS, OUTPUT, &["attn_qkv.weight", "ffn_up.weight", "ffn_down.weight"]]),
];

/// Tensors of each block, where they are known here.
fn blocks_of(architecture: &str) -> Option<&'static [&'static [&'static str]]> {
    BLOCKS.iter().find(|(known, _)| *known == architecture).map(|(_, parts)| *parts)
}

/// Whether it runs an architecture.
pub(super) fn runs(architecture: &str) -> bool {
    ARCHITECTURES.contains(&architecture)
}

/// The names of those that run.
pub(super) fn names() -> String {
    ARCHITECTURES.join(", ")
}

/// Checks everything and returns the sizes.
pub(super) fn check(architecture: &str, metadata: &Metadata, tensors: &[Tensor]) -> Result<Shape> {
    shape::check_split(metadata)?;
    let tokens = check_tokenizer(metadata)?;
    let sizes = Sizes { architecture, metadata };
    let shape = sizes.read()?;
    let index: HashMap<&str, &Tensor> =
        tensors.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
    let end = tensors.last().map_or(0, |tensor| tensor.offset);
    let need = |name: &str| {
        let missing = || Refusal::at(end, Reason::TensorMissing(name.to_owned()));
        index.get(name).copied().ok_or_else(missing)
    };
    let embedding = need("token_embd.weight")?;
    if embedding.shape != [shape.embedding, tokens] {
        let expected = format!("{} × {tokens}, for the tokens", shape.embedding);
        return Err(embedding.misshapen(expected));
    }
    if let Some(parts) = blocks_of(architecture) {
        sizes.feed_forward()?;
        need("output_norm.weight")?;
        let experts = sizes.optional("expert_count")?.unwrap_or(0);
        for block in 0..shape.blocks {
            let name = |part: &str| format!("blk.{block}.{part}");
            for parts in parts {
                // Experts stand in the place of the one feed-forward part.
                let parts = if experts > 0 && *parts == GATED { EXPERTS } else { parts };
                for part in parts.iter() {
                    let tensor = need(&name(part))?;
                    if part.ends_with("_exps.weight") && tensor.shape.get(2) != Some(&experts) {
                        let expected = format!("a stack of {experts} matrices, one for an expert");
                        return Err(tensor.misshapen(expected));
                    }
                }
            }
            if !index.contains_key(name("attn_qkv.weight").as_str()) {
                for part in ["attn_q.weight", "attn_k.weight", "attn_v.weight"] {
                    need(&name(part))?;
                }
            }
        }
    }
    check_blocks(shape.blocks, tensors, end)?;
    Ok(shape)
}

/// Each block has something: a small file can't claim many.
fn check_blocks(blocks: u64, tensors: &[Tensor], end: u64) -> Result<()> {
    let mut present = vec![false; blocks as usize];
    for tensor in tensors {
        let number = tensor.name.strip_prefix("blk.").and_then(|rest| rest.split_once('.'));
        if let Some(place) = number
            .and_then(|(number, _)| number.parse::<usize>().ok())
            .and_then(|number| present.get_mut(number))
        {
            *place = true;
        }
    }
    match present.iter().position(|present| !present) {
        Some(block) => Err(Refusal::at(end, Reason::TensorMissing(format!("blk.{block}")))),
        None => Ok(()),
    }
}

/// Returns the number of tokens.
fn check_tokenizer(metadata: &Metadata) -> Result<u64> {
    const MODEL: &str = "tokenizer.ggml.model";
    let tokens = shape::check_tokens(metadata)?;
    match metadata.text(MODEL)? {
        "llama" | "plamo2" | "rwkv" => {}
        "gpt2" | "gemma4" => {
            metadata.array("tokenizer.ggml.merges", Kind::Text, "a list of texts")?;
        }
        other => {
            let offset = metadata.need(MODEL)?.offset;
            return Err(Refusal::at(offset, Reason::Tokenizer(shown(other))));
        }
    }
    Ok(tokens)
}

struct Sizes<'a> {
    architecture: &'a str,
    metadata: &'a Metadata,
}

impl Sizes<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.architecture)
    }

    fn wrong<T>(&self, name: &str, value: u64, expected: String) -> Result<T> {
        let offset = self.metadata.get(&self.key(name)).map_or(0, |entry| entry.offset);
        Err(range(offset, &self.key(name), value, expected))
    }

    /// A number that may be absent, or stand in a list with one for each block:
    /// absent then as well.
    fn optional(&self, name: &str) -> Result<Option<u64>> {
        let key = self.key(name);
        match self.metadata.get(&key) {
            None => Ok(None),
            Some(entry) => match entry.value {
                Value::Unsigned(number) if entry.kind == Kind::U32 => Ok(Some(number)),
                Value::Array { of: Kind::U32 | Kind::I32 | Kind::Bool, length } => {
                    let blocks = self.metadata.size(&self.key("block_count"))?;
                    if length == blocks {
                        Ok(None)
                    } else {
                        Err(range(
                            entry.offset,
                            &key,
                            format!("a list of {length}"),
                            format!("a list of {blocks}, one for each block"),
                        ))
                    }
                }
                _ => Err(entry.mistyped(&key, "a 32-bit unsigned number")),
            },
        }
    }

    fn feed_forward(&self) -> Result<()> {
        let key = self.key("feed_forward_length");
        self.metadata.need(&key)?;
        match self.optional("feed_forward_length")? {
            Some(0) => self.wrong("feed_forward_length", 0, "above 0".to_owned()),
            _ => Ok(()),
        }
    }

    fn read(&self) -> Result<Shape> {
        let blocks = self.metadata.size(&self.key("block_count"))?;
        if blocks > MOST_BLOCKS {
            return self.wrong("block_count", blocks, format!("1 to {MOST_BLOCKS}"));
        }
        let embedding = self.metadata.size(&self.key("embedding_length"))?;
        let context = self.metadata.size(&self.key("context_length"))?;
        if context > MOST_CONTEXT {
            return self.wrong("context_length", context, format!("1 to {MOST_CONTEXT}"));
        }
        let heads = self.optional("attention.head_count")?;
        if heads == Some(0) && blocks_of(self.architecture).is_some() {
            return self.wrong("attention.head_count", 0, "above 0".to_owned());
        }
        // 0 in models without attention.
        let heads = heads.filter(|&heads| heads > 0);
        if let Some(heads) = heads.filter(|&heads| heads > embedding) {
            let expected = format!("at most {embedding}, the embedding's length");
            return self.wrong("attention.head_count", heads, expected);
        }
        let groups = match self.metadata.get(&self.key("attention.head_count_kv")) {
            Some(_) => self.optional("attention.head_count_kv")?,
            None => heads,
        };
        if let (Some(heads), Some(groups)) = (heads, groups)
            && (groups == 0 || heads % groups != 0)
        {
            let expected = format!("a divisor of {heads}, the number of heads");
            return self.wrong("attention.head_count_kv", groups, expected);
        }
        let head = self.head(embedding, heads)?;
        self.check_epsilon()?;
        self.check_experts()?;
        Ok(Shape { blocks, embedding, context, heads, groups, head })
    }

    /// Numbers in a head.
    fn head(&self, embedding: u64, heads: Option<u64>) -> Result<Option<u64>> {
        let usual = heads.map(|heads| embedding / heads);
        let mut lengths = [usual; 2];
        for (length, name) in
            lengths.iter_mut().zip(["attention.key_length", "attention.value_length"])
        {
            if let Some(stated) = self.optional(name)? {
                if !(1..=MOST_HEAD).contains(&stated) {
                    return self.wrong(name, stated, format!("1 to {MOST_HEAD}"));
                }
                *length = Some(stated);
            }
        }
        let [keys, values] = lengths;
        // llama.cpp aborts where these build no attention.
        let alike = blocks_of(self.architecture).is_some();
        if let (Some(keys), Some(values)) = (keys, values)
            && alike
            && keys != values
        {
            let expected = format!("{keys}, the length of the keys");
            return self.wrong("attention.value_length", values, expected);
        }
        if let (Some(keys), Some(rotated)) = (keys, self.optional("rope.dimension_count")?)
            && (rotated > keys || alike && rotated == 0)
        {
            return self.wrong("rope.dimension_count", rotated, format!("1 to {keys}"));
        }
        Ok(keys)
    }

    /// The norms' epsilon, by either of its names.
    fn check_epsilon(&self) -> Result<()> {
        for name in ["attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon"] {
            let key = self.key(name);
            let Some(entry) = self.metadata.get(&key) else { continue };
            match entry.value {
                Value::Float(value) if entry.kind == Kind::F32 => {
                    if value.is_finite() && value >= 0.0 {
                        return Ok(());
                    }
                    return Err(range(entry.offset, &key, value, "0 or above"));
                }
                _ => return Err(entry.mistyped(&key, "a 32-bit fraction")),
            }
        }
        self.metadata.need(&self.key("attention.layer_norm_rms_epsilon")).map(|_| ())
    }

    fn check_experts(&self) -> Result<()> {
        let experts = self.optional("expert_count")?.unwrap_or(0);
        let used = self.optional("expert_used_count")?.unwrap_or(0);
        if used > experts || (experts > 0 && used == 0) {
            let expected = format!("1 to {experts}, the number of experts");
            return self.wrong("expert_used_count", used, expected);
        }
        Ok(())
    }
}
