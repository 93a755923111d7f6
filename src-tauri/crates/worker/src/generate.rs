//! One run: the prompt is counted, the answer is streamed.

use crate::sampler::LogitsProcessor;
use either::Either;
use mistralrs::{
    ChatCompletionChunkResponse, Model, RequestBuilder, Response, SamplingParams, TextMessageRole,
    TextMessages,
};
use nopenai_domain::{FinishReason, Message, Result, Role};
use nopenai_serving::{Answer, End, Request, engine_failed, room};
use std::sync::Arc;

/// Answers `request`; dropping the future makes the engine stop at its next
/// token.
pub async fn answer(model: &Model, request: Request, answer: &mut Answer<'_>) -> Result<End> {
    let tokens_in = count(model, &request.messages).await?;
    let most = model.max_sequence_length().map_err(engine_failed)?;
    let most = most.and_then(|most| u32::try_from(most).ok()).unwrap_or(u32::MAX);
    let room = room(tokens_in, request.parameters.context_length, most)?;
    answer.started(tokens_in).await;
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
        .add_logits_processor(Arc::new(LogitsProcessor(request.sampler.clone())));
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
    // It tells no end when the last token leaves a character unfinished.
    if request.sampler.tokens_drawn() >= max_tokens {
        return Ok(End { reason: FinishReason::Length, unsaid: 0 });
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

fn engine_role(role: Role) -> TextMessageRole {
    match role {
        Role::System => TextMessageRole::System,
        Role::User => TextMessageRole::User,
        Role::Assistant => TextMessageRole::Assistant,
    }
}
