//! One run: the prompt is counted, the answer is streamed.

use crate::{engine::Outbox, sampler::SeededSampler};
use either::Either;
use mistralrs::{Model, RequestBuilder, Response, SamplingParams, TextMessageRole, TextMessages};
use nopenai_domain::{Code, Error, FinishReason, Message, Parameters, Role, RunId};
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
    model: Arc<Model>,
    request: Request,
    mut cancelled: oneshot::Receiver<()>,
    outbox: Outbox,
) {
    let run = request.run;
    let sampler = Arc::new(SeededSampler::new(&request.parameters));
    let ended = tokio::select! {
        ended = stream(&model, request, sampler.clone(), &outbox) => ended,
        // Dropping the stream makes the engine stop at its next token.
        _ = &mut cancelled => Ok(FinishReason::Cancelled),
    };
    let message = match ended {
        Ok(reason) => {
            let tokens_out = sampler.tokens_drawn();
            FromWorker::Finished { run, reason, tokens_out }
        }
        Err(error) => FromWorker::Failed { run, error },
    };
    let _ = outbox.send(message).await;
}

async fn stream(
    model: &Model,
    request: Request,
    sampler: Arc<SeededSampler>,
    outbox: &Outbox,
) -> Result<FinishReason, Error> {
    let run = request.run;
    let (tokens_in, room) = measure_prompt(model, &request.messages).await?;
    let _ = outbox.send(FromWorker::Started { run, tokens_in }).await;
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
    let mut answer = model.stream_chat_request(chat).await.map_err(engine_failed)?;
    while let Some(response) = answer.next().await {
        let chunk = match response {
            Response::Chunk(chunk) => chunk,
            Response::ModelError(reason, _) => return Err(engine_failed(reason)),
            Response::InternalError(reason) | Response::ValidationError(reason) => {
                return Err(engine_failed(reason));
            }
            _ => continue,
        };
        let Some(choice) = chunk.choices.into_iter().next() else { continue };
        if let Some(text) = choice.delta.content.filter(|text| !text.is_empty()) {
            let _ = outbox.send(FromWorker::Token { run, text }).await;
        }
        if let Some(reason) = choice.finish_reason {
            return Ok(match reason.as_str() {
                "length" => FinishReason::Length,
                _ => FinishReason::Stop,
            });
        }
    }
    Err(engine_failed("it stopped in the middle of the answer"))
}

/// Tokens of the prompt with its chat template, and tokens left for the answer.
async fn measure_prompt(model: &Model, messages: &[Message]) -> Result<(u32, u32), Error> {
    let chat = messages.iter().fold(TextMessages::new(), |chat, message| {
        chat.add_message(engine_role(message.role), &message.content)
    });
    let tokens = model
        .tokenize(Either::Left(chat), None, true, true, None)
        .await
        .map_err(engine_failed)?
        .len();
    let available = model.max_sequence_length().map_err(engine_failed)?.unwrap_or(usize::MAX);
    match available.checked_sub(tokens) {
        Some(room) if room > 0 => {
            Ok((u32::try_from(tokens).unwrap_or(u32::MAX), u32::try_from(room).unwrap_or(u32::MAX)))
        }
        _ => Err(Error::new(
            Code::ContextOverflow,
            format!(
                "The prompt has {tokens} tokens, and this model reads {available} with its \
                 answer. Shorten the prompt or choose a model with a longer context."
            ),
        )
        .with("used", tokens)
        .with("available", available)),
    }
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
