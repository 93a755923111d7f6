//! The cycle: reconcile, push, pull.

use super::{
    ask::ask,
    push::known_commits,
    server::{Head, Place, Server},
};
use crate::{Backoff, Class, DatabaseError};
use nopenai_store::{
    Store, StoreError,
    sync::{Reconcile, Sync, SyncState},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Entries of the change log prepared by one local transaction.
const PREPARED_ROWS: usize = 20_000;

/// How often a cycle begins again because the server became another one.
const CHANGES: u32 = 3;

/// What a cycle did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cycle {
    /// Rows the server has from here.
    pub pushed: u64,
    /// Rows that are new here.
    pub pulled: u64,
    /// Rows that two had edited.
    pub conflicts: u64,
    /// Rows the server can't take as they are.
    pub refused: u64,
}

/// What a cycle is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The change log is prepared for a comparison of everything.
    Preparing,
    /// So many rows were pushed since the step before.
    Pushed(u64),
    /// So many rows were pulled since the step before.
    Pulled(u64),
}

/// Why a cycle ended.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The server, or the way to it.
    #[error("{0}")]
    Database(#[from] DatabaseError),
    /// The local database.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// It was cancelled.
    #[error("The synchronization was cancelled.")]
    Cancelled,
}

impl From<SyncError> for nopenai_domain::Error {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Database(error) => error.into(),
            SyncError::Store(error) => error.into(),
            SyncError::Cancelled => Self::new(nopenai_domain::Code::Cancelled, error.to_string()),
        }
    }
}

pub(super) type Result<T, E = SyncError> = std::result::Result<T, E>;

/// What is under way, kept in the local database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub(super) enum Stage {
    /// The change log is prepared, up to an entry.
    Prepare { reconcile: Kind, after: (String, String) },
    /// Rows are pulled, up to a place of a source.
    Pull { ceiling: i64, token: Option<String>, source: usize, place: Place, remove: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    New,
    Restored,
    Expired,
}

impl From<Kind> for Reconcile {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::New => Self::New,
            Kind::Restored => Self::Restored,
            Kind::Expired => Self::Expired,
        }
    }
}

/// One workstation's sync with one server.
pub struct Engine {
    pub(super) store: Store,
    pub(super) sync: Sync,
    pub(super) server: Arc<dyn Server>,
    backoff: Backoff,
}

/// The server isn't the one it was when the cycle began.
pub(super) struct Changed;

impl Engine {
    /// The sync of `store` with `server`.
    pub fn new(store: Store, server: Arc<dyn Server>, backoff: Backoff) -> Self {
        let sync = store.sync();
        Self { store, sync, server, backoff }
    }

    /// Brings both sides to the same rows: all that waits is pushed, all that is
    /// new is pulled. Repeating it after a failure, or after the process ended,
    /// goes on where it was.
    ///
    /// # Errors
    /// Why it ended before that.
    pub async fn cycle(
        &self,
        cancel: &CancellationToken,
        on_step: &(dyn Fn(Step) + Send + std::marker::Sync),
    ) -> Result<Cycle> {
        let running = Running { engine: self, cancel, on_step };
        running.ask(|server| server.is_ready()).await?;
        let mut cycle = Cycle::default();
        for _ in 0..CHANGES {
            if running.once(&mut cycle).await?.is_ok() {
                return Ok(cycle);
            }
        }
        let message = "The server became another one again and again.";
        Err(DatabaseError::new(Class::Busy, message).into())
    }
}

pub(super) struct Running<'a> {
    pub(super) engine: &'a Engine,
    cancel: &'a CancellationToken,
    on_step: &'a (dyn Fn(Step) + Send + std::marker::Sync),
}

impl Running<'_> {
    async fn once(&self, cycle: &mut Cycle) -> Result<Result<(), Changed>> {
        let (mut state, head) = self.believe().await?;
        if let Some(Stage::Prepare { reconcile, after }) = stage(&state) {
            self.prepare(&mut state, reconcile, after).await?;
        }
        // One that has nothing from the server yet compares on top of it.
        if stage(&state).is_some() || state.number < head.number && state.number == 0 {
            cycle.pulled += match self.pull(&mut state).await? {
                Ok(pulled) => pulled,
                Err(Changed) => return Ok(Err(Changed)),
            };
        }
        if self.push(&mut state, cycle).await?.is_err() {
            return Ok(Err(Changed));
        }
        cycle.pulled += match self.pull(&mut state).await? {
            Ok(pulled) => pulled,
            Err(Changed) => return Ok(Err(Changed)),
        };
        Ok(Ok(()))
    }

    pub(super) async fn ask<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&dyn Server) -> crate::Result<T> + Send + 'static,
    {
        ask(&self.engine.server, self.engine.backoff, self.cancel, work).await
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.cancel.is_cancelled() { Err(SyncError::Cancelled) } else { Ok(()) }
    }

    pub(super) fn step(&self, step: Step) {
        (self.on_step)(step);
    }

    /// Looks whether the server is the one that is remembered, and if not,
    /// remembers what to do about it.
    async fn believe(&self) -> Result<(SyncState, Head)> {
        self.check()?;
        let mut state = self.engine.sync.state().await?;
        let mut known: Vec<(i64, Option<String>)> = known_commits(&state)
            .into_iter()
            .map(|(number, token)| (number, token.cloned()))
            .collect();
        if let Some(Stage::Pull { ceiling, token, .. }) = stage(&state)
            && ceiling > 0
        {
            known.push((ceiling, token));
        }
        let (head, same) = self
            .ask(move |server| {
                let (head, _) = server.head(0)?;
                let mut same = true;
                for (number, token) in &known {
                    same &= server.head(*number)?.1 == *token;
                }
                Ok((head, same))
            })
            .await?;
        if let Some(reconcile) = reconcile(&state, &head, same) {
            tracing::info!(?reconcile, server = head.server, "comparing everything anew");
            state = SyncState {
                server: Some(head.server.clone()),
                epoch: Some(head.epoch.clone()),
                number: 0,
                token: None,
                pushed: 0,
                pushed_token: None,
                progress: text(&Stage::Prepare { reconcile, after: Default::default() }),
                ..state
            };
            self.engine.sync.set_state(state.clone()).await?;
        }
        Ok((state, head))
    }

    async fn prepare(
        &self,
        state: &mut SyncState,
        reconcile: Kind,
        mut after: (String, String),
    ) -> Result<()> {
        loop {
            self.check()?;
            self.step(Step::Preparing);
            let prepared = self.engine.sync.prepare(reconcile.into(), after, PREPARED_ROWS).await?;
            let remove = reconcile == Kind::Expired;
            let place = Place { number: 0, key: None };
            let next = match &prepared {
                Some(end) => Stage::Prepare { reconcile, after: end.clone() },
                None => Stage::Pull { ceiling: 0, token: None, source: 0, place, remove },
            };
            state.progress = text(&next);
            self.engine.sync.set_state(state.clone()).await?;
            match prepared {
                Some(end) => after = end,
                None => return Ok(()),
            }
        }
    }
}

/// What is to be done about a server; `same`: it has the commits that are
/// remembered.
fn reconcile(state: &SyncState, head: &Head, same: bool) -> Option<Kind> {
    if state.server.as_ref() != Some(&head.server) {
        return Some(Kind::New);
    }
    if state.epoch.as_ref() != Some(&head.epoch) || !same {
        return Some(Kind::Restored);
    }
    (state.number > 0 && head.horizon > state.number).then_some(Kind::Expired)
}

pub(super) fn stage(state: &SyncState) -> Option<Stage> {
    serde_json::from_str(state.progress.as_deref()?).ok()
}

/// Whether a reconcile or pull is under way.
pub(super) fn is_under_way(state: &SyncState) -> bool {
    stage(state).is_some()
}

pub(super) fn text(stage: &Stage) -> Option<String> {
    Some(serde_json::to_string(stage).expect("a stage is plain data"))
}
