//! Pushing batch after batch.

use super::{
    batch::Batch,
    engine::{Changed, Cycle, Result, Running, Step, SyncError, is_under_way},
    push::{self, Commit, Pushed},
};
use crate::{Class, DatabaseError};
use nopenai_store::sync::{Change, ChangePlace, Settled, SyncState};
use std::sync::Arc;
use tokio::task::{JoinError, spawn_blocking};
use uuid::Uuid;

/// A commit has at most so many rows, and no more bytes but for the first: so
/// long the head is locked at most, and so much memory is needed.
const BATCH_ROWS: usize = 4000;
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// A commit, and what it is known by.
struct Committed {
    token: String,
    pushed: Pushed,
}

impl Running<'_> {
    /// Pushes all that waits.
    pub(super) async fn push(
        &self,
        state: &mut SyncState,
        cycle: &mut Cycle,
    ) -> Result<Result<(), Changed>> {
        let mut unsettled = None;
        let ended = self.push_all(state, cycle, &mut unsettled).await;
        // However it ended: what the server has need not be sent again.
        self.settle(state, unsettled, cycle).await?;
        ended
    }

    /// Commits batch after batch; what became of one is noted here, and the one
    /// behind the next is made ready, while the server has the next one.
    async fn push_all(
        &self,
        state: &mut SyncState,
        cycle: &mut Cycle,
        unsettled: &mut Option<Committed>,
    ) -> Result<Result<(), Changed>> {
        let mut next = self.pending(None).await?;
        loop {
            if next.is_none() {
                // What was changed meanwhile waits again.
                self.settle(state, unsettled.take(), cycle).await?;
                next = self.pending(None).await?;
            }
            let Some(batch) = next else { return Ok(Ok(())) };
            let following = tokio::spawn(self.pending(Some(batch.end.clone())));
            let mut batches = vec![Arc::new(batch)];
            while let Some(batch) = batches.pop() {
                self.check()?;
                let (believed, before) = (state.clone(), unsettled.take());
                let (settled, committed) = tokio::join!(
                    self.settle(state, before, cycle),
                    self.commit(believed, batch.clone())
                );
                settled?;
                match committed {
                    Ok(Ok(committed)) => *unsettled = Some(committed),
                    Ok(Err(Changed)) => return Ok(Err(Changed)),
                    Err(SyncError::Database(error)) if is_of_a_row(&error) => {
                        match batch.halves() {
                            Ok(halves) => {
                                batches.extend(halves.into_iter().rev().flatten().map(Arc::new));
                            }
                            Err(change) => self.refuse(change, &error, cycle).await?,
                        }
                    }
                    Err(error) => return Err(error),
                }
            }
            next = following.await.map_err(ended)??;
        }
    }

    /// What waits after a place, made ready; none when nothing does.
    fn pending(
        &self,
        after: Option<ChangePlace>,
    ) -> impl Future<Output = Result<Option<Batch>>> + use<> {
        let sync = self.engine.sync.clone();
        let longest = self.engine.server.longest_document();
        async move {
            let changes = sync.pending(after, BATCH_ROWS, BATCH_BYTES).await?;
            spawn_blocking(move || Batch::new(changes, longest)).await.map_err(ended)
        }
    }

    async fn commit(
        &self,
        state: SyncState,
        batch: Arc<Batch>,
    ) -> Result<Result<Committed, Changed>> {
        let token = Uuid::now_v7().to_string();
        let at = self.engine.store.clock().now();
        let (workstation, version) =
            (self.engine.sync.workstation(), self.engine.sync.new_version());
        let known_as = token.clone();
        let pushed = self
            .ask(move |server| {
                let commit =
                    Commit { workstation, at, token: &known_as, version, believed: &state };
                push::push(server, &commit, &batch)
            })
            .await?;
        Ok(pushed.map(|pushed| Committed { token, pushed }).ok_or(Changed))
    }

    async fn settle(
        &self,
        state: &mut SyncState,
        committed: Option<Committed>,
        cycle: &mut Cycle,
    ) -> Result<()> {
        let Some(Committed { token, pushed }) = committed else { return Ok(()) };
        let number = pushed.number;
        let of = |wanted: fn(&Settled) -> bool| {
            pushed.settled.iter().filter(|settled| wanted(settled)).count() as u64
        };
        let accepted = of(|settled| matches!(settled, Settled::Accepted { .. }));
        cycle.pushed += accepted;
        cycle.refused += of(|settled| matches!(settled, Settled::Refused { .. }));
        cycle.conflicts += pushed.conflicts;
        let conflicts = pushed.conflicts;
        self.engine.sync.settle(number, token.clone(), pushed.settled).await?;
        if number > state.pushed {
            (state.pushed, state.pushed_token) = (number, Some(token.clone()));
        }
        // Nobody else committed between: what is there is here.
        if number == state.number + 1 && conflicts == 0 && !is_under_way(state) {
            state.number = number;
            state.token = Some(token);
            self.engine.sync.set_state(state.clone()).await?;
        }
        self.step(Step::Pushed(accepted));
        Ok(())
    }

    async fn refuse(&self, change: Change, error: &DatabaseError, cycle: &mut Cycle) -> Result<()> {
        cycle.refused += 1;
        let Change { table, key, version, .. } = change;
        let problem = error.to_string();
        let refused = Settled::Refused { table, key, version, problem };
        Ok(self.engine.sync.settle(0, String::new(), vec![refused]).await?)
    }
}

/// Whether a row is to blame, so that the others can be sent without it.
fn is_of_a_row(error: &DatabaseError) -> bool {
    matches!(error.class, Class::Value | Class::Constraint)
}

fn ended(_: JoinError) -> SyncError {
    DatabaseError::new(Class::Other, "Making rows ready ended unexpectedly.").into()
}
