//! Prompts: answered and stopped; what the engine is doing.

use crate::{
    Studio,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
};
use nopenai_domain::{
    Caller, Error, Message, ModeId, ModelId, ParameterOverrides, Parameters, Result, Run, RunId,
};
use nopenai_inference::{EngineStatus, Prompt, RunEvent, RunStep, SentPrompt, TokenCount};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The operations of this module.
pub const ALL: &[Entry] = &[
    Entry::of::<RunPrompt>(),
    Entry::of::<CancelRun>(),
    Entry::of::<CountTokens>(),
    Entry::of::<PreviewPrompt>(),
    Entry::of::<ReadEffectiveParameters>(),
    Entry::of::<ListExamples>(),
    Entry::of::<ReadEngineStatus>(),
];

/// The example prompts the product ships.
const EXAMPLES: &str = include_str!("../../../../../assets/examples.json");

/// Answers a prompt, loading the model first if need be, and records the run.
/// Streams its events; the last is `finished`. A run that fails after it was
/// recorded is returned too, with its reason.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RunPrompt {
    /// What to ask.
    #[serde(flatten)]
    pub prompt: Prompt,
}

impl Operation for RunPrompt {
    const NAME: &'static str = "run_prompt";
    const ROUTE: Route = Route { method: Method::Post, path: "/prompts" };
    type Event = RunEvent;
    type Output = Run;

    async fn run(self, studio: Studio, events: Events<RunEvent>) -> Result<Run> {
        let sink = |event: RunEvent| {
            let changes_history =
                matches!(event.step, RunStep::Accepted | RunStep::Finished { .. });
            events.send(&event);
            if changes_history {
                studio.history_changed();
            }
        };
        let run = studio.engine().run(self.prompt, &Caller::window(), sink).await?;
        studio.notify_failure(&run).await;
        Ok(run)
    }
}

/// Stops a run, whether it waits, loads or answers. What it had answered is
/// kept.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CancelRun {
    /// The run.
    pub run: RunId,
}

impl Operation for CancelRun {
    const NAME: &'static str = "cancel_run";
    const ROUTE: Route = Route { method: Method::Post, path: "/prompts/{run}/cancel" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.engine().cancel(self.run)
    }
}

/// Counts the tokens of a prompt as it would be sent. Nothing, while the model
/// isn't loaded.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CountTokens {
    /// The model.
    pub model: ModelId,
    /// The mode, when one is chosen.
    #[serde(default)]
    pub mode: Option<ModeId>,
    /// The turns before it.
    #[serde(default)]
    pub before: Vec<Message>,
    /// The prompt.
    pub prompt: String,
    /// Over mode and configuration.
    #[serde(default)]
    pub parameters: ParameterOverrides,
}

impl Operation for CountTokens {
    const NAME: &'static str = "count_tokens";
    const ROUTE: Route = Route { method: Method::Post, path: "/prompts/tokens" };
    type Event = NoEvents;
    type Output = Option<TokenCount>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Option<TokenCount>> {
        let engine = studio.engine();
        let parameters =
            engine.effective(&self.model, self.mode.as_ref(), &self.parameters).await?;
        engine.count_tokens(&self.model, &self.before, &self.prompt, &parameters).await
    }
}

/// Tells a prompt exactly as it would be sent: the text with the chat template,
/// and what the context policy leaves out. Nothing, while the model isn't
/// loaded.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PreviewPrompt {
    /// What to ask.
    #[serde(flatten)]
    pub prompt: Prompt,
}

impl Operation for PreviewPrompt {
    const NAME: &'static str = "preview_prompt";
    const ROUTE: Route = Route { method: Method::Post, path: "/prompts/preview" };
    type Event = NoEvents;
    type Output = Option<SentPrompt>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Option<SentPrompt>> {
        studio.engine().preview(&self.prompt).await
    }
}

/// Tells with which parameters a run would be made: the defaults under the
/// model's configuration under the mode under these.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ReadEffectiveParameters {
    /// The model.
    pub model: ModelId,
    /// The mode, when one is chosen.
    #[serde(default)]
    pub mode: Option<ModeId>,
    /// Over mode and configuration.
    #[serde(default)]
    pub parameters: ParameterOverrides,
}

impl Operation for ReadEffectiveParameters {
    const NAME: &'static str = "effective_parameters";
    const ROUTE: Route = Route { method: Method::Post, path: "/prompts/parameters" };
    type Event = NoEvents;
    type Output = Parameters;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Parameters> {
        studio.engine().effective(&self.model, self.mode.as_ref(), &self.parameters).await
    }
}

/// What an example is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Arithmetic and word problems.
    Math,
    /// Programs.
    Code,
    /// Questions in Arabic.
    Arabic,
    /// Several steps of thought.
    Reasoning,
}

/// A prompt to begin with.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Its identifier.
    pub id: String,
    /// A few words.
    pub title: String,
    /// What it is good for.
    pub category: Category,
    /// The prompt.
    pub prompt: String,
}

/// Lists the example prompts.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListExamples {}

impl Operation for ListExamples {
    const NAME: &'static str = "list_examples";
    const ROUTE: Route = Route { method: Method::Get, path: "/examples" };
    type Event = NoEvents;
    type Output = Vec<Example>;

    async fn run(self, _: Studio, _: Events<NoEvents>) -> Result<Vec<Example>> {
        serde_json::from_str(EXAMPLES).map_err(Error::internal)
    }
}

/// Tells what the engine is doing: its models, their memory, the queue and the
/// prompt cache.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ReadEngineStatus {}

impl Operation for ReadEngineStatus {
    const NAME: &'static str = "engine_status";
    const ROUTE: Route = Route { method: Method::Get, path: "/engine" };
    type Event = NoEvents;
    type Output = EngineStatus;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<EngineStatus> {
        Ok(studio.engine().status())
    }
}
