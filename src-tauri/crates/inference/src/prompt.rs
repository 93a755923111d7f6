use nopenai_domain::{
    ChatId, ContextPolicy, Error, MAX_PROMPT_BYTES, Message, ModeId, ModelId, ParameterOverrides,
    Result, Role,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most that is read of the turns before a prompt, in bytes of UTF-8.
const MAX_BEFORE_BYTES: usize = 8 * MAX_PROMPT_BYTES;

/// What to ask, of which model, in which mode, with which parameters.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Prompt {
    /// The model to ask; it is loaded if it isn't. Absent: the mode's, and
    /// where that names none, the loaded one.
    #[serde(default)]
    pub model: Option<ModelId>,
    /// The mode, when one is chosen.
    #[serde(default)]
    pub mode: Option<ModeId>,
    /// The question, at most 1 MiB of text.
    pub prompt: String,
    /// Over the mode's and the model's own.
    #[serde(default)]
    pub parameters: ParameterOverrides,
    /// Whether the answer is streamed while it is made, or comes whole with
    /// the last event.
    #[serde(default = "yes")]
    pub stream: bool,
    /// Whether an answer that was computed before and can only be the same may
    /// be given again; else it is computed anew.
    #[serde(default = "yes")]
    pub cache: bool,
    /// Whether it is what a function gave back that the model has called.
    #[serde(default)]
    pub is_tool_result: bool,
    /// The turns before it, the oldest first, at most 8 MiB of text: questions,
    /// answers, and what functions gave back; without system prompt.
    #[serde(default)]
    pub before: Vec<Message>,
    /// The beginning of the answer, to be gone on with; what is answered is
    /// what follows it.
    #[serde(default)]
    pub continue_answer: Option<String>,
    /// What happens when the turns before don't fit into the context with it.
    #[serde(default)]
    pub context_policy: ContextPolicy,
    /// The conversation it belongs to.
    #[serde(default)]
    pub chat: Option<ChatId>,
}

fn yes() -> bool {
    true
}

impl Prompt {
    /// Checks everything that can be checked without a model.
    ///
    /// # Errors
    /// [`nopenai_domain::Code::InvalidInput`] naming the field.
    pub fn validate(&self) -> Result<()> {
        if self.prompt.trim().is_empty() {
            return Err(Error::invalid("prompt", "The prompt is empty: type a question."));
        }
        check_length(&self.prompt)?;
        check_before(&self.before)?;
        if let Some(begun) = &self.continue_answer {
            check_length(begun)?;
        }
        self.parameters.validate()
    }
}

/// Refuses turns that are too long to look at, or that no template has a place
/// for.
fn check_before(before: &[Message]) -> Result<()> {
    let bytes: usize = before.iter().map(|message| message.content.len()).sum();
    if bytes > MAX_BEFORE_BYTES {
        let message = format!(
            "The turns before the prompt have {bytes} bytes, and at most {MAX_BEFORE_BYTES} are \
             read. Begin a new chat."
        );
        return Err(Error::invalid("before", message));
    }
    if before.iter().any(|message| message.role == Role::System) {
        let message = "A system prompt is a parameter, not one of the turns before the prompt.";
        return Err(Error::invalid("before", message));
    }
    Ok(())
}

/// Refuses a prompt that is too long to look at.
pub(crate) fn check_length(prompt: &str) -> Result<()> {
    let bytes = prompt.len();
    if bytes <= MAX_PROMPT_BYTES {
        return Ok(());
    }
    let message = format!(
        "The prompt has {bytes} bytes, and at most {MAX_PROMPT_BYTES} are read. Shorten it."
    );
    let error = Error::invalid("prompt", message);
    Err(error.with("used", bytes).with("available", MAX_PROMPT_BYTES))
}

/// The chat that is sent: a system prompt, where there is one, the turns before
/// the prompt, and the prompt.
pub(crate) fn messages(
    system_prompt: &str,
    before: &[Message],
    (role, prompt): (Role, &str),
) -> Vec<Message> {
    let system = (!system_prompt.trim().is_empty())
        .then(|| Message { role: Role::System, content: system_prompt.to_owned() });
    let asked = Message { role, content: prompt.to_owned() };
    system.into_iter().chain(before.iter().cloned()).chain([asked]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_prompt_comes_first_and_a_blank_one_not_at_all() {
        let roles = |system| {
            let messages = messages(system, &[], (Role::User, "Hello"));
            messages.into_iter().map(|message| message.role).collect::<Vec<_>>()
        };
        assert_eq!(roles("Be brief."), [Role::System, Role::User]);
        assert_eq!(roles(" \n"), [Role::User]);
    }
}
