//! Functions a model may call, and the calls in its answers.

use crate::{Error, Result, without_thinking};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The longest declaration, in bytes of UTF-8.
const MAX_BYTES: usize = 64 * 1024;

/// The most functions of a declaration.
const MAX_TOOLS: usize = 64;

/// What stands before a call, for models that have no way of their own (that
/// of Hermes and Qwen, which most templates have taken over).
pub const CALL_OPENS: &str = "<tool_call>";

/// What stands behind a call.
pub const CALL_CLOSES: &str = "</tool_call>";

/// What other models write before their calls: Llama 3 and Mistral.
const OTHER_OPENINGS: [&str; 2] = ["<|python_tag|>", "[TOOL_CALLS]"];

/// Whether a model may call its functions, or has to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoice {
    /// The model decides.
    #[default]
    Auto,
    /// The answer is a call: no token that would make it something else is
    /// drawn.
    Required,
}

/// A function a model may call. Nothing of it is run here: a person says what
/// it gives back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// Its name: at most 64 letters, digits, `_` and `-`.
    pub name: String,
    /// What it does, in words for the model.
    #[serde(default)]
    pub description: String,
    /// A JSON Schema of its arguments, which are an object.
    #[serde(default = "no_arguments")]
    pub parameters: Map<String, Value>,
}

/// A call in an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolCall {
    /// The function.
    pub name: String,
    /// What it is called with, as the model wrote it.
    pub arguments: Map<String, Value>,
}

/// A function as OpenAI's API declares it, or without the frame around it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Declared {
    Framed { function: Tool },
    Plain(Tool),
}

fn no_arguments() -> Map<String, Value> {
    let nothing = serde_json::json!({ "type": "object", "properties": {} });
    nothing.as_object().cloned().unwrap_or_default()
}

/// The functions of a declaration: a JSON array as the field `tools` of
/// OpenAI's API; none for an empty text.
///
/// # Errors
/// [`crate::Code::InvalidInput`] for the field `tools`, telling what is wrong.
pub fn declared_tools(declaration: &str) -> Result<Vec<Tool>> {
    let refused = |message: String| Err(Error::invalid("tools", message));
    if declaration.trim().is_empty() {
        return Ok(Vec::new());
    }
    if declaration.len() > MAX_BYTES {
        let bytes = declaration.len();
        return refused(format!("The functions have {bytes} bytes; at most {MAX_BYTES} are read."));
    }
    let declared: Vec<Declared> = match serde_json::from_str(declaration) {
        Ok(declared) => declared,
        Err(error) if error.is_data() => {
            return refused(
                "The functions are not declared as expected: a JSON array of objects with name, \
                 description and parameters."
                    .to_owned(),
            );
        }
        Err(error) => return refused(format!("The functions are not JSON: {error}.")),
    };
    let tools: Vec<Tool> = declared.into_iter().map(Declared::tool).collect();
    if tools.len() > MAX_TOOLS {
        return refused(format!("{} functions are declared; {MAX_TOOLS} may be.", tools.len()));
    }
    for (at, tool) in tools.iter().enumerate() {
        let letter = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
        if !(1..=64).contains(&tool.name.len()) || !tool.name.chars().all(letter) {
            let name = &tool.name;
            return refused(format!(
                "\"{name}\" is no function's name: use up to 64 letters, digits, _ and -."
            ));
        }
        if tools[..at].iter().any(|other| other.name == tool.name) {
            return refused(format!("The function {} is declared twice.", tool.name));
        }
    }
    Ok(tools)
}

impl Declared {
    fn tool(self) -> Tool {
        match self {
            Self::Framed { function } => function,
            Self::Plain(tool) => tool,
        }
    }
}

/// The calls of `tools` in an answer, in their order. What looks like a call of
/// something else, or has no arguments that can be read, is text.
pub fn tool_calls(answer: &str, tools: &[Tool]) -> Vec<ToolCall> {
    if tools.is_empty() {
        return Vec::new();
    }
    let said = without_thinking(answer).trim();
    let calls: Vec<Value> = if said.contains(CALL_OPENS) {
        let blocks = said.split(CALL_OPENS).skip(1);
        blocks
            .filter_map(|block| block.split(CALL_CLOSES).next())
            .filter_map(|block| serde_json::from_str(block).ok())
            .collect()
    } else {
        let opening = OTHER_OPENINGS.iter().find_map(|opening| said.strip_prefix(opening));
        match serde_json::from_str(opening.unwrap_or(said)) {
            Ok(Value::Array(calls)) => calls,
            Ok(call) => vec![call],
            Err(_) => Vec::new(),
        }
    };
    calls.into_iter().filter_map(|call| read_call(call, tools)).collect()
}

fn read_call(call: Value, tools: &[Tool]) -> Option<ToolCall> {
    let Value::Object(mut fields) = call else { return None };
    let name = fields.get("name")?.as_str()?.to_owned();
    let arguments = fields.remove("arguments").or_else(|| fields.remove("parameters"))?;
    let arguments = match arguments {
        Value::Object(arguments) => arguments,
        Value::String(text) => serde_json::from_str(&text).ok()?,
        _ => return None,
    };
    tools.iter().any(|tool| tool.name == name).then_some(ToolCall { name, arguments })
}

/// What an answer says beside its calls.
pub fn beside_calls(answer: &str) -> &str {
    let said = without_thinking(answer);
    said.split_once(CALL_OPENS).map_or("", |(before, _)| before).trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const WEATHER: &str = r#"[{"type": "function", "function": {"name": "weather",
        "description": "The weather of a place.",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}}}}]"#;

    fn refusal(declaration: &str) -> String {
        let error = declared_tools(declaration).expect_err("it is refused");
        assert_eq!(error.details["field"], "tools");
        error.message
    }

    #[test]
    fn functions_are_declared_as_openai_does_or_plainly() {
        let framed = declared_tools(WEATHER).unwrap();
        let plain = r#"[{"name": "weather", "description": "The weather of a place.",
            "parameters": {"type": "object", "properties": {"place": {"type": "string"}}}}]"#;
        assert_eq!(framed, declared_tools(plain).unwrap());
        assert_eq!(framed[0].name, "weather");
        assert!(declared_tools(" \n").unwrap().is_empty());
        let bare = declared_tools(r#"[{"name": "now"}]"#).unwrap();
        assert_eq!(bare[0].parameters["type"], "object");
    }

    #[test]
    fn what_declares_nothing_is_refused_with_its_reason() {
        assert!(refusal("[{").contains("not JSON"));
        assert!(refusal(r#"{"name": "now"}"#).contains("array"));
        assert!(refusal(r#"["now"]"#).contains("array"));
        assert!(refusal(r#"[{"name": "a b"}]"#).contains("a b"));
        assert!(refusal(r#"[{"name": "a"}, {"name": "a"}]"#).contains("twice"));
        assert!(refusal(&format!("[{}]", " ".repeat(MAX_BYTES))).contains("bytes"));
        let many: Vec<_> = (0..65).map(|number| json!({ "name": format!("f{number}") })).collect();
        assert!(refusal(&json!(many).to_string()).contains("65"));
    }

    #[test]
    fn calls_are_found_in_each_way_models_write_them() {
        let tools = declared_tools(WEATHER).unwrap();
        let arguments = json!({ "place": "Bonn" });
        let call = json!({ "name": "weather", "arguments": arguments });
        let llama = json!({ "name": "weather", "parameters": arguments });
        let in_text = json!({ "name": "weather", "arguments": arguments.to_string() });
        for (answer, count) in [
            (format!("<tool_call>\n{call}\n</tool_call>"), 1),
            (format!("<think>x</think>Let me see.<tool_call>{call}</tool_call>"), 1),
            (format!("<tool_call>{call}</tool_call>\n<tool_call>{call}</tool_call>"), 2),
            (format!("<tool_call>{call}"), 1),
            (format!("<|python_tag|>{llama}"), 1),
            (format!("[TOOL_CALLS][{call},{call}]"), 2),
            (format!(" {in_text}\n"), 1),
        ] {
            let calls = tool_calls(&answer, &tools);
            assert_eq!(calls.len(), count, "{answer}");
            let all = calls.iter().all(|call| {
                call.name == "weather" && call.arguments == *arguments.as_object().unwrap()
            });
            assert!(all, "{answer}");
        }
        for answer in [
            "It is warm.".to_owned(),
            format!("The call would be {call}"),
            "<tool_call>{\"name\": \"weather\", \"arg</tool_call>".to_owned(),
            "<tool_call>{\"name\": \"other\", \"arguments\": {}}</tool_call>".to_owned(),
            "{\"name\": \"weather\", \"arguments\": 3}".to_owned(),
        ] {
            assert_eq!(tool_calls(&answer, &tools), [], "{answer}");
        }
        assert_eq!(tool_calls(&format!("<tool_call>{call}"), &[]), []);
        assert_eq!(
            beside_calls(&format!("<think>x</think>Let me see. <tool_call>{call}")),
            "Let me see."
        );
    }
}
