//! A writer of small folders of safetensors, right or wrong.

use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;

/// A tensor; its data are zeros.
#[derive(Debug)]
pub struct Tensor {
    pub name: String,
    pub kind: &'static str,
    pub shape: Vec<usize>,
}

/// A folder: what its files say.
#[derive(Debug)]
pub struct Folder {
    pub config: Value,
    pub tokenizer: Value,
    pub tensors: Vec<Tensor>,
    /// The name of the file the tensors go to.
    pub weights: &'static str,
    /// Files beside these.
    pub others: Vec<(&'static str, Vec<u8>)>,
}

pub fn tensor(name: &str, kind: &'static str, shape: &[usize]) -> Tensor {
    Tensor { name: name.to_owned(), kind, shape: shape.to_vec() }
}

impl Tensor {
    fn bytes(&self) -> usize {
        let width = if self.kind.ends_with("16") { 2 } else { 4 };
        self.shape.iter().product::<usize>() * width
    }
}

impl Folder {
    /// A llama of two layers whose output uses the embeddings.
    pub fn llama() -> Self {
        Self {
            config: json!({
                "architectures": ["LlamaForCausalLM"],
                "hidden_size": 64,
                "intermediate_size": 128,
                "max_position_embeddings": 512,
                "num_attention_heads": 4,
                "num_hidden_layers": 2,
                "num_key_value_heads": 2,
                "tie_word_embeddings": true,
                "vocab_size": 16,
            }),
            tokenizer: json!({ "model": { "type": "BPE", "vocab": {}, "merges": [] } }),
            tensors: vec![
                tensor("model.embed_tokens.weight", "F16", &[16, 64]),
                tensor("model.layers.0.mlp.up_proj.weight", "F16", &[128, 64]),
                tensor("model.layers.1.mlp.up_proj.weight", "F16", &[128, 64]),
                tensor("model.norm.weight", "F32", &[64]),
            ],
            weights: "model.safetensors",
            others: Vec::new(),
        }
    }

    /// Writes it, when `folder` is not there yet, creating that.
    pub fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("config.json"), self.config.to_string()).unwrap();
        fs::write(folder.join("tokenizer.json"), self.tokenizer.to_string()).unwrap();
        fs::write(folder.join(self.weights), self.weights()).unwrap();
        for (name, bytes) in &self.others {
            fs::write(folder.join(name), bytes).unwrap();
        }
    }

    /// The bytes of the weights' file.
    pub fn weights(&self) -> Vec<u8> {
        let mut header = Map::new();
        let mut end = 0;
        for tensor in &self.tensors {
            let begin = end;
            end += tensor.bytes();
            let described = json!({ "dtype": tensor.kind, "shape": tensor.shape, "data_offsets": [begin, end] });
            header.insert(tensor.name.clone(), described);
        }
        file(&Value::Object(header).to_string(), end)
    }
}

/// A safetensors file with this header and so many zeros.
pub fn file(header: &str, zeros: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + zeros, 0);
    bytes
}
