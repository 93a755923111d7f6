//! One event of a chat completion: what of the answer it has.

use nopenai_domain::{FinishReason, Likely, TokenLikelihood};
use serde::Deserialize;
use serde_json::Value;

/// What a run tells of likelihoods at most, as local ones do.
const MOST_LIKELIHOODS: usize = 4096;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Chunk {
    choices: Option<Vec<Choice>>,
    usage: Option<Usage>,
    /// What went wrong, in place of an answer.
    pub error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice {
    delta: Option<Delta>,
    finish_reason: Option<String>,
    logprobs: Option<Logprobs>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
    reasoning_content: Option<String>,
    reasoning: Option<Value>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Usage {
    prompt_tokens: Option<u32>,
    completion_tokens: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Logprobs {
    content: Option<Vec<Token>>,
}

#[derive(Debug, Deserialize)]
struct Token {
    token: String,
    logprob: f64,
    #[serde(default)]
    top_logprobs: Vec<Alternative>,
}

#[derive(Debug, Deserialize)]
struct Alternative {
    token: String,
    logprob: f64,
}

/// How an endpoint says that an answer is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As local ones end.
    Ordinary(FinishReason),
    /// A filter of the endpoint cut it off.
    Filtered,
}

/// An answer as its chunks come.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    is_thinking: bool,
    pub end: Option<End>,
    pub tokens_in: Option<u32>,
    pub tokens_out: Option<u32>,
    pub likelihoods: Option<Vec<TokenLikelihood>>,
}

impl Collected {
    /// Takes a chunk in, and gives the text to append. Reasoning that comes apart
    /// becomes a block of thinking, as local models write it.
    pub fn take(&mut self, chunk: Chunk) -> String {
        if let Some(usage) = chunk.usage {
            // Some tell it with every chunk, counting up.
            self.tokens_in = usage.prompt_tokens.or(self.tokens_in);
            self.tokens_out = usage.completion_tokens.or(self.tokens_out);
        }
        let mut text = String::new();
        if let Some(choice) = chunk.choices.unwrap_or_default().into_iter().next() {
            let delta = choice.delta.unwrap_or_default();
            let reasoning = delta.reasoning.as_ref().and_then(Value::as_str);
            self.think(delta.reasoning_content.as_deref().or(reasoning), &mut text);
            self.say(delta.content.as_deref(), &mut text);
            self.say(delta.refusal.as_deref(), &mut text);
            self.weigh(choice.logprobs);
            if let Some(reason) = choice.finish_reason {
                self.end = Some(end(&reason));
            }
        }
        text
    }

    /// What closes a block of thinking that nothing followed.
    pub fn close(&mut self) -> &'static str {
        if std::mem::take(&mut self.is_thinking) { "\n</think>" } else { "" }
    }

    fn think(&mut self, thought: Option<&str>, text: &mut String) {
        let Some(thought) = thought.filter(|thought| !thought.is_empty()) else { return };
        if !std::mem::replace(&mut self.is_thinking, true) {
            text.push_str("<think>\n");
        }
        text.push_str(thought);
    }

    fn say(&mut self, said: Option<&str>, text: &mut String) {
        let Some(said) = said.filter(|said| !said.is_empty()) else { return };
        if std::mem::take(&mut self.is_thinking) {
            text.push_str("\n</think>\n\n");
        }
        text.push_str(said);
    }

    fn weigh(&mut self, logprobs: Option<Logprobs>) {
        let Some(tokens) = logprobs.and_then(|logprobs| logprobs.content) else { return };
        let kept = self.likelihoods.get_or_insert_default();
        let room = MOST_LIKELIHOODS - kept.len();
        kept.extend(tokens.into_iter().take(room).map(|token| {
            TokenLikelihood {
                drawn: Likely { text: token.token, logprob: token.logprob },
                alternatives: token
                    .top_logprobs
                    .into_iter()
                    .map(|other| Likely { text: other.token, logprob: other.logprob })
                    .collect(),
            }
        }));
    }
}

fn end(reason: &str) -> End {
    match reason {
        "length" => End::Ordinary(FinishReason::Length),
        "content_filter" => End::Filtered,
        _ => End::Ordinary(FinishReason::Stop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn collect(chunks: &[Value]) -> (String, Collected) {
        let mut collected = Collected::default();
        let mut text = String::new();
        for chunk in chunks {
            text += &collected.take(serde_json::from_value(chunk.clone()).unwrap());
        }
        text += collected.close();
        (text, collected)
    }

    fn delta(delta: Value) -> Value {
        json!({ "choices": [{ "delta": delta }] })
    }

    #[test]
    fn text_usage_and_end_are_put_together() {
        let (text, collected) = collect(&[
            delta(json!({ "role": "assistant", "content": "" })),
            delta(json!({ "content": "4" })),
            json!({ "choices": [{ "delta": {}, "finish_reason": "length" }] }),
            json!({ "choices": [], "usage": { "prompt_tokens": 9, "completion_tokens": 1 } }),
        ]);
        assert_eq!(text, "4");
        assert_eq!(collected.end, Some(End::Ordinary(FinishReason::Length)));
        assert_eq!((collected.tokens_in, collected.tokens_out), (Some(9), Some(1)));
        assert_eq!(collected.likelihoods, None);
    }

    #[test]
    fn reasoning_is_thinking() {
        for name in ["reasoning_content", "reasoning"] {
            let (text, _) = collect(&[
                delta(json!({ name: "2+" })),
                delta(json!({ name: "2" })),
                delta(json!({ "content": "4" })),
            ]);
            assert_eq!(text, "<think>\n2+2\n</think>\n\n4");
            assert_eq!(nopenai_domain::without_thinking(&text), "4");
            let (unfinished, _) = collect(&[delta(json!({ name: "2+2" }))]);
            assert_eq!(unfinished, "<think>\n2+2\n</think>");
        }
    }

    #[test]
    fn likelihoods_are_those_of_local_runs() {
        let top = json!([{ "token": "4", "logprob": -0.1 }, { "token": "5", "logprob": -3.0 }]);
        let content = json!([{ "token": "4", "logprob": -0.1, "top_logprobs": top }]);
        let chunk = json!({ "choices": [
            { "delta": { "content": "4" }, "logprobs": { "content": content } },
        ] });
        let likelihoods = collect(&[chunk]).1.likelihoods.unwrap();
        assert_eq!(likelihoods[0].drawn.text, "4");
        assert_eq!(likelihoods[0].alternatives[1].logprob, -3.0);
    }

    #[test]
    fn nulls_and_fields_nobody_knows_harm_nothing() {
        let (text, collected) = collect(&[
            json!({ "choices": null, "usage": null, "error": null, "x": 1 }),
            json!({ "choices": [{ "delta": null, "finish_reason": null, "logprobs": null }] }),
            delta(json!({ "content": null, "reasoning": { "odd": true } })),
            json!({ "choices": [{ "finish_reason": "content_filter" }] }),
        ]);
        assert_eq!((text.as_str(), collected.end), ("", Some(End::Filtered)));
    }
}
