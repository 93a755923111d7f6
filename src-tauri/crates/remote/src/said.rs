//! What an endpoint says about an error, in its own words.

use nopenai_domain::Code;
use nopenai_secrets::Secret;
use reqwest::Response;
use serde_json::Value;

/// How much of it is read, bytes.
const MOST_BODY: usize = 64 << 10;
/// How much of it is shown, characters.
const MOST_SHOWN: usize = 300;

/// An endpoint's own words about an error, fit to show.
pub(crate) struct Said {
    message: String,
    /// The field of the request that is refused.
    pub field: Option<String>,
    pub is_about_model: bool,
    is_about_length: bool,
}

impl Said {
    pub async fn read(mut response: Response, key: Option<&Secret>) -> Self {
        let mut body = Vec::new();
        while let Ok(Some(piece)) = response.chunk().await {
            let room = MOST_BODY - body.len();
            body.extend_from_slice(&piece[..piece.len().min(room)]);
            if body.len() == MOST_BODY {
                break;
            }
        }
        match serde_json::from_slice::<Value>(&body) {
            Ok(json) => Self::of(json.get("error").unwrap_or(&json), key),
            // A page for people, or nothing.
            Err(_) => Self::of(&Value::Null, key),
        }
    }

    /// OpenAI's `{message, type, param, code}`, a text, or `{message}`/`{detail}`.
    pub fn of(error: &Value, key: Option<&Secret>) -> Self {
        let text = |name: &str| error.get(name).and_then(Value::as_str);
        let message = error.as_str().or(text("message")).or(text("detail")).unwrap_or_default();
        let code = text("code").unwrap_or_default();
        let small = message.to_lowercase();
        Self {
            message: shown(message, key),
            field: text("param").map(str::to_owned),
            is_about_model: code == "model_not_found" || small.contains("model"),
            is_about_length: code == "context_length_exceeded"
                || small.contains("context length")
                || small.contains("context window"),
        }
    }

    /// The code, but for a prompt that is too long.
    pub fn code(&self, code: Code) -> Code {
        if self.is_about_length { Code::ContextOverflow } else { code }
    }

    pub fn after(&self, message: String) -> String {
        if self.message.is_empty() {
            message
        } else {
            format!("{message} It says: {}", self.message)
        }
    }
}

/// The beginning of a stranger's text, without what isn't seen, and without the
/// key, which some repeat.
pub(crate) fn shown(text: &str, key: Option<&Secret>) -> String {
    let text = match key.map(Secret::expose).filter(|key| !key.is_empty()) {
        Some(key) => text.replace(key, "…"),
        None => text.to_owned(),
    };
    let is_mark = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let seen = text.chars().filter(|&c| !is_mark(c)).map(|c| if c.is_control() { ' ' } else { c });
    let seen: String = seen.collect();
    let mut words = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(MOST_SHOWN) {
        words.truncate(end);
        words.push('…');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_endpoint_that_repeats_the_key_is_not_quoted_with_it() {
        let key = Secret::new("sk-very-secret".to_owned());
        let echo = json!({ "message": "Incorrect key: sk-very-secret\u{202e}\u{7}!" });
        let told = Said::of(&echo, Some(&key)).after("No.".to_owned());
        assert_eq!(told, "No. It says: Incorrect key: … !");
        assert_eq!(shown(&"x".repeat(1000), None).chars().count(), MOST_SHOWN + 1);
    }

    #[test]
    fn every_way_of_saying_it_is_read() {
        for error in [json!("no"), json!({ "message": "no" }), json!({ "detail": "no" })] {
            assert_eq!(
                Said::of(&error, None).after("It failed.".to_owned()),
                "It failed. It says: no"
            );
        }
        for nothing in [Value::Null, json!(5), json!({ "message": ["a"] }), json!([])] {
            assert_eq!(Said::of(&nothing, None).after("It failed.".to_owned()), "It failed.");
        }
        let long = json!({ "code": "context_length_exceeded" });
        assert_eq!(Said::of(&long, None).code(Code::EngineFailed), Code::ContextOverflow);
    }
}
