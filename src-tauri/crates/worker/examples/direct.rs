//! mistral.rs called directly, for `cargo xtask bench engine`: loads the model
//! named by the first argument, then answers each line of its input, a JSON
//! object `{prompt, max_tokens}`, with a line of measures.

use anyhow::Context;
use mistralrs::{Model, RequestBuilder, Response, TextMessageRole};
use nopenai_protocol::ElementType;
use serde_json::{Value, json};
use std::{io::BufRead, path::PathBuf, time::Instant};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().context("the model's path is missing")?);
    let element_type: ElementType = match arguments.next() {
        Some(word) => serde_json::from_value(Value::String(word))?,
        None => ElementType::Auto,
    };
    let start = Instant::now();
    let (engine, _) = nopenai_worker::load::build(&path, element_type).await?;
    let model = engine.model().await;
    println!("{}", json!({ "load_s": start.elapsed().as_secs_f64() }));
    for line in std::io::stdin().lock().lines() {
        println!("{}", answer(&model, &serde_json::from_str(&line?)?).await?);
    }
    Ok(())
}

async fn answer(model: &Model, request: &Value) -> anyhow::Result<Value> {
    let prompt = request["prompt"].as_str().context("no prompt")?;
    let max_tokens = request["max_tokens"].as_u64().context("no max_tokens")?;
    let chat = RequestBuilder::new()
        .add_message(TextMessageRole::User, prompt)
        .set_deterministic_sampler()
        .set_sampler_max_len(usize::try_from(max_tokens)?);
    let start = Instant::now();
    let mut first = None;
    let mut stream = model.stream_chat_request(chat).await?;
    while let Some(Response::Chunk(chunk)) = stream.next().await {
        first.get_or_insert_with(Instant::now);
        let Some(usage) = chunk.usage else { continue };
        let first = first.context("no token came")?;
        let tokens = usage.completion_tokens;
        return Ok(json!({
            "tokens": tokens,
            "ttft_ms": (first - start).as_secs_f64() * 1000.0,
            "decode_tps": (tokens.saturating_sub(1)) as f64 / first.elapsed().as_secs_f64(),
        }));
    }
    anyhow::bail!("the engine stopped in the middle of the answer")
}
