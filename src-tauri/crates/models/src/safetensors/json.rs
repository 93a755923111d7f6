//! The JSON files beside the weights.

use super::error::{Reason, Refusal};
use crate::candidate::Part;
use crate::name::shown;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// The longest chat template that is kept.
pub(super) const KEPT_TEMPLATE_BYTES: usize = 64 << 10;
/// Configurations have some kilobytes.
const MOST_CONFIG_BYTES: u64 = 1 << 20;
/// Lists of tensors and of added tokens have some megabytes.
const MOST_LIST_BYTES: u64 = 64 << 20;
/// The largest tokenizers have some 40 MB.
const MOST_TOKENIZER_BYTES: u64 = 256 << 20;
/// Files a model may be spread over.
const MOST_SHARDS: usize = 4096;

/// A small file, as it is.
pub(super) fn read(folder: &Path, name: &str) -> Result<Value, Refusal> {
    parse(folder, name, MOST_CONFIG_BYTES)
}

/// Reads a file of at most `most` bytes. The parser goes 128 levels deep, and
/// keeps no more than `T` has room for.
fn parse<T: DeserializeOwned>(folder: &Path, name: &str, most: u64) -> Result<T, Refusal> {
    let refuse = |reason: Reason| Refusal::of(name, reason);
    let file = File::open(folder.join(name)).map_err(|error| refuse(error.into()))?;
    let bytes = file.metadata().map_err(|error| refuse(error.into()))?.len();
    if bytes > most {
        return Err(refuse(Reason::TooLarge { bytes, most }));
    }
    serde_json::from_reader(BufReader::new(file.take(most))).map_err(|error| {
        refuse(if error.is_io() {
            Reason::Io(error.into())
        } else {
            Reason::Json(shown(&error.to_string()))
        })
    })
}

/// The weight files an index names.
pub(super) fn shards(folder: &Path, name: &str) -> Result<Vec<String>, Refusal> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: Shards,
    }
    let index: Index = parse(folder, name, MOST_LIST_BYTES)?;
    Ok(index.weight_map.0.into_iter().collect())
}

/// The values of a map, each once.
struct Shards(BTreeSet<String>);

impl<'de> Deserialize<'de> for Shards {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ShardsVisitor)
    }
}

struct ShardsVisitor;

impl<'de> Visitor<'de> for ShardsVisitor {
    type Value = Shards;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a map from tensors to at most {MOST_SHARDS} files")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shards, A::Error> {
        let mut shards = BTreeSet::new();
        while let Some((IgnoredAny, file)) = map.next_entry::<IgnoredAny, String>()? {
            if !shards.contains(&file) && shards.len() == MOST_SHARDS {
                return Err(serde::de::Error::invalid_length(MOST_SHARDS + 1, &self));
            }
            shards.insert(file);
        }
        Ok(Shards(shards))
    }
}

/// The kind of tokenizer.
pub(super) fn tokenizer(folder: &Path) -> Result<Option<String>, Refusal> {
    #[derive(Deserialize)]
    struct Tokenizer {
        model: Kind,
    }
    #[derive(Deserialize)]
    struct Kind {
        r#type: Option<String>,
    }
    let tokenizer: Tokenizer = parse(folder, super::TOKENIZER, MOST_TOKENIZER_BYTES)?;
    Ok(tokenizer.model.r#type.map(|kind| shown(&kind)))
}

/// Checks the files the engine also reads, since it would panic on a damaged
/// one, and returns the chat template when one of them has it.
pub(super) fn check_others(folder: &Path, parts: &[Part]) -> Result<Option<String>, Refusal> {
    #[derive(Deserialize)]
    struct WithTemplate {
        chat_template: Option<Value>,
    }
    let is = |name: &str| parts.iter().any(|part| part.name == name);
    let mut template = None;
    for name in ["generation_config.json", "preprocessor_config.json"] {
        if is(name) {
            parse::<Map>(folder, name, MOST_LIST_BYTES)?;
        }
    }
    // In the order the engine prefers them.
    for name in ["tokenizer_config.json", "chat_template.json", "processor_config.json"] {
        if is(name) {
            let found: WithTemplate = parse(folder, name, MOST_LIST_BYTES)?;
            template = template.or(found.chat_template.as_ref().and_then(text));
        }
    }
    const JINJA: &str = "chat_template.jinja";
    if is(JINJA) {
        let found = read_text(folder, JINJA).map_err(|error| Refusal::of(JINJA, error))?;
        template = Some(found);
    }
    Ok(template.filter(|template| !template.trim().is_empty()))
}

/// A map, whatever is in it.
#[derive(Deserialize)]
struct Map {}

/// A template, or the one called "default" of several.
fn text(template: &Value) -> Option<String> {
    match template {
        Value::String(text) => Some(text.clone()),
        Value::Array(several) => {
            let is_default = |one: &&Value| one["name"] == "default";
            let one = several.iter().find(is_default).or(several.first())?;
            one["template"].as_str().map(str::to_owned)
        }
        _ => None,
    }
}

fn read_text(folder: &Path, name: &str) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(folder.join(name))?.take(MOST_CONFIG_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// The licence the model card's front matter names.
pub(super) fn licence(folder: &Path) -> Option<String> {
    const MOST_BYTES: u64 = 16 << 10;
    let mut bytes = Vec::new();
    File::open(folder.join("README.md")).ok()?.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let matter = text.strip_prefix("---\n")?;
    let (matter, _) = matter.split_once("\n---")?;
    let licence = matter.lines().find_map(|line| line.strip_prefix("license:"))?;
    let licence = licence.trim().trim_matches(['"', '\'']);
    (!licence.is_empty()).then(|| shown(licence))
}
