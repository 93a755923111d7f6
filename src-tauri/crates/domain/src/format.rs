use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest rule, in bytes of UTF-8.
const MAX_RULE_BYTES: usize = 64 * 1024;

/// What an answer has to be, letter for letter: no token that would break it
/// is drawn. One that is cut off by `max_tokens` is only its beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "rule", rename_all = "snake_case")]
pub enum AnswerFormat {
    /// Any text.
    #[default]
    Text,
    /// JSON that fits this JSON Schema.
    Json(String),
    /// A text that this regular expression matches from beginning to end.
    Regex(String),
    /// A text of this grammar, in Lark's notation.
    Lark(String),
}

impl AnswerFormat {
    /// Its rule; none for any text.
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::Text => None,
            Self::Json(rule) | Self::Regex(rule) | Self::Lark(rule) => Some(rule),
        }
    }

    /// Checks what can be checked without a model: that there is a rule, that
    /// it is not too long, and that a schema is JSON.
    ///
    /// # Errors
    /// [`crate::Code::InvalidInput`] for the field `format`.
    pub fn validate(&self) -> Result<()> {
        let Some(rule) = self.rule() else { return Ok(()) };
        let refused = |message: String| Err(Error::invalid("format", message));
        if rule.trim().is_empty() {
            return refused("The answer's format has no rule: type one, or allow any text.".into());
        }
        if rule.len() > MAX_RULE_BYTES {
            let bytes = rule.len();
            return refused(format!(
                "The answer's format has {bytes} bytes; at most {MAX_RULE_BYTES} are read."
            ));
        }
        if let Self::Json(schema) = self
            && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(schema)
        {
            return refused(format!("The answer's schema is not JSON: {error}."));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_rule_is_refused() {
        let refusal = |format: AnswerFormat| format.validate().err().map(|error| error.message);
        assert_eq!(refusal(AnswerFormat::Text), None);
        assert_eq!(refusal(AnswerFormat::Json(r#"{"type":"object"}"#.to_owned())), None);
        assert_eq!(refusal(AnswerFormat::Regex("[0-9]+".to_owned())), None);
        assert!(
            refusal(AnswerFormat::Json("{".to_owned())).is_some_and(|text| text.contains("JSON"))
        );
        assert!(
            refusal(AnswerFormat::Lark(" ".to_owned()))
                .is_some_and(|text| text.contains("no rule"))
        );
        let long = AnswerFormat::Regex("x".repeat(MAX_RULE_BYTES + 1));
        assert!(refusal(long).is_some_and(|text| text.contains("65537")));
    }
}
