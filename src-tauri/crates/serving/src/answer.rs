//! One run: what is told of it, from its first token to its end.

use crate::{
    End, Engine, Request, SeededSampler, engine_failed, memory,
    session::Outbox,
    stop::{Passed, StopCut},
};
use nopenai_domain::{FinishReason, Parameters, Result, RunId};
use nopenai_protocol::{Chat, FromWorker};
use std::sync::Arc;
use tokio::sync::oneshot;

/// A run's answer on its way to the studio.
pub struct Answer<'a> {
    run: RunId,
    /// Tokens of the prompt, once they are counted.
    tokens_in: u32,
    cut: StopCut,
    outbox: &'a Outbox,
}

impl Answer<'_> {
    /// Tells that the prompt fits and is being read.
    pub async fn started(&mut self, tokens_in: u32) {
        self.tokens_in = tokens_in;
        let _ = self.outbox.send(FromWorker::Started { run: self.run, tokens_in }).await;
    }

    /// Tells a token's text; true when a stop text is complete with it.
    pub async fn say(&mut self, text: &str) -> bool {
        let (text, stopped) = match self.cut.push(text) {
            Passed::Text(text) => (text, false),
            Passed::Stopped(text) => (text, true),
        };
        let _ = self.outbox.send(FromWorker::Token { run: self.run, text }).await;
        stopped
    }

    /// Tells what was held back: the answer ends with it.
    async fn release(&mut self) {
        let text = self.cut.rest();
        if !text.is_empty() {
            let _ = self.outbox.send(FromWorker::Token { run: self.run, text }).await;
        }
    }
}

async fn sampler<E: Engine>(engine: &E, parameters: &Parameters) -> Result<SeededSampler> {
    if SeededSampler::needs_vocabulary(parameters) {
        SeededSampler::with_vocabulary(parameters, &engine.vocabulary().await?)
    } else {
        Ok(SeededSampler::new(parameters))
    }
}

/// Answers a run, ending in exactly one `Finished` or `Failed`.
pub async fn answer<E: Engine>(
    engine: Arc<E>,
    run: RunId,
    chat: Chat,
    parameters: Parameters,
    mut cancelled: oneshot::Receiver<()>,
    outbox: Outbox,
) {
    let sampler = match sampler(&*engine, &parameters).await {
        Ok(sampler) => Arc::new(sampler),
        Err(error) => {
            let _ = outbox.send(FromWorker::Failed { run, error }).await;
            return;
        }
    };
    let cut = StopCut::new(parameters.stop.clone());
    let mut answer = Answer { run, cut, outbox: &outbox, tokens_in: 0 };
    let request = Request { chat, parameters, sampler: sampler.clone() };
    let ended = tokio::select! {
        ended = engine.answer(request, &mut answer) => ended,
        _ = &mut cancelled => Ok(End { reason: FinishReason::Cancelled, unsaid: 0 }),
    };
    answer.release().await;
    if let Some(memory) = memory::of_process() {
        let _ = outbox.send(FromWorker::Memory(memory)).await;
    }
    let message = match ended {
        Ok(End { reason, unsaid }) => {
            let tokens_out = sampler.tokens_drawn().saturating_sub(unsaid);
            let likelihoods = sampler.take_likelihoods(tokens_out);
            match sampler.failure() {
                None => FromWorker::Finished { run, reason, tokens_out, likelihoods },
                Some(reason) => FromWorker::Failed { run, error: engine_failed(reason) },
            }
        }
        Err(error) => FromWorker::Failed { run, error },
    };
    let ended = engine.ended(answer.tokens_in + sampler.tokens_drawn());
    let _ = tokio::join!(ended, outbox.send(message));
}
