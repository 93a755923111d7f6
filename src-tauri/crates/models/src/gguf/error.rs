pub(super) use crate::name::shown;
use nopenai_domain::{Code, Error};
use std::{fmt, io};

/// Why a file was refused, and where in it.
#[derive(Debug, thiserror::Error)]
#[error("{reason}{}", place(*.offset))]
pub struct Refusal {
    /// What was wrong.
    pub reason: Reason,
    /// Where in the file, bytes from its start; absent when nothing was read.
    pub offset: Option<u64>,
}

impl Refusal {
    /// A refusal at a place in the file.
    pub(super) fn at(offset: u64, reason: Reason) -> Self {
        Self { reason, offset: Some(offset) }
    }

    /// A refusal of a file that wasn't read at all.
    pub(super) fn unread(reason: Reason) -> Self {
        Self { reason, offset: None }
    }
}

fn place(offset: Option<u64>) -> String {
    offset.map_or_else(String::new, |offset| format!(" (at byte {offset})"))
}

/// What was wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// Reading failed.
    #[error("The file cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It isn't a regular file.
    #[error("This is not a regular file")]
    NotAFile,
    /// The first bytes aren't GGUF's.
    #[error("This is not a GGUF file: it does not begin with \"GGUF\"")]
    Magic,
    /// Written for big-endian machines.
    #[error("This GGUF file was written for big-endian machines")]
    BigEndian,
    /// A version of the format that isn't 2 or 3.
    #[error("GGUF version {0} is unknown; versions 2 and 3 can be read")]
    Version(u32),
    /// The file ends within its header.
    #[error("The file ends within {section}: at least {missing} bytes are missing")]
    Ends {
        /// The part of the header it ends in.
        section: &'static str,
        /// How many bytes are known to be missing.
        missing: u64,
    },
    /// The file ends within or before a tensor.
    #[error("The file ends too early: {missing} bytes are missing, from tensor \"{tensor}\" on")]
    TensorEnds {
        /// The first tensor that isn't whole.
        tensor: String,
        /// How many bytes of the file are missing.
        missing: u64,
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
    /// A key or name isn't UTF-8, or has control characters, of which readers
    /// drop some and so disagree about which key it is.
    #[error("A name in {0} is not plain text")]
    NotText(&'static str),
    /// The same metadata key twice.
    #[error("The metadata key \"{0}\" occurs twice")]
    DuplicateKey(String),
    /// The same tensor name twice.
    #[error("The tensor \"{0}\" occurs twice")]
    DuplicateTensor(String),
    /// A metadata value of a type that doesn't exist.
    #[error("The metadata value of \"{key}\" has the unknown type {found}")]
    ValueType {
        /// The value's key.
        key: String,
        /// The type's number.
        found: u32,
    },
    /// A boolean that is neither 0 nor 1.
    #[error("The metadata value of \"{key}\" is a boolean of {found}")]
    Boolean {
        /// The value's key.
        key: String,
        /// The byte found.
        found: u8,
    },
    /// A metadata key the engine needs is absent.
    #[error("The metadata key \"{0}\" is missing, and the engine needs it")]
    KeyMissing(String),
    /// A metadata value of another type than the engine reads.
    #[error("The metadata value of \"{key}\" is not {expected}")]
    KeyType {
        /// The value's key.
        key: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A metadata value that can't be right.
    #[error("The metadata value of \"{key}\" is {value}; it should be {range}")]
    KeyRange {
        /// The value's key.
        key: String,
        /// What it is.
        value: String,
        /// What it should be.
        range: String,
    },
    /// A tensor without dimensions or with too many.
    #[error("The tensor \"{tensor}\" has {count} dimensions; 1 to 4 are possible")]
    Dimensions {
        /// The tensor.
        tensor: String,
        /// How many it has.
        count: u32,
    },
    /// A tensor's dimension is zero, or its size exceeds any file's.
    #[error("The tensor \"{tensor}\" has the impossible shape {shape}")]
    Shape {
        /// The tensor.
        tensor: String,
        /// Its dimensions, innermost first.
        shape: String,
    },
    /// A tensor's rows don't divide into the blocks of its type.
    #[error(
        "The tensor \"{tensor}\" has rows of {row} numbers, which do not divide into the blocks \
         of {block} of its type {kind}"
    )]
    Blocks {
        /// The tensor.
        tensor: String,
        /// Numbers in a row.
        row: u64,
        /// Numbers in a block.
        block: u64,
        /// Its type.
        kind: &'static str,
    },
    /// A tensor's type that nobody knows.
    #[error("The tensor \"{tensor}\" has the unknown type {kind}")]
    UnknownType {
        /// The tensor.
        tensor: String,
        /// The type's number.
        kind: u32,
    },
    /// A tensor's type that the engine can't compute with.
    #[error("The tensor \"{tensor}\" is stored as {kind}, which the engine cannot run")]
    UnsupportedType {
        /// The tensor.
        tensor: String,
        /// The type's name.
        kind: &'static str,
    },
    /// A tensor doesn't begin where the alignment wants it.
    #[error(
        "The data of tensor \"{tensor}\" begins at {begin}, which is no multiple of {alignment}"
    )]
    Misaligned {
        /// The tensor.
        tensor: String,
        /// Its offset in the data section, bytes.
        begin: u64,
        /// The file's alignment, bytes.
        alignment: u64,
    },
    /// Two tensors share bytes.
    #[error("The tensors \"{first}\" and \"{second}\" overlap")]
    Overlap {
        /// The one that begins first.
        first: String,
        /// The other.
        second: String,
    },
    /// A tensor the engine needs is absent.
    #[error("The tensor \"{0}\" is missing, and the engine needs it")]
    TensorMissing(String),
    /// A tensor's shape contradicts the metadata.
    #[error("The tensor \"{tensor}\" has the shape {shape}; it should be {expected}")]
    TensorShape {
        /// The tensor.
        tensor: String,
        /// Its dimensions, innermost first.
        shape: String,
        /// What they should be.
        expected: String,
    },
    /// An architecture no engine runs.
    #[error("The architecture \"{found}\" is not one that can be run ({known})")]
    Architecture {
        /// What the file names.
        found: String,
        /// Those that run.
        known: String,
    },
    /// A tokenizer the engine doesn't run.
    #[error("The tokenizer \"{0}\" is not one that can be run (llama, gpt2 and a few others)")]
    Tokenizer(String),
    /// A merge rule that isn't a pair.
    #[error("The merge rule {0} of the tokenizer is not a pair of tokens")]
    Merge(u64),
    /// A model split over several files. Merging them leaves a count of 0,
    /// which the engine refuses as well.
    #[error("The file says that its model has {0} parts (split.count); the engine runs only 1")]
    Split(u64),
}

/// What the user can do about a reason.
enum Advice {
    Again,
    Other,
    Rights,
}

impl Reason {
    fn advice(&self) -> Advice {
        use Reason::*;
        match self {
            Io(_) | NotAFile => Advice::Rights,
            BigEndian
            | Version(_)
            | Architecture { .. }
            | Tokenizer(_)
            | Split(_)
            | UnsupportedType { .. }
            | UnknownType { .. }
            | KeyMissing(_)
            | KeyType { .. }
            | KeyRange { .. }
            | TensorMissing(_)
            | TensorShape { .. } => Advice::Other,
            _ => Advice::Again,
        }
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Again => {
                "If it is still being copied, wait until that is done; otherwise download it again."
            }
            Self::Other => "Choose another edition of this model, or another model.",
            Self::Rights => "Check that the file is there and may be read.",
        })
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        use Reason::*;
        let message = format!("{refusal}. {}", refusal.reason.advice());
        let mut error = Error::new(Code::UnsupportedModel, message);
        if let Some(offset) = refusal.offset {
            error = error.with("offset", offset);
        }
        match refusal.reason {
            Ends { missing, .. } => error.with("missing_bytes", missing),
            TensorEnds { tensor, missing } => {
                error.with("missing_bytes", missing).with("tensor", tensor)
            }
            Dimensions { tensor, .. }
            | Shape { tensor, .. }
            | Blocks { tensor, .. }
            | UnknownType { tensor, .. }
            | UnsupportedType { tensor, .. }
            | Misaligned { tensor, .. }
            | TensorShape { tensor, .. }
            | TensorMissing(tensor)
            | DuplicateTensor(tensor) => error.with("tensor", tensor),
            KeyMissing(key)
            | DuplicateKey(key)
            | ValueType { key, .. }
            | Boolean { key, .. }
            | KeyType { key, .. }
            | KeyRange { key, .. } => error.with("key", key),
            Architecture { found, .. } => error.with("architecture", found),
            _ => error,
        }
    }
}
