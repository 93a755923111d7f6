//! What is sent of a run: the protocol's words for its parameters.

use nopenai_domain::{AnswerFormat, Error, Message, Parameters, Result, ToolChoice};
use serde_json::{Map, Value, json};

/// What is asked of an endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The whole chat, system prompt included. Where the last message is the
    /// beginning of an answer, it is for the endpoint to go on with it.
    pub messages: &'a [Message],
    /// How to answer.
    pub parameters: &'a Parameters,
}

/// Refuses what no endpoint can be held to. What an answer has to be letter for
/// letter is never quietly given up.
///
/// # Errors
/// [`nopenai_domain::Code::InvalidInput`] for the field `format` or
/// `tool_choice`.
pub fn check_promises(parameters: &Parameters) -> Result<()> {
    if let AnswerFormat::Regex(_) | AnswerFormat::Lark(_) = parameters.format {
        return Err(Error::invalid(
            "format",
            "A remote model can be held to a JSON Schema only: the protocol knows no regular \
             expressions and no grammars. Choose JSON or any text, or a local model.",
        ));
    }
    if parameters.tool_choice == ToolChoice::Required {
        return Err(Error::invalid(
            "tool_choice",
            "A remote model is told of functions in words and can't be held to call one. Let the \
             model decide, or choose a local one.",
        ));
    }
    Ok(())
}

/// A request's body, and what of the run's parameters is not in it.
pub(crate) struct Body {
    fields: Map<String, Value>,
    left_out: Vec<String>,
}

impl Body {
    /// Of a question to what the endpoint calls `model`.
    ///
    /// # Errors
    /// As [`check_promises`].
    pub fn of(model: &str, question: Question<'_>) -> Result<Self> {
        let Question { messages, parameters } = question;
        check_promises(parameters)?;
        let mut fields = Map::new();
        let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        set("model", model.into());
        set("messages", json!(messages));
        set("stream", true.into());
        set("stream_options", json!({ "include_usage": true }));
        set("temperature", parameters.temperature.into());
        set("top_p", parameters.top_p.into());
        set("max_tokens", parameters.max_tokens.into());
        if let Some(seed) = parameters.seed {
            set("seed", seed.into());
        }
        if !parameters.stop.is_empty() {
            set("stop", json!(parameters.stop));
        }
        if parameters.alternatives > 0 {
            set("logprobs", true.into());
            set("top_logprobs", parameters.alternatives.into());
        }
        if let AnswerFormat::Json(schema) = &parameters.format {
            let schema: Value = serde_json::from_str(schema).map_err(|error| {
                Error::invalid("format", format!("The answer's schema is not JSON: {error}."))
            })?;
            let named = json!({ "name": "answer", "strict": true, "schema": schema });
            set("response_format", json!({ "type": "json_schema", "json_schema": named }));
        }
        let unknown = [
            ("top_k", parameters.top_k != 0),
            ("min_p", parameters.min_p != 0.0),
            ("repetition_penalty", parameters.repetition_penalty != 1.0),
            ("context_length", parameters.context_length.is_some()),
        ];
        let left_out = unknown.into_iter().filter(|(_, is_set)| *is_set);
        let left_out = left_out.map(|(name, _)| name.to_owned()).collect();
        Ok(Self { fields, left_out })
    }

    /// Does without what an endpoint refuses, where the answer is still what was
    /// asked for; false where it would not be, or nothing changes. Newer models
    /// want another word for `max_tokens` and their own temperature.
    pub fn give_up(&mut self, refused: &str) -> bool {
        let name = refused.split('.').next().unwrap_or_default();
        let Some(value) = self.fields.remove(name) else { return false };
        match name {
            "max_tokens" => {
                self.fields.insert("max_completion_tokens".to_owned(), value);
            }
            "stream_options" => {}
            "temperature" | "top_p" | "seed" => self.left_out.push(name.to_owned()),
            "logprobs" | "top_logprobs" => {
                self.fields.remove("logprobs");
                self.fields.remove("top_logprobs");
                self.left_out.push("alternatives".to_owned());
            }
            _ => return false,
        }
        true
    }

    /// The names of the parameters that are set and not in it.
    pub fn left_out(&self) -> Vec<String> {
        self.left_out.clone()
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        // A map of plain values serializes.
        serde_json::to_vec(&self.fields).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nopenai_domain::Role;

    fn body(parameters: &Parameters) -> Body {
        let messages = [Message { role: Role::User, content: "Hi".to_owned() }];
        Body::of("m", Question { messages: &messages, parameters }).unwrap()
    }

    #[test]
    fn parameters_become_the_protocols_words_and_the_rest_is_named() {
        let parameters = Parameters {
            temperature: 0.25,
            top_k: 40,
            min_p: 0.1,
            repetition_penalty: 1.1,
            context_length: Some(4096),
            seed: Some(7),
            stop: vec!["END".to_owned()],
            alternatives: 3,
            format: AnswerFormat::Json(r#"{"type":"object"}"#.to_owned()),
            ..Parameters::default()
        };
        let body = body(&parameters);
        let sent: Value = serde_json::from_slice(&body.to_bytes()).unwrap();
        let expected = json!({
            "model": "m",
            "messages": [{ "role": "user", "content": "Hi" }],
            "stream": true,
            "stream_options": { "include_usage": true },
            "temperature": 0.25,
            "top_p": 0.95,
            "max_tokens": 512,
            "seed": 7,
            "stop": ["END"],
            "logprobs": true,
            "top_logprobs": 3,
            "response_format": { "type": "json_schema", "json_schema": {
                "name": "answer", "strict": true, "schema": { "type": "object" },
            } },
        });
        assert_eq!(sent, expected);
        let unknown = ["top_k", "min_p", "repetition_penalty", "context_length"];
        assert_eq!(body.left_out(), unknown);
    }

    #[test]
    fn what_is_at_its_default_is_not_missed() {
        let body = body(&Parameters::default());
        assert!(body.left_out().is_empty());
        let sent: Value = serde_json::from_slice(&body.to_bytes()).unwrap();
        for absent in ["seed", "stop", "logprobs", "response_format"] {
            assert_eq!(sent.get(absent), None, "{absent}");
        }
    }

    #[test]
    fn an_endpoint_may_refuse_what_changes_no_promise() {
        let schema = AnswerFormat::Json("{}".to_owned());
        let parameters = Parameters {
            format: schema,
            alternatives: 2,
            stop: vec!["x".to_owned()],
            ..Parameters::default()
        };
        let mut body = body(&parameters);
        assert!(body.give_up("max_tokens") && !body.give_up("max_tokens"));
        assert!(body.give_up("temperature") && body.give_up("top_logprobs"));
        assert!(body.give_up("stream_options.include_usage"));
        assert!(!body.give_up("logprobs"), "it went with the other");
        assert!(!body.give_up("response_format.json_schema"));
        assert_eq!(body.left_out(), ["temperature", "alternatives"]);
        let sent: Value = serde_json::from_slice(&body.to_bytes()).unwrap();
        assert_eq!(sent["max_completion_tokens"], 512);
        assert!(!body.give_up("stop"), "the answer would end elsewhere");
    }

    #[test]
    fn what_cannot_be_promised_is_refused() {
        let refused = |parameters: Parameters| {
            check_promises(&parameters).unwrap_err().details["field"].clone()
        };
        for format in [AnswerFormat::Regex("a".into()), AnswerFormat::Lark("start: \"a\"".into())] {
            assert_eq!(refused(Parameters { format, ..Parameters::default() }), "format");
        }
        let tool_choice = ToolChoice::Required;
        let required = refused(Parameters { tool_choice, ..Parameters::default() });
        assert_eq!(required, "tool_choice");
    }
}
