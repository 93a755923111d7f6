//! Prompts: answered and stopped; what the engine is doing.

use crate::{
    Studio,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
};
use nopenai_domain::{Result, Run, RunId};
use nopenai_inference::{EngineStatus, Prompt, RunEvent, RunStep};
use schemars::JsonSchema;
use serde::Deserialize;

/// The operations of this module.
pub const ALL: &[Entry] =
    &[Entry::of::<RunPrompt>(), Entry::of::<CancelRun>(), Entry::of::<ReadEngineStatus>()];

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
        studio.engine().run(self.prompt, sink).await
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

/// Tells what the engine is doing: its model, memory, device and queue.
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
