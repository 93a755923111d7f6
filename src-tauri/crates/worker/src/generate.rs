//! One run: the prompt is counted, the answer is streamed.

use crate::{prompt::Prompter, sampler::LogitsProcessor};
use mistralrs::{
    Model, Response, SamplingParams,
    core::{NormalRequest, Request as EngineRequest, RequestMessage},
};
use nopenai_domain::{FinishReason, Result};
use nopenai_serving::{Answer, End, Request, engine_failed, room};
use std::sync::{Arc, OnceLock};
use tokio::sync::mpsc;

/// Answers `request`; dropping the future makes the engine stop at its next
/// token.
pub async fn answer(
    model: &Model,
    prompter: &Prompter,
    request: Request,
    answer: &mut Answer<'_>,
) -> Result<End> {
    let prompt = prompter.tokens(&request.chat)?;
    let last = prompt.last().copied().ok_or_else(|| engine_failed("the prompt has no tokens"))?;
    let tokens_in = u32::try_from(prompt.len()).unwrap_or(u32::MAX);
    let most = model.max_sequence_length().map_err(engine_failed)?;
    let most = most.and_then(|most| u32::try_from(most).ok()).unwrap_or(u32::MAX);
    let room = room(tokens_in, request.parameters.context_length, most)?;
    answer.started(tokens_in).await;
    let max_tokens = request.parameters.max_tokens.min(room);
    let first = Arc::new(OnceLock::new());
    let (told, mut pieces) = mpsc::channel(1);
    // Our sampler leaves one token possible, and this takes the likeliest.
    let sampling =
        SamplingParams { max_len: Some(max_tokens as usize), ..SamplingParams::deterministic() };
    let processor = LogitsProcessor::new(request.sampler.clone(), first.clone());
    let message = RequestMessage::CompletionTokens(prompt);
    let normal = NormalRequest {
        is_streaming: true,
        logits_processors: Some(vec![Arc::new(processor)]),
        ..NormalRequest::new_simple(message, sampling, told, 0, None, None)
    };
    let engine = model.inner().get_sender(None).map_err(engine_failed)?;
    engine.send(EngineRequest::Normal(Box::new(normal))).await.map_err(engine_failed)?;
    // The engine takes white space off an answer's beginning, which belongs
    // there where an answer is gone on with.
    let space = |text: &str| match first.get().filter(|_| request.chat.continued) {
        Some(&token) => prompter.leading_space(last, token) + text,
        None => text.to_owned(),
    };
    let mut begun = false;
    while let Some(response) = pieces.recv().await {
        let Some((text, end)) = read(response)? else { continue };
        let text = if begun { text } else { space(&text) };
        begun = true;
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
    let chunk = match response {
        Response::CompletionChunk(chunk) => chunk,
        Response::ModelError(reason, _) | Response::CompletionModelError(reason, _) => {
            return Err(engine_failed(reason));
        }
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
    Ok(Some((choice.text, end)))
}
