//! What is shared with a team, and what two have edited at the same time.

use crate::{
    Studio,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
    team::SyncStatus,
};
use nopenai_domain::Result;
use nopenai_store::sync::{Conflict, ConflictKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Conflicts and problems are listed up to so many.
const MOST: u32 = 200;

/// The operations of this module.
pub const ALL: &[Entry] = &[
    Entry::of::<ReadSyncStatus>(),
    Entry::of::<SyncNow>(),
    Entry::of::<CancelSync>(),
    Entry::of::<ListConflicts>(),
    Entry::of::<RestoreConflict>(),
    Entry::of::<DismissConflict>(),
    Entry::of::<ListSyncProblems>(),
];

/// Tells how the exchange with the team's database goes.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ReadSyncStatus {}

impl Operation for ReadSyncStatus {
    const NAME: &'static str = "sync_status";
    const ROUTE: Route = Route { method: Method::Get, path: "/hana/sync" };
    type Event = NoEvents;
    type Output = SyncStatus;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<SyncStatus> {
        let status = studio.team().subscribe();
        let now = status.borrow().clone();
        Ok(now)
    }
}

/// Exchanges with the team's database now, also after an error that waits for a
/// person.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SyncNow {}

impl Operation for SyncNow {
    const NAME: &'static str = "sync_now";
    const ROUTE: Route = Route { method: Method::Post, path: "/hana/sync" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.team().sync_now();
        Ok(())
    }
}

/// Ends an exchange under way, and what the server is at for it. The next one goes
/// on where it was.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CancelSync {}

impl Operation for CancelSync {
    const NAME: &'static str = "cancel_sync";
    const ROUTE: Route = Route { method: Method::Post, path: "/hana/sync/cancel" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.team().cancel();
        Ok(())
    }
}

/// Lists the versions of rows that did not prevail and that nobody has looked
/// at, newest first, at most 200.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListConflicts {}

impl Operation for ListConflicts {
    const NAME: &'static str = "list_conflicts";
    const ROUTE: Route = Route { method: Method::Get, path: "/hana/conflicts" };
    type Event = NoEvents;
    type Output = Vec<Conflict>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Vec<Conflict>> {
        Ok(studio.store().sync().conflicts(MOST).await?)
    }
}

/// Writes a version that did not prevail again, as a change made now.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RestoreConflict {
    /// Which one.
    pub conflict: ConflictKey,
}

impl Operation for RestoreConflict {
    const NAME: &'static str = "restore_conflict";
    const ROUTE: Route = Route { method: Method::Post, path: "/hana/conflicts/restore" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.store().sync().restore_conflict(self.conflict).await?;
        studio.rows_came();
        studio.team().sync_now();
        Ok(())
    }
}

/// Leaves the version that prevailed: the conflict is over.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DismissConflict {
    /// Which one.
    pub conflict: ConflictKey,
}

impl Operation for DismissConflict {
    const NAME: &'static str = "dismiss_conflict";
    const ROUTE: Route = Route { method: Method::Post, path: "/hana/conflicts/dismiss" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.store().sync().dismiss_conflict(self.conflict).await?;
        studio.team().sync_now();
        Ok(())
    }
}

/// A row that can't be sent as it is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SyncProblem {
    /// Its table, by its local name.
    pub table: String,
    /// Its key.
    pub row: String,
    /// What is wrong and what to do.
    pub problem: String,
}

/// Lists the rows that the server can't take as they are, at most 200.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListSyncProblems {}

impl Operation for ListSyncProblems {
    const NAME: &'static str = "list_sync_problems";
    const ROUTE: Route = Route { method: Method::Get, path: "/hana/problems" };
    type Event = NoEvents;
    type Output = Vec<SyncProblem>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Vec<SyncProblem>> {
        let problems = studio.store().sync().problems(MOST).await?;
        let problem = |(table, row, problem)| SyncProblem { table, row, problem };
        Ok(problems.into_iter().map(problem).collect())
    }
}
