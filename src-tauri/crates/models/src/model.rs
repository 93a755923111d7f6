use nopenai_domain::{Error, ModelId, Place, RemoteModel, Runtime, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a model says about itself, once it passed inspection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// The architecture as the file names it, for example "llama".
    pub architecture: String,
    /// Which runtimes can run it, at least one.
    pub runtimes: Vec<Runtime>,
    /// How many numbers the model's tensors hold together.
    pub parameters: Option<u64>,
    /// How the weights are stored, for example "Q4_1".
    pub quantization: String,
    /// The longest prompt and answer together it was made for, tokens.
    pub context_length: Option<u32>,
    /// Whether it brings the template that turns a chat into its prompt.
    pub has_chat_template: bool,
    /// The name its maker wrote into it, unedited; often less telling than the
    /// file's name.
    pub name: Option<String>,
    /// What its tensors occupy in the file, bytes.
    pub weight_bytes: u64,
    /// What its tensors occupy once mistral.rs has loaded them on a CPU with
    /// F32 activations, bytes; llama.cpp leaves them as they are.
    pub loaded_weight_bytes: u64,
    /// How many blocks follow each other.
    pub layers: Option<u32>,
    /// Attention heads of a block.
    pub heads: Option<u32>,
    /// Heads that keys and values have; fewer than `heads` where several share
    /// them.
    pub kv_heads: Option<u32>,
    /// Numbers in a head.
    pub head_dim: Option<u32>,
    /// Numbers between the blocks, for a token.
    pub hidden_size: Option<u32>,
    /// Numbers within a block's feed-forward part, for a token.
    pub feed_forward_size: Option<u32>,
    /// How many tokens it knows.
    pub vocabulary: Option<u32>,
    /// The licence as its maker wrote it, for example "apache-2.0".
    pub licence: Option<String>,
    /// The template that turns a chat into its prompt (Jinja), when it has one
    /// of at most 64 KiB.
    pub chat_template: Option<String>,
    /// The kind of tokenizer, for example "gpt2" or "BPE".
    pub tokenizer: Option<String>,
}

/// How a model's files are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One file with everything in it (ggml-org/ggml, `docs/gguf.md`).
    Gguf,
    /// A folder of weights with configuration and tokenizer beside them
    /// (huggingface/safetensors).
    Safetensors,
    /// A pickle, which is listed and never opened.
    Pickle,
}

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModelFile {
    /// Its name without folders.
    pub name: String,
    /// Its size, bytes.
    pub size_bytes: u64,
}

/// How far the hash of a model has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HashProgress {
    /// Bytes read so far.
    pub bytes_done: u64,
    /// Bytes to read.
    pub bytes_total: u64,
}

/// The endpoint behind which a model answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    /// What a person registered.
    #[serde(flatten)]
    pub registered: RemoteModel,
    /// Where its prompts go: host, and port when one is named.
    pub host: String,
    /// How far away that is.
    pub place: Place,
    /// Whether what goes there is encrypted.
    pub encrypted: bool,
}

/// A model of the models folder, of which exactly one of `facts` and `problem`
/// is set, or one that answers elsewhere, which has `remote` in their place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Model {
    /// Its identifier: the path below the models folder, with forward slashes.
    pub id: ModelId,
    /// The name to show: a person's own, else one made of the file's.
    pub name: String,
    /// A person's own name for it.
    pub alias: Option<String>,
    /// How its files are laid out; absent for one that answers elsewhere.
    pub format: Option<Format>,
    /// The name of its file, or of its folder, without the folders above; what
    /// the endpoint calls it, for one that answers elsewhere.
    pub file: String,
    /// The files it consists of, by name.
    pub files: Vec<ModelFile>,
    /// The size of its files, bytes.
    pub size_bytes: u64,
    /// When the last of its files was written.
    pub modified_at: Timestamp,
    /// Where the link in the models folder points, when it is one.
    pub link_target: Option<String>,
    /// SHA-256, hexadecimal: of a file; of a folder, that of the lines
    /// `sha256sum *.safetensors` prints for it. Absent until it was computed.
    pub sha256: Option<String>,
    /// How far its computation has come, while it is under way.
    pub hashing: Option<HashProgress>,
    /// What it is, when it can be run.
    pub facts: Option<Facts>,
    /// Why it can't be run.
    pub problem: Option<Error>,
    /// Where it answers, when that is elsewhere.
    pub remote: Option<Endpoint>,
}

impl From<&RemoteModel> for Model {
    fn from(registered: &RemoteModel) -> Self {
        let endpoint = Endpoint {
            registered: registered.clone(),
            host: registered.host().to_owned(),
            place: registered.place(),
            encrypted: registered.is_encrypted(),
        };
        Self {
            id: registered.id.clone(),
            name: registered.name.clone(),
            alias: None,
            format: None,
            file: registered.model.clone(),
            files: Vec::new(),
            size_bytes: 0,
            modified_at: registered.changed_at,
            link_target: None,
            sha256: None,
            hashing: None,
            facts: None,
            problem: None,
            remote: Some(endpoint),
        }
    }
}

/// The models there are at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelList {
    /// The folder's absolute path.
    pub folder: String,
    /// Why the folder can't be read, or was read only in part.
    pub problem: Option<Error>,
    /// Its models, by identifier, without those taken off the list, and then
    /// those that answer elsewhere.
    pub models: Vec<Model>,
}
