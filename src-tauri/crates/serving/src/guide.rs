//! Answers of a format: which tokens may come next.

use llguidance::{Matcher, ParserFactory, api::TopLevelGrammar, toktrie::TokEnv};
use nopenai_domain::{AnswerFormat, Error, Result};
use serde_json::{Value, json};

/// Follows an answer through its format, token by token (llguidance: Earley's
/// algorithm over derivatives of regular expressions).
pub struct Guide {
    matcher: Matcher,
    vocabulary: TokEnv,
    failure: Option<String>,
}

impl Guide {
    /// A guide at the beginning of an answer; `None` where any text will do.
    ///
    /// # Errors
    /// [`nopenai_domain::Code::InvalidInput`] for a rule that isn't understood.
    pub fn new(format: &AnswerFormat, vocabulary: &TokEnv) -> Result<Option<Self>> {
        let grammar = match format {
            AnswerFormat::Text => return Ok(None),
            AnswerFormat::Json(schema) => TopLevelGrammar::from_json_schema(read(schema)?),
            AnswerFormat::Regex(pattern) => TopLevelGrammar::from_regex(pattern),
            AnswerFormat::Lark(grammar) => TopLevelGrammar::from_lark(grammar.clone()),
        };
        let mut factory = ParserFactory::new_simple(vocabulary).map_err(not_understood)?;
        let matcher = Matcher::new(factory.quiet().create_parser(grammar));
        match matcher.get_error() {
            Some(reason) => Err(not_understood(reason)),
            None => Ok(Some(Self { matcher, vocabulary: vocabulary.clone(), failure: None })),
        }
    }

    /// Makes every token impossible that the format doesn't allow here.
    pub fn restrict(&mut self, logits: &mut [f32]) {
        let allowed = self.matcher.compute_mask_or_eos().unwrap_or_else(|error| {
            self.failure.get_or_insert(error.to_string());
            self.vocabulary.tok_trie().eos_token_set()
        });
        for (token, logit) in logits.iter_mut().enumerate() {
            if token >= allowed.len() || !allowed.is_allowed(token as u32) {
                *logit = f32::NEG_INFINITY;
            }
        }
    }

    /// Goes on behind a token.
    pub fn follow(&mut self, token: u32) {
        let is_end = self.vocabulary.tok_trie().eos_tokens().contains(&token);
        if !is_end && let Err(error) = self.matcher.consume_token(token) {
            self.failure.get_or_insert(error.to_string());
        }
    }

    /// Why the answer could not be guided to its end.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }
}

/// A schema, with one way to set its JSON where it states none: a small model
/// that may write spaces anywhere goes on writing spaces.
fn read(schema: &str) -> Result<Value> {
    let mut schema: Value = serde_json::from_str(schema).map_err(not_understood)?;
    if let Some(fields) = schema.as_object_mut() {
        let spaced = json!({
            "whitespace_flexible": false, "item_separator": ", ", "key_separator": ": ",
        });
        fields.entry("x-guidance").or_insert(spaced);
    }
    Ok(schema)
}

fn not_understood(reason: impl std::fmt::Display) -> Error {
    let reason = reason.to_string();
    let first = reason.lines().next().unwrap_or_default();
    Error::invalid("format", format!("The answer's format is not understood: {first}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use llguidance::toktrie::ApproximateTokEnv;

    /// What a model would say that always wants the token of the highest
    /// number, where tokens are single bytes.
    fn said(format: &AnswerFormat, longest: usize) -> String {
        let vocabulary = ApproximateTokEnv::single_byte_env();
        let (end, size) = (vocabulary.tok_trie().eos_token(), vocabulary.tok_trie().vocab_size());
        let mut guide = Guide::new(format, &vocabulary).unwrap().unwrap();
        let mut said = Vec::new();
        for _ in 0..longest {
            let mut logits: Vec<f32> = (0..size).map(|token| token as f32).collect();
            logits[end as usize] = -1.0;
            guide.restrict(&mut logits);
            let best = (0..size).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap() as u32;
            guide.follow(best);
            assert_eq!(guide.failure(), None);
            if best == end {
                break;
            }
            said.push(best as u8);
        }
        String::from_utf8(said).unwrap()
    }

    #[test]
    fn an_answer_keeps_to_its_format_and_ends_where_it_must() {
        assert_eq!(said(&AnswerFormat::Regex("[a-c]{3}-[0-9]".to_owned()), 20), "ccc-9");
        let schema = r#"{"enum": ["left", "right"]}"#;
        assert_eq!(said(&AnswerFormat::Json(schema.to_owned()), 20), r#""right""#);
        let grammar = "start: \"a\" [\"b\"] \"c\"";
        assert_eq!(said(&AnswerFormat::Lark(grammar.to_owned()), 20), "ac");
    }

    #[test]
    fn a_rule_that_is_not_understood_is_bad_input() {
        let vocabulary = ApproximateTokEnv::single_byte_env();
        for format in [
            AnswerFormat::Regex("(".to_owned()),
            AnswerFormat::Lark("start: nothing".to_owned()),
            AnswerFormat::Json(r#"{"type": "no such type"}"#.to_owned()),
        ] {
            let error = Guide::new(&format, &vocabulary).err().expect("it is refused");
            assert_eq!(error.details["field"], "format", "{format:?}");
        }
        assert!(Guide::new(&AnswerFormat::Text, &vocabulary).unwrap().is_none());
    }
}
