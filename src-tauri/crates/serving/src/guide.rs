//! Answers of a format: which tokens may come next.

use llguidance::{Matcher, ParserFactory, api::TopLevelGrammar, toktrie::TokEnv};
use nopenai_domain::{
    AnswerFormat, CALL_CLOSES, CALL_OPENS, Error, Parameters, Result, Tool, ToolChoice,
    declared_tools,
};
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
    pub fn new(parameters: &Parameters, vocabulary: &TokEnv) -> Result<Option<Self>> {
        let grammar = match &parameters.format {
            AnswerFormat::Text if parameters.tool_choice == ToolChoice::Required => {
                TopLevelGrammar::from_lark(a_call(&declared_tools(&parameters.tools)?))
            }
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
    serde_json::from_str(schema).map(spaced).map_err(not_understood)
}

fn spaced(mut schema: Value) -> Value {
    if let Some(fields) = schema.as_object_mut() {
        let spaced = json!({
            "whitespace_flexible": false, "item_separator": ", ", "key_separator": ": ",
        });
        fields.entry("x-guidance").or_insert(spaced);
    }
    schema
}

/// The grammar of one call of one of `tools`.
fn a_call(tools: &[Tool]) -> String {
    let mut grammar = format!("start: \"{CALL_OPENS}\\n\" call \"\\n{CALL_CLOSES}\"\ncall: call_0");
    for number in 1..tools.len() {
        grammar.push_str(&format!(" | call_{number}"));
    }
    for (number, Tool { name, parameters, .. }) in tools.iter().enumerate() {
        let mut arguments = parameters.clone();
        arguments.entry("type").or_insert_with(|| "object".into());
        let schema = spaced(json!({
            "type": "object",
            "properties": { "name": { "const": name }, "arguments": arguments },
            "required": ["name", "arguments"],
            "additionalProperties": false,
        }));
        grammar.push_str(&format!("\ncall_{number}: %json {schema}"));
    }
    grammar
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
    use nopenai_domain::tool_calls;

    /// What a model would say that always wants the token of the highest
    /// number, where tokens are single bytes.
    fn said(parameters: &Parameters, longest: usize) -> String {
        let vocabulary = ApproximateTokEnv::single_byte_env();
        let (end, size) = (vocabulary.tok_trie().eos_token(), vocabulary.tok_trie().vocab_size());
        let mut guide = Guide::new(parameters, &vocabulary).unwrap().unwrap();
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
        assert_eq!(said(&of(AnswerFormat::Regex("[a-c]{3}-[0-9]".to_owned())), 20), "ccc-9");
        let schema = r#"{"enum": ["left", "right"]}"#;
        assert_eq!(said(&of(AnswerFormat::Json(schema.to_owned())), 20), r#""right""#);
        let grammar = "start: \"a\" [\"b\"] \"c\"";
        assert_eq!(said(&of(AnswerFormat::Lark(grammar.to_owned())), 20), "ac");
    }

    #[test]
    fn a_call_that_is_required_is_one_of_a_declared_function() {
        let tools = r#"[{"name": "add", "parameters": {"properties": {"x": {"enum": [1, 2]}},
            "required": ["x"], "additionalProperties": false}}, {"name": "zoo"}]"#;
        let required = |tools: &str| Parameters {
            tools: tools.to_owned(),
            tool_choice: ToolChoice::Required,
            ..Parameters::default()
        };
        let call = said(&required(tools), 200);
        let declared = declared_tools(tools).unwrap();
        assert_eq!(tool_calls(&call, &declared).len(), 1, "{call}");
        assert!(call.starts_with("<tool_call>\n{\"name\": \"zoo\""), "{call}");
        let add = format!("{}]", tools.split_once(", {\"name\": \"zoo\"").unwrap().0);
        let call = said(&required(&add), 200);
        let expected = "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"x\": 2}}\n</tool_call>";
        assert_eq!(call, expected);
    }

    fn of(format: AnswerFormat) -> Parameters {
        Parameters { format, ..Parameters::default() }
    }

    #[test]
    fn a_rule_that_is_not_understood_is_bad_input() {
        let vocabulary = ApproximateTokEnv::single_byte_env();
        for format in [
            AnswerFormat::Regex("(".to_owned()),
            AnswerFormat::Lark("start: nothing".to_owned()),
            AnswerFormat::Json(r#"{"type": "no such type"}"#.to_owned()),
        ] {
            let parameters = of(format.clone());
            let error = Guide::new(&parameters, &vocabulary).err().expect("it is refused");
            assert_eq!(error.details["field"], "format", "{format:?}");
        }
        assert!(Guide::new(&Parameters::default(), &vocabulary).unwrap().is_none());
    }
}
