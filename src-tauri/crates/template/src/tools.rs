//! Functions in a prompt: given to a template that knows them, told in words to
//! the model of one that doesn't.

use minijinja::Value;
use nopenai_domain::{CALL_CLOSES, CALL_OPENS, Message, Role, Tool, beside_calls, tool_calls};
use serde::Serialize;
use serde_json::json;

/// Whether a template has a place for functions.
pub fn knows_tools(source: &str) -> bool {
    source.contains("tools")
}

/// The functions as templates expect them: as in OpenAI's API.
pub fn declared(tools: &[Tool]) -> Vec<Value> {
    let declare = |tool| Value::from_serialize(json!({ "type": "function", "function": tool }));
    tools.iter().map(declare).collect()
}

/// Messages as a template that knows functions expects them: calls apart from
/// what is said, and each result with the name of what gave it.
pub fn with_calls(messages: &[Message], tools: &[Tool]) -> Vec<Value> {
    let mut unanswered = Vec::new().into_iter();
    let mut numbered = 0..;
    let mut place = |message: &Message| match message.role {
        Role::Assistant => {
            let calls = tool_calls(&message.content, tools);
            if calls.is_empty() {
                return Value::from_serialize(message);
            }
            // Mistral's templates want an identifier of nine characters.
            let calls: Vec<_> = calls
                .into_iter()
                .map(|call| (format!("call{:05}", numbered.next().unwrap_or(0)), call))
                .collect();
            unanswered = calls
                .iter()
                .map(|(id, call)| (id.clone(), call.name.clone()))
                .collect::<Vec<_>>()
                .into_iter();
            let calls: Vec<_> = calls
                .iter()
                .map(|(id, call)| json!({ "id": id, "type": "function", "function": call }))
                .collect();
            Value::from_serialize(json!({
                "role": message.role, "content": beside_calls(&message.content),
                "tool_calls": calls,
            }))
        }
        Role::Tool => {
            let (id, name) = unanswered.next().unwrap_or_default();
            Value::from_serialize(json!({
                "role": message.role, "content": message.content, "name": name, "tool_call_id": id,
            }))
        }
        Role::System | Role::User => Value::from_serialize(message),
    };
    messages.iter().map(&mut place).collect()
}

/// Messages for a template, or an endpoint, that is given no functions: they
/// are told of in a system prompt, and what they give back is said by the
/// person.
pub fn in_words(messages: &[Message], tools: &[Tool]) -> Vec<Message> {
    let mut told: Vec<Message> = Vec::new();
    if !tools.is_empty() {
        told.push(Message { role: Role::System, content: instruction(tools) });
    }
    for message in messages {
        let before = told.last_mut();
        match (message.role, before) {
            (Role::System, Some(first)) => {
                first.content = format!("{}\n\n{}", message.content, first.content);
            }
            (Role::Tool, Some(before)) if before.role == Role::User => {
                before.content.push('\n');
                before.content.push_str(&result(message));
            }
            (Role::Tool, _) => told.push(Message { role: Role::User, content: result(message) }),
            _ => told.push(message.clone()),
        }
    }
    told
}

/// The system prompt put before the first question, for a template that has no
/// place for one.
pub fn without_system(messages: &[Message]) -> Vec<Message> {
    let Some((system, rest)) = messages.split_first() else { return Vec::new() };
    let mut rest = rest.to_vec();
    if let Some(asked) = rest.first_mut() {
        asked.content = format!("{}\n\n{}", system.content, asked.content);
    }
    rest
}

fn result(message: &Message) -> String {
    format!("<tool_response>\n{}\n</tool_response>", message.content)
}

fn instruction(tools: &[Tool]) -> String {
    let declared: Vec<String> = tools.iter().map(python_json).collect();
    format!(
        "You may call these functions, one a line:\n{}\n\nTo call one, answer with nothing but\n\
         {CALL_OPENS}\n{{\"name\": \"the function's name\", \"arguments\": {{an object that fits \
         its parameters}}}}\n{CALL_CLOSES}\nWhat it gives back follows between <tool_response> \
         and </tool_response>. Then answer the question with it.",
        declared.join("\n")
    )
}

/// JSON as Python's `json.dumps` sets it, which the models have learnt from.
pub fn python_json(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Spaced);
    match value.serialize(&mut serializer) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// A space behind each comma and colon.
struct Spaced;

impl serde_json::ser::Formatter for Spaced {
    fn begin_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
    ) -> std::io::Result<()> {
        writer.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nopenai_domain::declared_tools;

    fn said(role: Role, content: &str) -> Message {
        Message { role, content: content.to_owned() }
    }

    fn tools() -> Vec<Tool> {
        declared_tools(r#"[{"name": "now", "description": "The time."}]"#).unwrap()
    }

    const CALL: &str = "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>";

    #[test]
    fn functions_are_told_of_in_words() {
        let asked = [
            said(Role::System, "Be brief."),
            said(Role::User, "How late is it?"),
            said(Role::Assistant, CALL),
            said(Role::Tool, "12:00"),
            said(Role::Tool, "13:00"),
        ];
        let told = in_words(&asked, &tools());
        let roles: Vec<Role> = told.iter().map(|message| message.role).collect();
        assert_eq!(roles, [Role::System, Role::User, Role::Assistant, Role::User]);
        assert!(told[0].content.starts_with("Be brief.\n\nYou may call"), "{}", told[0].content);
        let declaration = r#"{"name": "now", "description": "The time.", "parameters": {"#;
        assert!(told[0].content.contains(declaration), "{}", told[0].content);
        assert_eq!(
            told[3].content,
            "<tool_response>\n12:00\n</tool_response>\n<tool_response>\n13:00\n</tool_response>"
        );
        let without = without_system(&told);
        assert!(without[0].content.ends_with("How late is it?"));
        assert_eq!(in_words(&asked[..2], &[]), asked[..2]);
    }

    #[test]
    fn calls_stand_apart_with_names_for_their_results() {
        let asked = [said(Role::Assistant, CALL), said(Role::Tool, "12:00")];
        let messages = with_calls(&asked, &tools());
        let told = serde_json::to_value(&messages).unwrap();
        assert_eq!(told[0]["tool_calls"][0]["function"]["name"], "now");
        assert_eq!(told[0]["content"], "");
        assert_eq!(told[1]["name"], "now");
        assert_eq!(told[1]["role"], "tool");
        assert_eq!(told[1]["tool_call_id"], told[0]["tool_calls"][0]["id"]);
    }
}
