//! Inspection of GGUF files (the format of ggml-org/ggml, `docs/gguf.md`).
//!
//! A model file comes from strangers. Before the engine opens it, [`inspect`]
//! reads its header with bounds on everything: no length is believed before it
//! was compared with what is left of the file, memory stays within a few tens
//! of megabytes whatever the file claims, and work is linear in a header of at
//! most 256 MiB. A file that passes is whole, and one that at least one runtime
//! can load: `mistral_rs` and `llama_cpp` each say whether they can.

mod architecture;
mod error;
mod llama_cpp;
mod metadata;
mod mistral_rs;
mod reader;
mod shape;
mod tensor;

pub use error::{Reason, Refusal};

use crate::Facts;
use error::shown;
use metadata::{CHAT_TEMPLATE, Metadata, Value};
use nopenai_domain::Runtime;
use reader::Reader;
use shape::Shape;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use tensor::Tensor;

/// Inspects a file.
///
/// # Errors
/// What is wrong with it, and where.
pub fn inspect(path: &Path) -> Result<Facts, Refusal> {
    let unread = |error: std::io::Error| Refusal::unread(error.into());
    // Asked before opening, because opening a pipe would wait for a writer.
    if !path.metadata().map_err(unread)?.is_file() {
        return Err(Refusal::unread(Reason::NotAFile));
    }
    let file = File::open(path).map_err(unread)?;
    let length = file.metadata().map_err(unread)?.len();
    inspect_reader(file, length)
}

/// Inspects the `length` bytes that `file` stands at the beginning of.
///
/// # Errors
/// What is wrong with them, and where.
pub fn inspect_reader<R: Read + Seek>(file: R, length: u64) -> Result<Facts, Refusal> {
    let mut reader = Reader::new(file, length);
    read_version(&mut reader)?;
    let tensor_count = tensor::count(&mut reader)?;
    let key_count = Metadata::count(&mut reader)?;
    let metadata = Metadata::read(&mut reader, key_count)?;
    // First, because it is the most telling of all reasons.
    let architecture = architecture(&metadata)?;
    let alignment = alignment(&metadata)?;
    let tensors = tensor::read(&mut reader, tensor_count, alignment)?;
    let (runtimes, shape) = runtimes(architecture, &metadata, &tensors)?;

    let total = |count: fn(&Tensor) -> u64| {
        tensors.iter().fold(0_u64, |sum, tensor| sum.saturating_add(count(tensor)))
    };
    let text = |key| metadata.text(key).ok().map(str::to_owned);
    let size = |number| u32::try_from(number).ok();
    Ok(Facts {
        architecture: architecture.to_owned(),
        runtimes,
        parameters: Some(total(|tensor| tensor.elements)),
        quantization: quantization(&metadata, &tensors).to_owned(),
        context_length: size(shape.context),
        has_chat_template: has_chat_template(&metadata),
        name: text("general.name"),
        weight_bytes: total(|tensor| tensor.bytes),
        loaded_weight_bytes: loaded_weight_bytes(&tensors),
        layers: size(shape.blocks),
        heads: shape.heads.and_then(size),
        kv_heads: shape.groups.and_then(size),
        head_dim: shape.head.and_then(size),
        hidden_size: size(shape.embedding),
        feed_forward_size: feed_forward_size(architecture, &metadata),
        vocabulary: vocabulary(&tensors),
        licence: text("general.license"),
        chat_template: text(CHAT_TEMPLATE).filter(|template| !template.trim().is_empty()),
        tokenizer: text("tokenizer.ggml.model"),
    })
}

/// The architecture a file names, if any runtime knows it.
fn architecture(metadata: &Metadata) -> Result<&str, Refusal> {
    let name = metadata.text(ARCHITECTURE)?;
    if architecture::find(name).is_some() || llama_cpp::runs(name) {
        Ok(name)
    } else {
        Err(unknown(name, metadata))
    }
}

fn unknown(name: &str, metadata: &Metadata) -> Refusal {
    let offset = metadata.get(ARCHITECTURE).map_or(0, |entry| entry.offset);
    let (mistral_rs, llama_cpp) = (architecture::names(), llama_cpp::names());
    let known = format!("with mistral.rs: {mistral_rs}; with llama.cpp: {llama_cpp}");
    Refusal::at(offset, Reason::Architecture { found: shown(name), known })
}

/// Which runtimes can run a model, at least one, and its sizes.
fn runtimes(
    architecture: &str,
    metadata: &Metadata,
    tensors: &[Tensor],
) -> Result<(Vec<Runtime>, Shape), Refusal> {
    let by_mistral_rs = architecture::find(architecture)
        .map(|architecture| mistral_rs::check(architecture, metadata, tensors));
    let by_llama_cpp =
        llama_cpp::runs(architecture).then(|| llama_cpp::check(architecture, metadata, tensors));
    match (by_mistral_rs, by_llama_cpp) {
        (Some(Ok(shape)), Some(Ok(_))) => Ok((Runtime::ALL.to_vec(), shape)),
        (Some(Ok(shape)), _) => Ok((vec![Runtime::MistralRs], shape)),
        (_, Some(Ok(shape))) => Ok((vec![Runtime::LlamaCpp], shape)),
        // Where both refuse, mistral.rs tells more.
        (Some(Err(refusal)), _) | (None, Some(Err(refusal))) => Err(refusal),
        (None, None) => Err(unknown(architecture, metadata)),
    }
}

const ARCHITECTURE: &str = "general.architecture";
const EMBEDDINGS: &str = "token_embd.weight";

/// See [`Facts::loaded_weight_bytes`]. The embeddings are dequantized; without
/// a matrix for the output they are read a second time for it and stay as they
/// are in the file (mistralrs-core 0.8.1, `models/quantized_*.rs`).
fn loaded_weight_bytes(tensors: &[Tensor]) -> u64 {
    let is_tied = !tensors.iter().any(|tensor| tensor.name == "output.weight");
    tensors.iter().fold(0, |sum: u64, tensor| {
        let bytes = match (tensor.name == EMBEDDINGS, is_tied) {
            (true, true) => tensor.dequantized_bytes().saturating_add(tensor.loaded_bytes()),
            (true, false) => tensor.dequantized_bytes(),
            (false, _) => tensor.loaded_bytes(),
        };
        sum.saturating_add(bytes)
    })
}

fn feed_forward_size(architecture: &str, metadata: &Metadata) -> Option<u32> {
    match metadata.get(&format!("{architecture}.feed_forward_length"))?.value {
        Value::Unsigned(size) => u32::try_from(size).ok(),
        _ => None,
    }
}

/// How many tokens the embeddings have, unused ones included.
fn vocabulary(tensors: &[Tensor]) -> Option<u32> {
    let embeddings = tensors.iter().find(|tensor| tensor.name == EMBEDDINGS)?;
    u32::try_from(*embeddings.shape.get(1)?).ok()
}

fn read_version<R: Read + Seek>(reader: &mut Reader<R>) -> Result<(), Refusal> {
    if &reader.bytes::<4>()? != b"GGUF" {
        return Err(Refusal::at(0, Reason::Magic));
    }
    let at = reader.position();
    let reason = match reader.u32()? {
        2 | 3 => return Ok(()),
        version if (1..=3).contains(&version.swap_bytes()) => Reason::BigEndian,
        version => Reason::Version(version),
    };
    Err(Refusal::at(at, reason))
}

/// Each tensor's data begins at a multiple of this, bytes.
fn alignment(metadata: &Metadata) -> Result<u64, Refusal> {
    const KEY: &str = "general.alignment";
    const DEFAULT: u64 = 32;
    let Some(entry) = metadata.get(KEY) else {
        return Ok(DEFAULT);
    };
    let alignment = metadata.size(KEY)?;
    if alignment.is_power_of_two() {
        Ok(alignment)
    } else {
        let expected = "a power of two";
        Err(metadata::range(entry.offset, KEY, alignment, expected))
    }
}

fn has_chat_template(metadata: &Metadata) -> bool {
    match metadata.get(CHAT_TEMPLATE) {
        Some(entry) => match &entry.value {
            Value::Text(Some(text)) => !text.trim().is_empty(),
            Value::Text(None) => true,
            _ => false,
        },
        None => false,
    }
}

/// How the weights are stored, as their maker says (llama.cpp: `llama_ftype`),
/// else the type that takes the most bytes. A mixture such as Q4_K_M has a name
/// that no tensor bears.
fn quantization(metadata: &Metadata, tensors: &[Tensor]) -> &'static str {
    let stated = match metadata.get("general.file_type").map(|entry| &entry.value) {
        Some(Value::Unsigned(stated)) => Some(*stated),
        _ => None,
    };
    match stated {
        Some(0) => "F32",
        Some(1) => "F16",
        Some(2) => "Q4_0",
        Some(3) => "Q4_1",
        Some(7) => "Q8_0",
        Some(8) => "Q5_0",
        Some(9) => "Q5_1",
        Some(10) => "Q2_K",
        Some(11) => "Q3_K_S",
        Some(12) => "Q3_K_M",
        Some(13) => "Q3_K_L",
        Some(14) => "Q4_K_S",
        Some(15) => "Q4_K_M",
        Some(16) => "Q5_K_S",
        Some(17) => "Q5_K_M",
        Some(18) => "Q6_K",
        Some(21) => "Q2_K_S",
        Some(32) => "BF16",
        _ => {
            let mut bytes = BTreeMap::new();
            for tensor in tensors {
                *bytes.entry(tensor.kind.name).or_insert(0_u64) += tensor.bytes;
            }
            let most = bytes.into_iter().max_by_key(|&(_, bytes)| bytes);
            most.map_or("unknown", |(name, _)| name)
        }
    }
}
