use nopenai_domain::{Error, ModelId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a model file says about itself, once it passed inspection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// The architecture as the file names it, for example "llama".
    pub architecture: String,
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
    /// What its tensors occupy, bytes: a lower bound of the memory it needs.
    pub weight_bytes: u64,
}

/// A file of the models folder. Exactly one of `facts` and `problem` is set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Model {
    /// Its identifier: the path below the models folder, with forward slashes.
    pub id: ModelId,
    /// The name to show.
    pub name: String,
    /// The file's name without its folders.
    pub file: String,
    /// The file's size, bytes.
    pub size_bytes: u64,
    /// When the file was last written.
    pub modified_at: Timestamp,
    /// What it is, when the engine can run it.
    pub facts: Option<Facts>,
    /// Why the engine can't run it.
    pub problem: Option<Error>,
}

/// The models folder at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelList {
    /// The folder's absolute path.
    pub folder: String,
    /// Why the folder can't be read, or was read only in part.
    pub problem: Option<Error>,
    /// Its model files, by identifier.
    pub models: Vec<Model>,
}
