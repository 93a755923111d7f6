//! Runs whose model answers elsewhere: the same turn, record and measures, and
//! another who answers.

use crate::{
    Engine,
    run::{Conversation, RunEvent},
};
use nopenai_domain::{
    Caller, Code, ContextPolicy, Error, FinishReason, ModelId, RemoteModel, RemoteUse, Result,
};
use nopenai_protocol::Chat;
use nopenai_remote::{Heard, Question};
use nopenai_template::in_words;
use tokio_util::sync::CancellationToken;

/// Runs that are asked of one endpoint's model at once.
const AT_ONCE: u32 = 4;

impl Engine {
    /// The model as it is registered, when it answers elsewhere.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub(crate) fn elsewhere(&self, model: &ModelId) -> Result<Option<RemoteModel>> {
        let model = self.shared.options.registry.get(model)?;
        Ok(model.remote.map(|elsewhere| elsewhere.registered))
    }
}

impl<E: FnMut(RunEvent) + Send> Conversation<E> {
    /// Waits for the run's turn and has the endpoint answer. Its answers are
    /// never taken from the prompt cache: nobody knows whether it is still the
    /// same model.
    pub(crate) async fn ask_elsewhere(
        &mut self,
        engine: &Engine,
        (model, chat): (&RemoteModel, &Chat),
        caller: &Caller,
        cancel: &CancellationToken,
    ) -> Result<FinishReason> {
        let cancelled = || Error::new(Code::Cancelled, "The run was stopped.");
        let _place = tokio::select! {
            place = engine.shared.queue.place_of(&model.id, caller, AT_ONCE) => place?,
            () = cancel.cancelled() => return Err(cancelled()),
        };
        // From here on the prompt may have left, whatever becomes of it.
        self.run.remote = Some(RemoteUse { host: model.host().to_owned(), left_out: Vec::new() });
        let parameters = self.run.parameters.clone();
        let messages = in_words(&chat.messages, &chat.tools);
        let question = Question { messages: &messages, parameters: &parameters };
        let answer = engine.shared.options.remote.answer(model, question, |heard| self.hear(heard));
        let answered = tokio::select! {
            answered = answer => answered?,
            () = cancel.cancelled() => return Err(cancelled()),
        };
        self.run.measures.tokens_in = answered.tokens_in;
        self.run.measures.tokens_out = answered.tokens_out;
        self.run.likelihoods = answered.likelihoods;
        Ok(answered.reason)
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Taken { mut left_out } => {
                // Without the model's tokenizer nothing can be fitted.
                if self.prompt.context_policy != ContextPolicy::Refuse {
                    left_out.push("context_policy".to_owned());
                }
                if let Some(remote) = &mut self.run.remote {
                    remote.left_out = left_out;
                }
                self.started(None);
            }
            Heard::Text(text) => {
                self.stopwatch.token();
                self.say(text);
            }
        }
    }
}
