//! Inspection of folders in the layout of Hugging Face: weights in
//! [safetensors](https://github.com/huggingface/safetensors), `config.json`
//! and `tokenizer.json` beside them.
//!
//! As with [GGUF files](crate::gguf), nothing is believed before it was
//! compared with what is there: headers and JSON are read with bounds, tensors
//! must fill their files exactly, and what the engine would look for must be
//! found. Only headers and JSON are read, never weights.

mod config;
mod error;
mod header;
mod json;

pub use error::{Reason, Refusal};

use crate::Facts;
use crate::candidate::Part;
use config::Config;
use header::Tensor;
use nopenai_domain::Runtime;
use safetensors::tensor::Dtype;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::path::Path;

const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";
const INDEX: &str = "model.safetensors.index.json";
const EMBEDDINGS: &str = "model.embed_tokens.weight";
const OUTPUT: &str = "lm_head.weight";

/// Inspects a folder.
///
/// # Errors
/// What is wrong with it, or with which of its files.
pub fn inspect(folder: &Path) -> Result<Facts, Refusal> {
    inspect_parts(folder, &crate::candidate::parts(folder).map_err(Reason::from)?)
}

/// Inspects a folder whose files were listed.
pub(crate) fn inspect_parts(folder: &Path, parts: &[Part]) -> Result<Facts, Refusal> {
    check_presence(parts)?;
    let config = json::read(folder, CONFIG)?;
    let config = Config::read(&config).map_err(|reason| Refusal::of(CONFIG, reason))?;
    let weights = weights(folder, parts)?;
    let tensors = read_tensors(folder, parts, &weights)?;
    check_tensors(&config, &tensors)?;
    let tokenizer = json::tokenizer(folder)?;
    let chat_template = json::check_others(folder, parts)?;

    let total = |count: &dyn Fn(&Tensor) -> u64| {
        tensors.values().fold(0_u64, |sum, tensor| sum.saturating_add(count(tensor)))
    };
    let is_quantized = config.quantization.is_some();
    let size = |number| u32::try_from(number).ok();
    Ok(Facts {
        architecture: config.architecture.to_owned(),
        runtimes: vec![Runtime::MistralRs],
        // Packed numbers can't be counted by their tensors.
        parameters: (!is_quantized).then(|| total(&|tensor| tensor.elements)),
        quantization: config.quantization.clone().unwrap_or_else(|| most_common(&tensors)),
        context_length: size(config.context),
        has_chat_template: chat_template.is_some(),
        name: None,
        weight_bytes: total(&|tensor| tensor.bytes),
        loaded_weight_bytes: total(&|tensor| loaded_bytes(tensor, &config)),
        layers: size(config.layers),
        heads: size(config.heads),
        kv_heads: size(config.kv_heads),
        head_dim: size(config.head),
        hidden_size: size(config.hidden),
        feed_forward_size: config.feed_forward.and_then(size),
        vocabulary: size(config.vocabulary),
        licence: json::licence(folder),
        chat_template: chat_template.filter(|template| template.len() <= json::KEPT_TEMPLATE_BYTES),
        tokenizer,
    })
}

/// What must and must not be in the folder, before a byte of it is read.
fn check_presence(parts: &[Part]) -> Result<(), Refusal> {
    let is = |name: &str| parts.iter().any(|part| part.name == name);
    if let Some(part) = parts.iter().find(|part| part.is_pickle()) {
        return Err(Refusal::of(&part.name, Reason::Pickle));
    }
    if let Some(part) = parts.iter().find(|part| part.is_broken) {
        return Err(Refusal::of(&part.name, Reason::Broken));
    }
    // What mistralrs-core 0.8.1 prefers to config.json (`get_paths!`).
    if is("params.json") {
        return Err(Refusal::of("params.json", Reason::Foreign));
    }
    match [CONFIG, TOKENIZER].into_iter().find(|name| !is(name)) {
        Some(name) => Err(Reason::Missing(name).into()),
        None => Ok(()),
    }
}

/// The files the engine would take for the model's weights (mistralrs-core
/// 0.8.1, `get_model_paths`), all of them there.
fn weights(folder: &Path, parts: &[Part]) -> Result<Vec<String>, Refusal> {
    let names = parts.iter().map(|part| part.name.as_str());
    let weights: Vec<_> = names.filter(|name| is_weights(name)).map(str::to_owned).collect();
    let expected: Vec<String> = if parts.iter().any(|part| part.name == INDEX) {
        json::shards(folder, INDEX)?
    } else {
        weights.iter().filter_map(|name| shard(name)).flat_map(all_shards).collect()
    };
    let missing: HashSet<_> = expected.into_iter().filter(|name| !weights.contains(name)).collect();
    let mut missing: Vec<_> = missing.into_iter().collect();
    missing.sort();
    if !missing.is_empty() {
        return Err(Reason::Shards(missing).into());
    }
    if weights.is_empty() {
        return Err(Reason::NoWeights.into());
    }
    Ok(weights)
}

fn is_weights(name: &str) -> bool {
    name.ends_with("model.safetensors")
        || name.ends_with("consolidated.safetensors")
        || shard(name).is_some()
}

/// "model-00002-of-00003.safetensors": what stands before the numbers, how
/// many digits they have, and the 3.
fn shard(name: &str) -> Option<(&str, usize, u32)> {
    const MOST_SHARDS: u32 = 4096;
    let (rest, parts) = name.strip_suffix(".safetensors")?.rsplit_once("-of-")?;
    let (before, part) = rest.rsplit_once('-')?;
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let parts_number = parts.parse().ok().filter(|&parts| parts <= MOST_SHARDS)?;
    (before.ends_with("model") && is_number(part) && is_number(parts)).then_some((
        before,
        parts.len(),
        parts_number,
    ))
}

fn all_shards((before, digits, parts): (&str, usize, u32)) -> impl Iterator<Item = String> {
    (1..=parts).map(move |part| format!("{before}-{part:0digits$}-of-{parts:0digits$}.safetensors"))
}

/// The tensors of all files by name.
fn read_tensors(
    folder: &Path,
    parts: &[Part],
    weights: &[String],
) -> Result<HashMap<String, Tensor>, Refusal> {
    const MOST_TENSORS: usize = 1 << 20;
    let mut tensors = HashMap::new();
    for part in parts.iter().filter(|part| weights.contains(&part.name)) {
        let refuse = |reason: Reason| Refusal::of(&part.name, reason);
        let file = File::open(folder.join(&part.name)).map_err(|error| refuse(error.into()))?;
        let length = file.metadata().map_err(|error| refuse(error.into()))?.len();
        for tensor in header::read(file, length).map_err(refuse)? {
            let name = tensor.name.clone();
            if tensors.insert(name.clone(), tensor).is_some() {
                return Err(refuse(Reason::DuplicateTensor(crate::name::shown(&name))));
            }
        }
        if tensors.len() > MOST_TENSORS {
            let (claimed, most) = (tensors.len() as u64, MOST_TENSORS as u64);
            return Err(refuse(Reason::TooMuch {
                what: "The number of all files' tensors",
                claimed,
                most,
            }));
        }
    }
    Ok(tensors)
}

/// The tensors that models of every architecture have.
fn check_tensors(config: &Config, tensors: &HashMap<String, Tensor>) -> Result<(), Refusal> {
    let need = |name: &str| {
        tensors.get(name).ok_or_else(|| Refusal::from(Reason::TensorMissing(name.to_owned())))
    };
    let mut matrices = vec![EMBEDDINGS];
    if !config.tied {
        matrices.push(OUTPUT);
    }
    for name in matrices {
        let tensor = need(name)?;
        let expected = [config.vocabulary, config.hidden];
        let is_right = tensor.shape.iter().map(|&size| size as u64).eq(expected);
        if !is_right && config.quantization.is_none() {
            return Err(Refusal::from(Reason::TensorShape {
                tensor: name.to_owned(),
                shape: tensor.shape_shown(),
                expected: format!("{} × {}", config.vocabulary, config.hidden),
            }));
        }
    }
    need(config.norm)?;
    let layers: HashSet<u64> = tensors.keys().filter_map(|name| layer(name)).collect();
    match (0..config.layers).find(|layer| !layers.contains(layer)) {
        Some(layer) => Err(Reason::TensorMissing(format!("model.layers.{layer}.…")).into()),
        None => Ok(()),
    }
}

fn layer(name: &str) -> Option<u64> {
    name.strip_prefix("model.layers.")?.split_once('.')?.0.parse().ok()
}

/// See [`Facts::loaded_weight_bytes`]: what is a fraction becomes F32, and an
/// output matrix is left out where the embeddings take its place.
fn loaded_bytes(tensor: &Tensor, config: &Config) -> u64 {
    if config.tied && tensor.name == OUTPUT {
        return 0;
    }
    match tensor.kind {
        Dtype::F16 | Dtype::BF16 | Dtype::F32 | Dtype::F64 => tensor.elements.saturating_mul(4),
        _ => tensor.bytes,
    }
}

/// The type that takes the most bytes.
fn most_common(tensors: &HashMap<String, Tensor>) -> String {
    let mut bytes = BTreeMap::new();
    for tensor in tensors.values() {
        *bytes.entry(tensor.kind).or_insert(0_u64) += tensor.bytes;
    }
    let most = bytes.into_iter().max_by_key(|&(_, bytes)| bytes);
    most.map_or_else(|| "unknown".to_owned(), |(kind, _)| kind.to_string())
}
