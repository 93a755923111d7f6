//! The runs there were.

use crate::{
    Studio,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
};
use nopenai_domain::{Page, PageRequest, Result, Run, RunId, RunSummary};
use schemars::JsonSchema;
use serde::Deserialize;

/// The operations of this module.
pub const ALL: &[Entry] = &[
    Entry::of::<ListRuns>(),
    Entry::of::<GetRun>(),
    Entry::of::<DeleteRun>(),
    Entry::of::<RestoreRun>(),
];

/// One page of the history, newest first.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListRuns {
    /// Which page.
    #[serde(flatten)]
    pub page: PageRequest,
}

impl Operation for ListRuns {
    const NAME: &'static str = "list_runs";
    const ROUTE: Route = Route { method: Method::Get, path: "/prompts/history" };
    type Event = NoEvents;
    type Output = Page<RunSummary>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Page<RunSummary>> {
        self.page.validate()?;
        Ok(studio.store().history().page(self.page).await?)
    }
}

/// One run, whole.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetRun {
    /// The run.
    pub run: RunId,
}

impl Operation for GetRun {
    const NAME: &'static str = "get_run";
    const ROUTE: Route = Route { method: Method::Get, path: "/prompts/history/{run}" };
    type Event = NoEvents;
    type Output = Run;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Run> {
        Ok(studio.store().history().get(self.run).await?)
    }
}

/// Takes a run out of the history. Until the application ends, `restore_run`
/// brings it back.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DeleteRun {
    /// The run.
    pub run: RunId,
}

impl Operation for DeleteRun {
    const NAME: &'static str = "delete_run";
    const ROUTE: Route = Route { method: Method::Delete, path: "/prompts/history/{run}" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.store().history().delete(self.run).await?;
        studio.history_changed();
        Ok(())
    }
}

/// Brings back a run that was deleted since the application started.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RestoreRun {
    /// The run.
    pub run: RunId,
}

impl Operation for RestoreRun {
    const NAME: &'static str = "restore_run";
    const ROUTE: Route = Route { method: Method::Post, path: "/prompts/history/{run}/restore" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.store().history().restore(self.run).await?;
        studio.history_changed();
        Ok(())
    }
}
