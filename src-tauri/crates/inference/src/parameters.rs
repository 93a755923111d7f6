use crate::{
    Engine,
    prompt::{check_length, messages},
};
use nopenai_domain::{
    Message, Mode, ModeId, ModelId, ParameterOverrides, Parameters, Result, Role, declared_tools,
};
use nopenai_protocol::Chat;
use nopenai_runtime::Worker;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long a prompt is, for the model it is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenCount {
    /// Tokens of the prompt as it would be sent, chat template and system
    /// prompt included.
    pub tokens: u32,
    /// Tokens that prompt and answer may have together.
    pub context_length: u32,
}

impl Engine {
    /// The parameters of a run: the defaults under the model's configuration
    /// under the mode under `over`. Absent in them is only a seed that is to be
    /// drawn.
    ///
    /// # Errors
    /// [`nopenai_domain::Code::NotFound`] for a model or mode that isn't there,
    /// [`nopenai_domain::Code::InvalidInput`] for a value out of range, and
    /// those of the store.
    pub async fn effective(
        &self,
        model: &ModelId,
        mode: Option<&ModeId>,
        over: &ParameterOverrides,
    ) -> Result<Parameters> {
        self.shared.options.registry.get(model)?;
        let mode = self.mode(mode).await?;
        self.combine(model, mode.as_ref(), over).await
    }

    pub(crate) async fn mode(&self, id: Option<&ModeId>) -> Result<Option<Mode>> {
        match id {
            Some(id) => self.modes().get(id).await.map(Some),
            None => Ok(None),
        }
    }

    /// As [`Engine::effective`], of a model and a mode that are there.
    pub(crate) async fn combine(
        &self,
        model: &ModelId,
        mode: Option<&Mode>,
        over: &ParameterOverrides,
    ) -> Result<Parameters> {
        let configured = self.configuration(model).await?;
        let in_mode = match mode {
            Some(mode) => mode.parameters.over(configured.parameters),
            None => configured.parameters,
        };
        let parameters = over.over(in_mode);
        parameters.validate()?;
        Ok(parameters)
    }

    /// Counts the tokens of a prompt as it would be sent with `parameters` and
    /// the turns before it, none of them left out; `None` when the model isn't
    /// loaded. Runs go on meanwhile.
    ///
    /// # Errors
    /// [`nopenai_domain::Code::InvalidInput`] for a prompt that is too long to
    /// look at, [`nopenai_domain::Code::EngineFailed`] when the engine can't.
    pub async fn count_tokens(
        &self,
        model: &ModelId,
        before: &[Message],
        prompt: &str,
        parameters: &Parameters,
    ) -> Result<Option<TokenCount>> {
        check_length(prompt)?;
        let Some(worker) = self.worker_of(model) else { return Ok(None) };
        let template = self.configuration(model).await?.chat_template;
        let messages = messages(&parameters.system_prompt, before, (Role::User, prompt));
        let tools = declared_tools(&parameters.tools)?;
        let tokens = worker.count(Chat { messages, template, continued: false, tools }).await?;
        let context_length = context_length(&worker, parameters);
        Ok(Some(TokenCount { tokens, context_length }))
    }
}

/// Tokens that prompt and answer may have together.
pub(crate) fn context_length(worker: &Worker, parameters: &Parameters) -> u32 {
    let most = worker.loaded().context_length;
    parameters.context_length.unwrap_or(most).min(most)
}
