//! The runs there were.

use crate::{
    Studio,
    export::ExportFormat,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
};
use nopenai_domain::{
    Deletion, Page, PageRequest, Result, Run, RunCount, RunFacets, RunFilter, RunId, RunQuery,
    RunSummary, Timestamp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The operations of this module.
pub const ALL: &[Entry] = &[
    Entry::of::<ListRuns>(),
    Entry::of::<CountRuns>(),
    Entry::of::<ReadRunFacets>(),
    Entry::of::<GetRun>(),
    Entry::of::<RateRun>(),
    Entry::of::<TagRun>(),
    Entry::of::<DeleteRuns>(),
    Entry::of::<RestoreRuns>(),
    Entry::of::<ExportRuns>(),
];

/// One page of the history: filtered, searched and sorted.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListRuns {
    /// Which runs, in which order; absent: all, newest first.
    #[serde(default)]
    pub query: RunQuery,
    /// Which page.
    #[serde(default)]
    pub page: PageRequest,
}

impl Operation for ListRuns {
    const NAME: &'static str = "list_runs";
    const ROUTE: Route = Route { method: Method::Post, path: "/prompts/history/search" };
    type Event = NoEvents;
    type Output = Page<RunSummary>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Page<RunSummary>> {
        self.page.validate()?;
        Ok(studio.store().history().page(self.query, self.page).await?)
    }
}

/// Counts the runs that meet a filter; counting ends at 10,000.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CountRuns {
    /// Which runs; absent: all.
    #[serde(default)]
    pub filter: RunFilter,
}

impl Operation for CountRuns {
    const NAME: &'static str = "count_runs";
    const ROUTE: Route = Route { method: Method::Post, path: "/prompts/history/count" };
    type Event = NoEvents;
    type Output = RunCount;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<RunCount> {
        Ok(studio.store().history().count(self.filter).await?)
    }
}

/// Tells which models, modes and tags the history has.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ReadRunFacets {}

impl Operation for ReadRunFacets {
    const NAME: &'static str = "run_facets";
    const ROUTE: Route = Route { method: Method::Get, path: "/prompts/history/facets" };
    type Event = NoEvents;
    type Output = RunFacets;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<RunFacets> {
        Ok(studio.store().history().facets().await?)
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

/// Rates a run, or takes its rating away.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RateRun {
    /// The run.
    pub run: RunId,
    /// 1 to 5; absent: no rating.
    #[serde(default)]
    #[schemars(range(min = 1, max = 5))]
    pub rating: Option<u8>,
}

impl Operation for RateRun {
    const NAME: &'static str = "rate_run";
    const ROUTE: Route = Route { method: Method::Post, path: "/prompts/history/{run}/rating" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.store().history().rate(self.run, self.rating).await?;
        studio.history_changed();
        Ok(())
    }
}

/// Replaces the tags of a run: at most 16 of at most 40 characters.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct TagRun {
    /// The run.
    pub run: RunId,
    /// All its tags from now on.
    pub tags: Vec<String>,
}

impl Operation for TagRun {
    const NAME: &'static str = "tag_run";
    const ROUTE: Route = Route { method: Method::Post, path: "/prompts/history/{run}/tags" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.store().history().tag(self.run, self.tags).await?;
        studio.history_changed();
        Ok(())
    }
}

/// Which runs are meant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RunSelection {
    /// These.
    Runs {
        /// The runs.
        runs: Vec<RunId>,
    },
    /// All that meet a filter.
    Matching {
        /// The filter.
        filter: RunFilter,
    },
}

/// Takes runs out of the history. Until the application ends, `restore_runs`
/// brings them back. Runs under way stay.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DeleteRuns {
    /// Which runs.
    pub selection: RunSelection,
}

impl Operation for DeleteRuns {
    const NAME: &'static str = "delete_runs";
    const ROUTE: Route = Route { method: Method::Post, path: "/prompts/history/delete" };
    type Event = NoEvents;
    type Output = Deletion;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Deletion> {
        let history = studio.store().history();
        let deletion = match self.selection {
            RunSelection::Runs { runs } => history.delete(runs).await?,
            RunSelection::Matching { filter } => history.delete_matching(filter).await?,
        };
        // What is deleted isn't answered with.
        studio.engine().warm_cache().await?;
        studio.history_changed();
        Ok(deletion)
    }
}

/// How many runs came back.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Restored {
    /// So many.
    pub runs: u64,
}

/// Brings back the runs of one deletion.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RestoreRuns {
    /// The deletion's name.
    pub deletion: Timestamp,
}

impl Operation for RestoreRuns {
    const NAME: &'static str = "restore_runs";
    const ROUTE: Route = Route { method: Method::Post, path: "/prompts/history/restore" };
    type Event = NoEvents;
    type Output = Restored;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Restored> {
        let runs = studio.store().history().restore(self.deletion).await?;
        studio.history_changed();
        Ok(Restored { runs })
    }
}

/// What was exported.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Exported {
    /// The file.
    pub path: String,
    /// How many runs it holds.
    pub rows: u64,
}

/// Writes runs to a file. The work is listed and can be cancelled; its end is
/// notified.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ExportRuns {
    /// Which runs, in which order.
    #[serde(default)]
    pub query: RunQuery,
    /// How.
    pub format: ExportFormat,
    /// The file, absolute; replaced when it exists.
    pub path: String,
}

impl Operation for ExportRuns {
    const NAME: &'static str = "export_runs";
    const ROUTE: Route = Route { method: Method::Post, path: "/prompts/history/export" };
    type Event = NoEvents;
    type Output = Exported;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Exported> {
        let rows = studio.export(self.query, self.format, self.path.as_ref()).await?;
        Ok(Exported { path: self.path, rows })
    }
}
