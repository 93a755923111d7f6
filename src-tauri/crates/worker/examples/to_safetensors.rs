//! Turns a GGUF file of the architecture "llama" with a byte-level tokenizer
//! (the starter model is one) into a folder as model hubs have it: weights in
//! F16, configuration, tokenizer. The tests load it, as no such folder comes
//! with a package registry.
//!
//! Arguments: the file, the folder. Nothing happens when the folder is there.

use anyhow::{Context, bail};
use candle_core::{
    DType, Device, Tensor,
    quantized::gguf_file::{Content, Value},
    safetensors,
};
use serde_json::{Map, json};
use std::{
    collections::HashMap,
    fs::{self, File},
    path::{Path, PathBuf},
};

/// The token type of special tokens in GGUF (`tokenizer.ggml.token_type`).
const CONTROL: i32 = 3;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(file), Some(folder)) = (arguments.next(), arguments.next()) else {
        bail!("usage: to_safetensors FILE.gguf FOLDER");
    };
    if folder.exists() {
        return Ok(());
    }
    let unfinished = folder.with_extension(format!("unfinished-{}", std::process::id()));
    fs::create_dir_all(&unfinished)?;
    let mut file = File::open(file)?;
    let model = Gguf { content: Content::read(&mut file)?, file };
    model.write(&unfinished)?;
    // Another process may have been faster.
    if fs::rename(&unfinished, &folder).is_err() {
        fs::remove_dir_all(&unfinished)?;
    }
    Ok(())
}

struct Gguf {
    content: Content,
    file: File,
}

impl Gguf {
    fn write(mut self, folder: &Path) -> anyhow::Result<()> {
        let architecture = self.value("general.architecture")?.to_string()?;
        if architecture != "llama" {
            bail!("this is a {architecture}, and only llama is known here");
        }
        write_json(&folder.join("config.json"), &self.config()?)?;
        write_json(&folder.join("tokenizer.json"), &self.tokenizer()?)?;
        write_json(&folder.join("tokenizer_config.json"), &self.tokenizer_config()?)?;
        let weights = self.weights()?;
        Ok(safetensors::save(&weights, folder.join("model.safetensors"))?)
    }

    fn value(&self, key: &str) -> anyhow::Result<&Value> {
        self.content.metadata.get(key).with_context(|| format!("the file has no {key}"))
    }

    fn number(&self, key: &str) -> anyhow::Result<usize> {
        Ok(self.value(key)?.to_u32()? as usize)
    }

    fn texts(&self, key: &str) -> anyhow::Result<Vec<&String>> {
        self.value(key)?.to_vec()?.iter().map(|text| Ok(text.to_string()?)).collect()
    }

    fn token(&self, kind: &str) -> anyhow::Result<(usize, &String)> {
        let id = self.number(&format!("tokenizer.ggml.{kind}_token_id"))?;
        let tokens = self.value("tokenizer.ggml.tokens")?.to_vec()?;
        Ok((id, tokens.get(id).context("a token's number is too high")?.to_string()?))
    }

    fn heads(&self) -> anyhow::Result<(usize, usize)> {
        let heads = self.number("llama.attention.head_count")?;
        Ok((heads, self.number("llama.attention.head_count_kv").unwrap_or(heads)))
    }

    fn config(&self) -> anyhow::Result<serde_json::Value> {
        let (heads, kv_heads) = self.heads()?;
        Ok(json!({
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "hidden_act": "silu",
            "hidden_size": self.number("llama.embedding_length")?,
            "intermediate_size": self.number("llama.feed_forward_length")?,
            "num_hidden_layers": self.number("llama.block_count")?,
            "num_attention_heads": heads,
            "num_key_value_heads": kv_heads,
            "max_position_embeddings": self.number("llama.context_length")?,
            "rms_norm_eps": self.value("llama.attention.layer_norm_rms_epsilon")?.to_f32()?,
            "rope_theta": self.value("llama.rope.freq_base")?.to_f32()?,
            "vocab_size": self.value("tokenizer.ggml.tokens")?.to_vec()?.len(),
            "tie_word_embeddings": !self.content.tensor_infos.contains_key("output.weight"),
            "bos_token_id": self.token("bos")?.0,
            "eos_token_id": self.token("eos")?.0,
            "torch_dtype": "float16",
        }))
    }

    /// As the tokenizer of SmolLM2 is: digits one by one, then byte-level BPE.
    fn tokenizer(&self) -> anyhow::Result<serde_json::Value> {
        let tokens = self.texts("tokenizer.ggml.tokens")?;
        let types = self.value("tokenizer.ggml.token_type")?.to_vec()?;
        let special = tokens
            .iter()
            .zip(types)
            .enumerate()
            .filter(|(_, (_, kind))| kind.to_i32().is_ok_and(|kind| kind == CONTROL));
        let added: Vec<_> = special
            .map(|(id, (token, _))| {
                json!({
                    "id": id, "content": token, "special": true, "normalized": false,
                    "single_word": false, "lstrip": false, "rstrip": false,
                })
            })
            .collect();
        let vocabulary: Map<_, _> =
            tokens.iter().enumerate().map(|(id, token)| ((*token).clone(), id.into())).collect();
        let bytes = json!({
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
            "use_regex": true,
        });
        Ok(json!({
            "version": "1.0",
            "added_tokens": added,
            "normalizer": null,
            "pre_tokenizer": {
                "type": "Sequence",
                "pretokenizers": [{ "type": "Digits", "individual_digits": true }, bytes],
            },
            "post_processor": null,
            "decoder": bytes,
            "model": {
                "type": "BPE",
                "unk_token": self.token("unknown")?.1,
                "vocab": vocabulary,
                "merges": self.texts("tokenizer.ggml.merges")?,
            },
        }))
    }

    fn tokenizer_config(&self) -> anyhow::Result<serde_json::Value> {
        Ok(json!({
            "bos_token": self.token("bos")?.1,
            "eos_token": self.token("eos")?.1,
            "unk_token": self.token("unknown")?.1,
            "chat_template": self.value("tokenizer.chat_template")?.to_string()?,
            "model_max_length": self.number("llama.context_length")?,
            "tokenizer_class": "GPT2Tokenizer",
        }))
    }

    fn weights(&mut self) -> anyhow::Result<HashMap<String, Tensor>> {
        let (heads, kv_heads) = self.heads()?;
        let names: Vec<String> = self.content.tensor_infos.keys().cloned().collect();
        let mut weights = HashMap::new();
        for name in names {
            let tensor = self.content.tensor(&mut self.file, &name, &Device::Cpu)?;
            let tensor = tensor.dequantize(&Device::Cpu)?;
            let tensor = match name.as_str() {
                name if name.ends_with("attn_q.weight") => halves_apart(&tensor, heads)?,
                name if name.ends_with("attn_k.weight") => halves_apart(&tensor, kv_heads)?,
                _ => tensor,
            };
            weights.insert(hub_name(&name)?, tensor.to_dtype(DType::F16)?);
        }
        Ok(weights)
    }
}

/// llama.cpp's converter puts the rows of a head that are rotated together side
/// by side; hubs have the first halves before the second ones.
fn halves_apart(rows: &Tensor, heads: usize) -> anyhow::Result<Tensor> {
    let (out, width) = rows.dims2()?;
    let pairs = out / heads / 2;
    Ok(rows.reshape((heads, pairs, 2, width))?.transpose(1, 2)?.reshape((out, width))?)
}

fn hub_name(name: &str) -> anyhow::Result<String> {
    let whole = match name {
        "token_embd.weight" => Some("model.embed_tokens.weight"),
        "output_norm.weight" => Some("model.norm.weight"),
        "output.weight" => Some("lm_head.weight"),
        _ => None,
    };
    if let Some(whole) = whole {
        return Ok(whole.to_owned());
    }
    let unknown = || format!("{name} is unknown here");
    let (layer, part) = name
        .strip_prefix("blk.")
        .and_then(|rest| rest.strip_suffix(".weight")?.split_once('.'))
        .with_context(unknown)?;
    let part = match part {
        "attn_q" => "self_attn.q_proj",
        "attn_k" => "self_attn.k_proj",
        "attn_v" => "self_attn.v_proj",
        "attn_output" => "self_attn.o_proj",
        "attn_norm" => "input_layernorm",
        "ffn_gate" => "mlp.gate_proj",
        "ffn_up" => "mlp.up_proj",
        "ffn_down" => "mlp.down_proj",
        "ffn_norm" => "post_attention_layernorm",
        _ => bail!(unknown()),
    };
    Ok(format!("model.layers.{layer}.{part}.weight"))
}

fn write_json(path: &Path, value: &serde_json::Value) -> anyhow::Result<()> {
    fs::write(path, serde_json::to_vec_pretty(value)?)
        .with_context(|| format!("{} can't be written", path.display()))
}
