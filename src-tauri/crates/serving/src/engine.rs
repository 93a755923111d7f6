use crate::{Answer, Progress, SeededSampler};
use llguidance::toktrie::TokEnv;
use nopenai_domain::{Code, Embedding, Error, FinishReason, Parameters, Result, TextLikelihood};
use nopenai_protocol::{Chat, ElementType, LoadedModel};
use std::{future::Future, path::Path, sync::Arc};

/// What computes: a runtime with one model in it.
pub trait Engine: Send + Sync + Sized + 'static {
    /// Loads the inspected model at `path`, telling how much of it is read.
    ///
    /// # Errors
    /// The runtime's own. It may panic too: that is an error to the caller.
    fn load(
        path: &Path,
        element_type: ElementType,
        progress: Progress,
    ) -> impl Future<Output = anyhow::Result<(Self, LoadedModel)>> + Send;

    /// The text of `chat` as it would be sent, before it becomes tokens; also
    /// while a run is under way.
    ///
    /// # Errors
    /// When the template refuses it, or is none.
    fn render(&self, chat: &Chat) -> impl Future<Output = Result<String>> + Send;

    /// Tokens of `chat` as it would be sent; also while a run is under way.
    ///
    /// # Errors
    /// As [`Engine::render`].
    fn count(&self, chat: &Chat) -> impl Future<Output = Result<u32>> + Send;

    /// The tokens the model draws from; asked only for runs that need it.
    ///
    /// # Errors
    /// When the runtime can't tell.
    fn vocabulary(&self) -> impl Future<Output = Result<TokEnv>> + Send;

    /// Answers `request` into `answer`. Dropping the future stops computing, at
    /// the next token or part of the prompt.
    ///
    /// # Errors
    /// [`nopenai_domain::Code::ContextOverflow`] for a prompt that is too long,
    /// else the runtime's own.
    fn answer(
        &self,
        request: Request,
        answer: &mut Answer<'_>,
    ) -> impl Future<Output = Result<End>> + Send;

    /// Points for texts, between runs.
    ///
    /// # Errors
    /// [`Code::UnsupportedModel`] when the runtime gives none, else the
    /// runtime's own.
    fn embed(&self, _texts: Vec<String>) -> impl Future<Output = Result<Vec<Embedding>>> + Send {
        std::future::ready(Err(of_llama_cpp("Embeddings")))
    }

    /// How likely a text is, between runs. Dropping the future stops computing.
    ///
    /// # Errors
    /// As [`Engine::embed`].
    fn weigh(&self, _text: String) -> impl Future<Output = Result<TextLikelihood>> + Send {
        std::future::ready(Err(of_llama_cpp("A text's likelihood")))
    }

    /// Notes that a sequence of so many tokens has ended; nothing of its future
    /// is left.
    fn ended(&self, _tokens: u32) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

fn of_llama_cpp(what: &str) -> Error {
    let message = format!("{what} can only be had of llama.cpp: choose that for this model.");
    Error::new(Code::UnsupportedModel, message)
}

/// What to answer, and how.
pub struct Request {
    /// The chat.
    pub chat: Chat,
    /// Every parameter, decided.
    pub parameters: Parameters,
    /// Draws each token of the answer.
    pub sampler: Arc<SeededSampler>,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Why the model stopped.
    pub reason: FinishReason,
    /// Tokens that were drawn and are not part of the answer: the one that ends
    /// the sequence.
    pub unsaid: u32,
}
