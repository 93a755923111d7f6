//! What is sent of a prompt: one way for runs, counts and previews, so that
//! what is counted and shown is what is sent.

use crate::{
    Engine, Prompt,
    context::{self, Fitted},
    parameters::context_length,
    prompt::messages,
};
use nopenai_domain::{
    ContextPolicy, ContextUse, Message, ModelId, Parameters, Result, Role, declared_tools,
};
use nopenai_protocol::Chat;
use nopenai_runtime::Worker;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A prompt exactly as it would be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SentPrompt {
    /// Its text, chat template included.
    pub text: String,
    /// Its tokens.
    pub tokens: u32,
    /// Tokens that prompt and answer may have together.
    pub context_length: u32,
    /// What was left out so that it fits, when something was.
    pub context: Option<ContextUse>,
}

impl Engine {
    /// A prompt exactly as it would be sent, with what its policy leaves out;
    /// `None` when the model isn't loaded. Runs go on meanwhile.
    ///
    /// # Errors
    /// [`nopenai_domain::Code::InvalidInput`] naming the field, also when the
    /// chat template refuses it; those of the store.
    pub async fn preview(&self, prompt: &Prompt) -> Result<Option<SentPrompt>> {
        prompt.validate()?;
        let mode = self.mode(prompt.mode.as_ref()).await?;
        let model = self.chosen(prompt, mode.as_ref())?;
        let parameters = self.combine(&model, mode.as_ref(), &prompt.parameters).await?;
        let Some(worker) = self.worker_of(&model) else { return Ok(None) };
        let chat = self.chat(&model, prompt, &parameters).await?;
        let (chat, context) = fitted(&worker, chat, prompt.context_policy, &parameters).await?;
        let tokens = worker.count(chat.clone()).await?;
        let text = worker.render(chat).await?;
        let context_length = context_length(&worker, &parameters);
        Ok(Some(SentPrompt { text, tokens, context_length, context }))
    }

    /// The whole chat of a prompt, with the template its model is configured
    /// with.
    pub(crate) async fn chat(
        &self,
        model: &ModelId,
        prompt: &Prompt,
        parameters: &Parameters,
    ) -> Result<Chat> {
        let template = self.configuration(model).await?.chat_template;
        let begun = prompt.continue_answer.as_ref();
        let role = if prompt.is_tool_result { Role::Tool } else { Role::User };
        let asked = (role, prompt.prompt.as_str());
        let mut messages = messages(&parameters.system_prompt, &prompt.before, asked);
        messages
            .extend(begun.map(|begun| Message { role: Role::Assistant, content: begun.clone() }));
        let tools = declared_tools(&parameters.tools)?;
        Ok(Chat { messages, template, continued: begun.is_some(), tools })
    }
}

/// What `policy` leaves of a chat. Whether that fits is for the worker to say,
/// with the tokens used and available.
pub(crate) async fn fitted(
    worker: &Worker,
    chat: Chat,
    policy: ContextPolicy,
    parameters: &Parameters,
) -> Result<(Chat, Option<ContextUse>)> {
    if policy == ContextPolicy::Refuse {
        return Ok((chat, None));
    }
    let available = context_length(worker, parameters);
    let room = context::room_for_answer(parameters.max_tokens, available);
    let Chat { messages, template, continued, tools } = chat;
    let with =
        |messages| Chat { messages, template: template.clone(), continued, tools: tools.clone() };
    let count = |messages| worker.count(with(messages));
    let Fitted { messages, used, left_out, cut_characters } =
        context::fit(messages, policy, available - room, count).await?;
    let context = (left_out > 0 || cut_characters > 0).then_some(ContextUse {
        policy,
        left_out,
        cut_characters,
        used,
        available,
    });
    Ok((with(messages), context))
}
