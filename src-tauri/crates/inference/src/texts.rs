//! What models make of texts, without answering them.

use crate::{Engine, prompt::check_length};
use nopenai_domain::{Caller, Code, Embedding, Error, ModelId, Result, Runtime};

/// The most texts at once.
const MOST_TEXTS: usize = 256;

impl Engine {
    /// Points for texts, when it is the turn of `caller`; the model is loaded
    /// if it isn't.
    ///
    /// # Errors
    /// [`Code::InvalidInput`] for no texts, too many, or one that is empty or
    /// too long; [`Code::UnsupportedModel`] when another runtime than llama.cpp
    /// answers for the model; [`Code::NotFound`], [`Code::Busy`],
    /// [`Code::OutOfMemory`] and [`Code::EngineFailed`] as for a run.
    pub async fn embed(
        &self,
        model: &ModelId,
        texts: Vec<String>,
        caller: &Caller,
    ) -> Result<Vec<Embedding>> {
        if texts.is_empty() || texts.len() > MOST_TEXTS {
            let message = format!("{} texts are given; 1 to {MOST_TEXTS} are read.", texts.len());
            return Err(Error::invalid("texts", message));
        }
        for text in &texts {
            if text.trim().is_empty() {
                return Err(Error::invalid("texts", "One of the texts is empty."));
            }
            check_length(text)?;
        }
        self.shared.options.registry.path(model)?;
        if self.runtime_for(model).await? != Runtime::LlamaCpp {
            let message = "Embeddings come from llama.cpp, and another runtime is chosen for this \
                           model: choose llama.cpp in its configuration.";
            return Err(Error::new(Code::UnsupportedModel, message));
        }
        let _place = self.shared.queue.place(model, caller).await?;
        let lease = self.lease(model, &mut |_| {}).await?;
        lease.worker.embed(texts).await
    }
}
