//! What `config.json` says: the architecture and its sizes.

use super::error::Reason;
use crate::name::shown;
use serde_json::Value;

/// The largest sizes accepted; each is far beyond models in use, and within
/// what the engine can multiply.
const MOST_LAYERS: u64 = 4096;
const MOST_WIDTH: u64 = 1 << 20;
const MOST_HEAD: u64 = 1024;
const MOST_TOKENS: u64 = 16 << 20;
/// As for GGUF files: the engine computes a table for all of it when it loads.
const MOST_CONTEXT: u64 = 4 << 20;

/// When the output has no matrix of its own.
#[derive(Clone, Copy)]
enum Tied {
    Always,
    /// When `tie_word_embeddings` says so; without it, as stated here.
    Else(bool),
}

/// An architecture the engine runs.
struct Architecture {
    name: &'static str,
    tied: Tied,
    norm: &'static str,
}

const fn architecture(name: &'static str) -> Architecture {
    Architecture { name, tied: Tied::Else(false), norm: "model.norm.weight" }
}

/// The architectures mistralrs-core 0.8.1 loads as plain text models
/// (`NormalLoaderType::from_causal_lm_name` and the `models/` behind it).
static ALL: [Architecture; 21] = [
    architecture("MistralForCausalLM"),
    architecture("MixtralForCausalLM"),
    Architecture { tied: Tied::Always, ..architecture("GemmaForCausalLM") },
    Architecture { tied: Tied::Always, ..architecture("Gemma2ForCausalLM") },
    Architecture { norm: "model.final_layernorm.weight", ..architecture("PhiForCausalLM") },
    architecture("Phi3ForCausalLM"),
    architecture("LlamaForCausalLM"),
    architecture("Qwen2ForCausalLM"),
    Architecture { tied: Tied::Always, ..architecture("Starcoder2ForCausalLM") },
    architecture("PhiMoEForCausalLM"),
    architecture("DeepseekV2ForCausalLM"),
    architecture("DeepseekV3ForCausalLM"),
    architecture("Qwen3ForCausalLM"),
    architecture("Glm4ForCausalLM"),
    architecture("Glm4MoeLiteForCausalLM"),
    architecture("Glm4MoeForCausalLM"),
    architecture("Qwen3MoeForCausalLM"),
    Architecture { tied: Tied::Else(true), ..architecture("SmolLM3ForCausalLM") },
    Architecture { tied: Tied::Else(true), ..architecture("GraniteMoeHybridForCausalLM") },
    architecture("GptOssForCausalLM"),
    architecture("Qwen3NextForCausalLM"),
];

/// What the configuration says, checked.
#[derive(Debug)]
pub(super) struct Config {
    pub architecture: &'static str,
    pub layers: u64,
    pub heads: u64,
    pub kv_heads: u64,
    pub head: u64,
    pub hidden: u64,
    pub feed_forward: Option<u64>,
    pub vocabulary: u64,
    pub context: u64,
    /// How the weights are quantized, when they are.
    pub quantization: Option<String>,
    /// Whether the output uses the embeddings.
    pub tied: bool,
    /// The last norm's tensor.
    pub norm: &'static str,
}

impl Config {
    pub fn read(json: &Value) -> Result<Self, Reason> {
        let architecture = find(json)?;
        let layers = size(json, "num_hidden_layers", MOST_LAYERS)?;
        let hidden = size(json, "hidden_size", MOST_WIDTH)?;
        let heads = size(json, "num_attention_heads", hidden)?;
        let kv_heads = optional(json, "num_key_value_heads", heads)?.unwrap_or(heads);
        if heads % kv_heads != 0 {
            let range = format!("a divisor of {heads}, the number of heads");
            return Err(range_of("num_key_value_heads", kv_heads, range));
        }
        let tied = match architecture.tied {
            Tied::Always => true,
            Tied::Else(unstated) => {
                json.get("tie_word_embeddings").and_then(Value::as_bool).unwrap_or(unstated)
            }
        };
        Ok(Self {
            architecture: architecture.name,
            layers,
            heads,
            kv_heads,
            head: head(json, hidden / heads)?,
            hidden,
            feed_forward: optional(json, "intermediate_size", MOST_WIDTH)?,
            vocabulary: size(json, "vocab_size", MOST_TOKENS)?,
            context: size(json, "max_position_embeddings", MOST_CONTEXT)?,
            quantization: quantization(json)?,
            tied,
            norm: architecture.norm,
        })
    }
}

/// The engine insists on exactly one name.
fn find(json: &Value) -> Result<&'static Architecture, Reason> {
    const KEY: &str = "architectures";
    let names = json.get(KEY).ok_or(Reason::KeyMissing(KEY))?;
    let name = match names.as_array().map(Vec::as_slice) {
        Some([Value::String(name)]) => name,
        _ => return Err(range_of(KEY, names, "a list of one name".to_owned())),
    };
    ALL.iter().find(|known| known.name == name).ok_or_else(|| {
        let known: Vec<_> = ALL.iter().map(|known| known.name).collect();
        Reason::Architecture { found: shown(name), known: known.join(", ") }
    })
}

/// Numbers in a head: DeepSeek's have a rotated and another part.
fn head(json: &Value, share: u64) -> Result<u64, Reason> {
    let parts = (
        optional(json, "qk_nope_head_dim", MOST_HEAD)?,
        optional(json, "qk_rope_head_dim", MOST_HEAD)?,
    );
    const KEY: &str = "head_dim";
    let head = match (optional(json, KEY, MOST_HEAD)?, parts) {
        (_, (Some(plain), Some(rotated))) => plain + rotated,
        (Some(head), _) => head,
        (None, _) => share,
    };
    if (1..=2 * MOST_HEAD).contains(&head) {
        Ok(head)
    } else {
        Err(range_of(KEY, head, format!("1 to {MOST_HEAD}")))
    }
}

/// The engine runs GPTQ and AWQ on graphics processors only, and refuses what
/// it doesn't know (mistralrs-quant 0.8.1, `QuantizedConfig`).
fn quantization(json: &Value) -> Result<Option<String>, Reason> {
    const KNOWN: [&str; 4] = ["fp8", "bitsandbytes", "afq", "mxfp4"];
    let Some(config) = json.get("quantization_config").filter(|config| !config.is_null()) else {
        return Ok(None);
    };
    let method = match config.get("quant_method") {
        None | Some(Value::Null) => "afq",
        Some(Value::String(method)) => method,
        Some(other) => return Err(range_of("quant_method", other, "a name".to_owned())),
    };
    if KNOWN.contains(&method) {
        Ok(Some(method.to_owned()))
    } else {
        Err(Reason::Quantization(shown(method)))
    }
}

fn size(json: &Value, key: &'static str, most: u64) -> Result<u64, Reason> {
    optional(json, key, most)?.ok_or(Reason::KeyMissing(key))
}

fn optional(json: &Value, key: &'static str, most: u64) -> Result<Option<u64>, Reason> {
    match json.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64() {
            Some(number) if (1..=most).contains(&number) => Ok(Some(number)),
            _ => Err(range_of(key, value, format!("1 to {most}"))),
        },
    }
}

fn range_of(key: &'static str, value: impl ToString, range: String) -> Reason {
    Reason::KeyRange { key, value: shown(&value.to_string()), range }
}
