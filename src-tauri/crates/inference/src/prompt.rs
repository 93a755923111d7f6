use nopenai_domain::{Error, MAX_PROMPT_BYTES, Message, ModelId, Parameters, Result, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What to ask, of which model, with which parameters.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Prompt {
    /// The model to ask; it is loaded if it isn't. Absent: the loaded one.
    #[serde(default)]
    pub model: Option<ModelId>,
    /// The question, at most 1 MiB of text.
    pub prompt: String,
    /// How to draw the answer.
    #[serde(default)]
    pub parameters: Parameters,
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
        if self.prompt.len() > MAX_PROMPT_BYTES {
            return Err(Error::invalid(
                "prompt",
                format!(
                    "The prompt has {} bytes, and at most {MAX_PROMPT_BYTES} are read. Shorten it.",
                    self.prompt.len()
                ),
            )
            .with("used", self.prompt.len())
            .with("available", MAX_PROMPT_BYTES));
        }
        self.parameters.validate()
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        vec![Message { role: Role::User, content: self.prompt.clone() }]
    }
}
