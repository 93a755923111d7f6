use crate::name::shown;
use nopenai_domain::{Code, Error};
use std::io;

/// Why a folder was refused, and which of its files is to blame.
#[derive(Debug, thiserror::Error)]
#[error("{}{reason}", place(.file.as_deref()))]
pub struct Refusal {
    /// What was wrong.
    pub reason: Reason,
    /// The file it is about; absent when it is about the folder.
    pub file: Option<String>,
}

impl Refusal {
    /// A refusal because of one file.
    pub(super) fn of(file: &str, reason: impl Into<Reason>) -> Self {
        Self { reason: reason.into(), file: Some(shown(file)) }
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, file: None }
    }
}

fn place(file: Option<&str>) -> String {
    file.map_or_else(String::new, |file| format!("{file}: "))
}

/// What was wrong with a folder, or with a file of it.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// Reading failed.
    #[error("The file cannot be read: {0}")]
    Io(#[from] io::Error),
    /// A file that must be there isn't.
    #[error("{0} is missing, and the engine needs it beside the weights")]
    Missing(&'static str),
    /// A link that leads nowhere.
    #[error("The file is a link to something that does not exist")]
    Broken,
    /// A file that stands alone.
    #[error(
        "A .safetensors file holds only numbers: the engine needs the model's config.json and \
         tokenizer.json beside it, in a folder below the models folder"
    )]
    Alone,
    /// Weights under names the engine does not look for.
    #[error(
        "The engine looks for model.safetensors or model-00001-of-0000N.safetensors, and the \
         folder has neither"
    )]
    NoWeights,
    /// Some files of several are absent.
    #[error("{} of the model's weight files are missing: {}", .0.len(), listed(.0))]
    Shards(Vec<String>),
    /// A pickle beside the weights.
    #[error(
        "The file is a pickle, which can run code when it is read, so nothing in this folder was \
         opened. Move it elsewhere"
    )]
    Pickle,
    /// A configuration in a form the engine would prefer and can't run.
    #[error("The engine would read this file in place of config.json and fail. Move it elsewhere")]
    Foreign,
    /// A file larger than any of its kind.
    #[error("The file has {bytes} bytes, and at most {most} are accepted")]
    TooLarge {
        /// Its size, bytes.
        bytes: u64,
        /// The bound, bytes.
        most: u64,
    },
    /// A count or length beyond anything sensible.
    #[error("{what} is {claimed}, and at most {most} is accepted")]
    TooMuch {
        /// What is counted.
        what: &'static str,
        /// What the file claims.
        claimed: u64,
        /// The bound.
        most: u64,
    },
    /// The file ends too early.
    #[error("The file ends too early: {missing} bytes are missing")]
    Ends {
        /// How many bytes are missing.
        missing: u64,
    },
    /// The file goes on after its last tensor.
    #[error("The file has {0} bytes more than its header describes")]
    Longer(u64),
    /// Not the JSON it should be.
    #[error("The file is not the JSON it should be: {0}")]
    Json(String),
    /// A tensor's type that nobody knows.
    #[error("The tensor \"{tensor}\" has the unknown type \"{kind}\"")]
    UnknownType {
        /// The tensor.
        tensor: String,
        /// The type's name.
        kind: String,
    },
    /// A tensor's type that the engine can't compute with.
    #[error("The tensor \"{tensor}\" is stored as {kind}, which the engine cannot run")]
    UnsupportedType {
        /// The tensor.
        tensor: String,
        /// The type's name.
        kind: String,
    },
    /// Tensors that overlap, leave gaps, or aren't as long as their shapes.
    #[error("The tensors do not lie one after another as they should ({0})")]
    Layout(String),
    /// The same tensor twice.
    #[error("The tensor \"{0}\" occurs twice")]
    DuplicateTensor(String),
    /// A tensor the engine needs is absent.
    #[error("The tensor \"{0}\" is missing, and the engine needs it")]
    TensorMissing(String),
    /// A tensor's shape contradicts the configuration.
    #[error("The tensor \"{tensor}\" has the shape {shape}; it should be {expected}")]
    TensorShape {
        /// The tensor.
        tensor: String,
        /// Its dimensions, outermost first.
        shape: String,
        /// What they should be.
        expected: String,
    },
    /// A value the engine needs is absent.
    #[error("The value \"{0}\" is missing, and the engine needs it")]
    KeyMissing(&'static str),
    /// A value that can't be right.
    #[error("The value \"{key}\" is {value}; it should be {range}")]
    KeyRange {
        /// The value's key.
        key: &'static str,
        /// What it is.
        value: String,
        /// What it should be.
        range: String,
    },
    /// An architecture the engine doesn't run.
    #[error("The architecture \"{found}\" is not one the engine runs ({known})")]
    Architecture {
        /// What the file names.
        found: String,
        /// Those that run.
        known: String,
    },
    /// A quantization the engine doesn't run on a processor.
    #[error("The weights are quantized by \"{0}\", which the engine cannot run on a processor")]
    Quantization(String),
}

/// The first of many names.
fn listed(names: &[String]) -> String {
    const MOST: usize = 5;
    let mut listed: Vec<_> = names.iter().take(MOST).map(|name| shown(name)).collect();
    if names.len() > MOST {
        listed.push("…".to_owned());
    }
    listed.join(", ")
}

impl Reason {
    /// What the user can do about it.
    fn advice(&self) -> &'static str {
        use Reason::*;
        match self {
            Io(_) | Broken => "Check that the file is there and may be read.",
            Alone => "Put the three into one, or choose the model's GGUF edition.",
            Pickle | Foreign => "Then the model is looked at again.",
            Missing(_) | Shards(_) => {
                "If the model is still being copied, wait until that is done; otherwise download \
                 what is missing."
            }
            NoWeights | UnsupportedType { .. } | Architecture { .. } | Quantization(_) => {
                "Choose another edition of this model, or another model."
            }
            TensorMissing(_) | TensorShape { .. } | KeyMissing(_) | KeyRange { .. } => {
                "Choose another edition of this model, or another model."
            }
            _ => {
                "If it is still being copied, wait until that is done; otherwise download it again."
            }
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        use Reason::*;
        let message = format!("{refusal}. {}", refusal.reason.advice());
        let mut error = Error::new(Code::UnsupportedModel, message);
        if let Some(file) = refusal.file {
            error = error.with("file", file);
        }
        match refusal.reason {
            Missing(file) => error.with("missing", vec![file]),
            Shards(files) => error.with("missing", files),
            Ends { missing } => error.with("missing_bytes", missing),
            UnknownType { tensor, .. }
            | UnsupportedType { tensor, .. }
            | TensorShape { tensor, .. }
            | DuplicateTensor(tensor)
            | TensorMissing(tensor) => error.with("tensor", tensor),
            KeyMissing(key) | KeyRange { key, .. } => error.with("key", key),
            Architecture { found, .. } => error.with("architecture", found),
            _ => error,
        }
    }
}
