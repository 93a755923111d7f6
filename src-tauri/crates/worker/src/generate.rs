//! One run: the prompt is counted, the answer is streamed.

use crate::{
    engine::Outbox,
    memory,
    model::LoadedEngine,
    sampler::SeededSampler,
    stop::{Passed, StopCut},
};
use either::Either;
use mistralrs::{
    ChatCompletionChunkResponse, Model, RequestBuilder, Response, SamplingParams, TextMessageRole,
    TextMessages,
};
use nopenai_domain::{Code, Error, FinishReason, Message, Parameters, Result, Role, RunId};
use nopenai_protocol::FromWorker;
use std::sync::Arc;
use tokio::sync::oneshot;

/// What to answer, and how.
pub struct Request {
    pub run: RunId,
    pub messages: Vec<Message>,
    pub parameters: Parameters,
}

/// Answers `request`, ending in exactly one `Finished` or `Failed`.
pub async fn generate(
    engine: Arc<LoadedEngine>,
    request: Request,
    mut cancelled: oneshot::Receiver<()>,
    outbox: Outbox,
) {
    let run = request.run;
    let sampler = Arc::new(SeededSampler::new(&request.parameters));
    let cut = StopCut::new(request.parameters.stop.clone());
    let mut answer = Answer { run, cut, outbox: &outbox, tokens_in: 0 };
    let model = engine.model().await;
    let ended = tokio::select! {
        ended = stream(&model, request, sampler.clone(), &mut answer) => ended,
        // Dropping the stream makes the engine stop at its next token.
        _ = &mut cancelled => Ok(End { reason: FinishReason::Cancelled, unsaid: 0 }),
    };
    answer.release().await;
    if let Some(memory) = memory::of_process() {
        let _ = outbox.send(FromWorker::Memory(memory)).await;
    }
    let message = match ended {
        Ok(End { reason, unsaid }) => {
            let tokens_out = sampler.tokens_drawn().saturating_sub(unsaid);
            FromWorker::Finished { run, reason, tokens_out }
        }
        Err(error) => FromWorker::Failed { run, error },
    };
    drop(model);
    let ended = engine.ended(answer.tokens_in + sampler.tokens_drawn());
    let _ = tokio::join!(ended, outbox.send(message));
}

/// How an answer ended.
struct End {
    reason: FinishReason,
    /// Tokens that were drawn and are not part of the answer: the one that ends
    /// the sequence.
    unsaid: u32,
}

/// A run's answer on its way to the studio.
struct Answer<'a> {
    run: RunId,
    /// Tokens of the prompt, once they are counted.
    tokens_in: u32,
    cut: StopCut,
    outbox: &'a Outbox,
}

impl Answer<'_> {
    /// Tells a token's text; true when a stop text is complete with it.
    async fn say(&mut self, text: &str) -> bool {
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

async fn stream(
    model: &Model,
    request: Request,
    sampler: Arc<SeededSampler>,
    answer: &mut Answer<'_>,
) -> Result<End> {
    let context_length = request.parameters.context_length;
    let (tokens_in, room) = measure_prompt(model, &request.messages, context_length).await?;
    answer.tokens_in = tokens_in;
    let _ = answer.outbox.send(FromWorker::Started { run: request.run, tokens_in }).await;
    let max_tokens = request.parameters.max_tokens.min(room);
    let chat = request.messages.into_iter().fold(RequestBuilder::new(), |chat, message| {
        chat.add_message(engine_role(message.role), message.content)
    });
    let chat = chat
        // Our sampler leaves one token possible, and this takes the likeliest.
        .set_sampling(SamplingParams {
            max_len: Some(max_tokens as usize),
            ..SamplingParams::deterministic()
        })
        .add_logits_processor(sampler);
    let mut pieces = model.stream_chat_request(chat).await.map_err(engine_failed)?;
    while let Some(response) = pieces.next().await {
        let Some((text, end)) = read(response)? else { continue };
        if !text.is_empty() && answer.say(&text).await {
            return Ok(End { reason: FinishReason::Stop, unsaid: 0 });
        }
        if let Some(end) = end {
            return Ok(end);
        }
    }
    Err(engine_failed("it stopped in the middle of the answer"))
}

/// The text of a piece of the engine's answer, and the end when it is the last.
fn read(response: Response) -> Result<Option<(String, Option<End>)>> {
    let chunk: ChatCompletionChunkResponse = match response {
        Response::Chunk(chunk) => chunk,
        Response::ModelError(reason, _) => return Err(engine_failed(reason)),
        Response::InternalError(reason) | Response::ValidationError(reason) => {
            return Err(engine_failed(reason));
        }
        _ => return Ok(None),
    };
    let Some(choice) = chunk.choices.into_iter().next() else { return Ok(None) };
    let end = choice.finish_reason.map(|reason| match reason.as_str() {
        "length" => End { reason: FinishReason::Length, unsaid: 0 },
        // We give the engine no stop texts: it saw the end of the sequence.
        _ => End { reason: FinishReason::Stop, unsaid: 1 },
    });
    Ok(Some((choice.delta.content.unwrap_or_default(), end)))
}

/// Tokens of `messages` as they would be sent, with the chat template.
pub async fn count(model: &Model, messages: &[Message]) -> Result<u32> {
    let chat = messages.iter().fold(TextMessages::new(), |chat, message| {
        chat.add_message(engine_role(message.role), &message.content)
    });
    let tokens =
        model.tokenize(Either::Left(chat), None, true, true, None).await.map_err(engine_failed)?;
    Ok(u32::try_from(tokens.len()).unwrap_or(u32::MAX))
}

/// Tokens of the prompt, and tokens left for the answer.
async fn measure_prompt(
    model: &Model,
    messages: &[Message],
    context_length: Option<u32>,
) -> Result<(u32, u32)> {
    let tokens = count(model, messages).await?;
    let most = model.max_sequence_length().map_err(engine_failed)?;
    let most = most.and_then(|most| u32::try_from(most).ok()).unwrap_or(u32::MAX);
    let available = context_length.unwrap_or(u32::MAX).min(most);
    match available.checked_sub(tokens) {
        Some(room) if room > 0 => Ok((tokens, room)),
        _ => Err(overflow(tokens, available, available < most)),
    }
}

fn overflow(used: u32, available: u32, limited: bool) -> Error {
    let message = if limited {
        format!(
            "The prompt has {used} tokens, and the context length is set to {available} with the \
             answer. Shorten the prompt or raise the context length."
        )
    } else {
        format!(
            "The prompt has {used} tokens, and this model reads {available} with its answer. \
             Shorten the prompt or choose a model with a longer context."
        )
    };
    Error::new(Code::ContextOverflow, message).with("used", used).with("available", available)
}

fn engine_role(role: Role) -> TextMessageRole {
    match role {
        Role::System => TextMessageRole::System,
        Role::User => TextMessageRole::User,
        Role::Assistant => TextMessageRole::Assistant,
    }
}

fn engine_failed(reason: impl std::fmt::Display) -> Error {
    Error::new(Code::EngineFailed, format!("The engine failed: {reason}"))
}
