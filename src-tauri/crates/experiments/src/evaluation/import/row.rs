use crate::evaluation::{assess::regex, shape, text::normalised};
use nopenai_domain::{Expectation, MAX_PROMPT_BYTES, PromptSetItem};
use serde_json::{Map, Value};

/// The longest system prompt, in bytes, as parameters have it.
const MAX_SYSTEM_BYTES: usize = 64 * 1024;

/// The longest expectation, in bytes.
const MAX_EXPECTED_BYTES: usize = 64 * 1024;

/// One row of a file, by its columns.
pub struct Row(pub Map<String, Value>);

impl Row {
    /// The item it describes.
    pub fn item(&self, position: u32) -> Result<PromptSetItem, String> {
        let prompt = self.filled("prompt", MAX_PROMPT_BYTES)?;
        let prompt = prompt.ok_or("It has no prompt.")?;
        let system = self.filled("system", MAX_SYSTEM_BYTES)?;
        Ok(PromptSetItem { position, prompt, system, expectation: self.expectation()? })
    }

    /// The text of a column; none where it is not there, or blank.
    fn text(&self, column: &str) -> Result<Option<&str>, String> {
        match self.0.get(column) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => {
                Ok(Some(text.as_str()).filter(|text| !text.trim().is_empty()))
            }
            Some(_) => Err(format!("{column} is no text.")),
        }
    }

    /// A column's text with its variables filled in, each once.
    fn filled(&self, column: &str, most: usize) -> Result<Option<String>, String> {
        let Some(mut rest) = self.text(column)? else { return Ok(None) };
        let mut filled = String::new();
        while let Some((before, behind)) = rest.split_once("{{") {
            filled.push_str(before);
            match behind.split_once("}}").filter(|(name, _)| is_name(name)) {
                Some((name, behind)) => {
                    filled.push_str(&self.variable(name)?);
                    rest = behind;
                }
                None => {
                    filled.push_str("{{");
                    rest = behind;
                }
            }
            if filled.len() > most {
                break;
            }
        }
        filled.push_str(rest);
        if filled.len() > most {
            return Err(format!("{column} has more than {most} bytes."));
        }
        Ok(Some(filled))
    }

    fn variable(&self, name: &str) -> Result<String, String> {
        match self.0.get(name) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string()),
            Some(_) => Err(format!("{{{{{name}}}}} is filled with neither text nor number.")),
            None => Err(format!("{{{{{name}}}}} has no column.")),
        }
    }

    fn expectation(&self) -> Result<Option<Expectation>, String> {
        let Some(kind) = self.text("kind")? else {
            return match self.0.get("expected") {
                None | Some(Value::Null) => Ok(None),
                Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
                Some(_) => Err("Something is expected, and its kind is missing.".to_owned()),
            };
        };
        if kind == "json_schema" {
            return self.schema().map(Some);
        }
        let expected = self.text("expected")?.ok_or("expected is missing.")?;
        if expected.len() > MAX_EXPECTED_BYTES {
            return Err("expected has more than 65,536 bytes.".to_owned());
        }
        let text = expected.to_owned();
        let expectation = match kind {
            "exact" => Expectation::Exact { text, case_sensitive: self.case_sensitive()? },
            "contains" => Expectation::Contains { text, case_sensitive: self.case_sensitive()? },
            "regex" => match regex(expected) {
                Ok(_) => Expectation::Regex { pattern: text },
                Err(error) => return Err(format!("expected is no regular expression: {error}.")),
            },
            "multiple_choice" => Expectation::MultipleChoice { letter: letter(expected)? },
            "judge" => Expectation::Judge { criterion: text },
            other => {
                return Err(format!(
                    "{other:?} is no kind: exact, contains, regex, json_schema, multiple_choice \
                     or judge."
                ));
            }
        };
        // A text of nothing but invisible characters would be in every answer.
        if matches!(kind, "exact" | "contains") && normalised(expected, true).is_empty() {
            return Err("expected is empty.".to_owned());
        }
        Ok(Some(expectation))
    }

    fn schema(&self) -> Result<Expectation, String> {
        let schema = match self.0.get("expected") {
            None | Some(Value::Null) => return Err("expected is missing.".to_owned()),
            Some(Value::String(text)) => serde_json::from_str(text)
                .map_err(|error| format!("expected is no JSON: {error}."))?,
            Some(schema) => schema.clone(),
        };
        if schema.to_string().len() > MAX_EXPECTED_BYTES {
            return Err("expected has more than 65,536 bytes.".to_owned());
        }
        shape::check(&schema).map_err(|error| format!("expected is no schema: {error}"))?;
        Ok(Expectation::JsonSchema { schema })
    }

    fn case_sensitive(&self) -> Result<bool, String> {
        match self.0.get("case_sensitive") {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(Value::String(text)) => match text.trim().to_lowercase().as_str() {
                "" | "false" => Ok(false),
                "true" => Ok(true),
                _ => Err("case_sensitive is neither true nor false.".to_owned()),
            },
            Some(_) => Err("case_sensitive is neither true nor false.".to_owned()),
        }
    }
}

/// A to Z.
fn letter(expected: &str) -> Result<char, String> {
    let mut letters = expected.trim().chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if letter.is_ascii_alphabetic() => Ok(letter.to_ascii_uppercase()),
        _ => Err("expected is no letter from A to Z.".to_owned()),
    }
}

/// What may stand between braces as a variable; other braces are text.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || "_-".contains(letter))
}
