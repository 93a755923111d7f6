use nopenai_domain::{
    Embedding, Error, FinishReason, LoadProgress, Message, Parameters, RunId, TextLikelihood,
    TokenLikelihood, Tool,
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The protocol's version. A worker of another version is refused at
/// [`FromWorker::Hello`].
pub const VERSION: u32 = 4;

/// The type in which activations are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ElementType {
    /// What was measured fastest on this kind of device.
    Auto,
    /// IEEE single precision.
    F32,
    /// IEEE half precision.
    F16,
    /// Brain float.
    Bf16,
}

/// A chat as it is to be sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Chat {
    /// What was said, without template.
    pub messages: Vec<Message>,
    /// The template in place of the model's own.
    pub template: Option<String>,
    /// Whether the last message is the beginning of the answer, to be gone on
    /// with.
    pub continued: bool,
    /// Functions the model may call.
    pub tools: Vec<Tool>,
}

/// From the studio to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToWorker {
    /// Load this inspected model; a worker loads one model in its life.
    Load {
        /// A GGUF file, or a folder of safetensors with their configuration
        /// and tokenizer.
        path: PathBuf,
        /// What its weights occupy on disk, bytes, for the progress.
        bytes_total: u64,
        /// The type of activations.
        element_type: ElementType,
    },
    /// Answer a chat.
    Generate {
        /// The run, named in every message about it.
        run: RunId,
        /// The chat so far.
        chat: Chat,
        /// How to draw the answer; the seed is set.
        parameters: Parameters,
    },
    /// Stop computing that run.
    Cancel {
        /// The run.
        run: RunId,
    },
    /// Count the tokens a chat would be sent as, also while a run is under way.
    Count {
        /// Named in the reply.
        count: u64,
        /// The chat.
        chat: Chat,
    },
    /// Tell the text a chat would be sent as, before it becomes tokens.
    Render {
        /// Named in the reply.
        render: u64,
        /// The chat.
        chat: Chat,
    },
    /// Make points of texts.
    Embed {
        /// Named in the reply.
        embed: u64,
        /// The texts, as they are.
        texts: Vec<String>,
    },
    /// Tell how likely a text is.
    Weigh {
        /// Named in the reply.
        weigh: u64,
        /// The text, as it is.
        text: String,
    },
}

/// Memory of the worker's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessMemory {
    /// Resident now, bytes.
    pub resident_bytes: u64,
    /// The most that was ever resident, bytes: as the system counts it on
    /// Linux, elsewhere the most that was seen.
    pub peak_bytes: u64,
}

/// A model that is ready to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadedModel {
    /// Tokens that prompt and answer may have together.
    pub context_length: u32,
    /// The device, in words ("CPU, 2 threads").
    pub device: String,
    /// The type of activations, in words ("F32").
    pub element_type: String,
    /// Of the process with the model in it; absent where the system does not
    /// tell.
    pub memory: Option<ProcessMemory>,
}

/// From a worker to the studio.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromWorker {
    /// The first message.
    Hello {
        /// The protocol it speaks.
        version: u32,
    },
    /// How far the load has come.
    LoadProgress(LoadProgress),
    /// The model is ready.
    Loaded(LoadedModel),
    /// The model could not be loaded; the worker ends.
    LoadFailed {
        /// Why.
        error: Error,
    },
    /// The prompt fits and is being read.
    Started {
        /// The run.
        run: RunId,
        /// Tokens of the prompt, template included.
        tokens_in: u32,
    },
    /// Some text of the answer: usually one token, more where characters span
    /// tokens.
    Token {
        /// The run.
        run: RunId,
        /// What to append; empty for a token whose text is held back because a
        /// stop text may begin with it.
        text: String,
    },
    /// The run ended in order.
    Finished {
        /// The run.
        run: RunId,
        /// Why the model stopped.
        reason: FinishReason,
        /// Tokens of the answer, those of a stop text included, without the
        /// one that ends the sequence.
        tokens_out: u32,
        /// What else could have come in the place of each; absent when it was
        /// not asked for.
        likelihoods: Option<Vec<TokenLikelihood>>,
    },
    /// The run failed; the worker goes on.
    Failed {
        /// The run.
        run: RunId,
        /// Why.
        error: Error,
    },
    /// How many tokens the messages of a count have.
    Counted {
        /// The count.
        count: u64,
        /// Tokens, template included; or why they could not be counted.
        tokens: Result<u32, Error>,
    },
    /// The text a chat would be sent as.
    Rendered {
        /// Which was asked for.
        render: u64,
        /// The text; or why there is none.
        text: Result<String, Error>,
    },
    /// Texts as points.
    Embedded {
        /// Which was asked for.
        embed: u64,
        /// A point for each text; or why there are none.
        embeddings: Result<Vec<Embedding>, Error>,
    },
    /// How likely a text is.
    Weighed {
        /// Which was asked for.
        weigh: u64,
        /// How likely; or why that isn't known.
        likelihood: Result<TextLikelihood, Error>,
    },
    /// Memory of the worker's process: every two seconds, and at each run's
    /// end before it is told.
    Memory(ProcessMemory),
}
