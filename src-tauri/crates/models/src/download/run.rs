//! A download, from its plan to a model.

use super::place::{Place, Plan};
use super::transfer::{Step, Transfer};
use super::{DownloadState, Downloads, Source, taken};
use crate::import::Claim;
use crate::{Model, space};
use nopenai_domain::{Code, Error, ModelId, Result};
use std::fs;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How often progress is told: each time the list goes to every window.
const PACE: Duration = Duration::from_millis(500);

impl Downloads {
    /// Brings a download to its end: from what has arrived, in its turn, as
    /// often as it takes. `progress` hears the bytes that have arrived and all
    /// there will be.
    ///
    /// # Errors
    /// [`Code::NotFound`] for one that isn't listed; [`Code::Busy`] for one
    /// that is under way; [`Code::Cancelled`] when it was stopped; else why it
    /// failed, as the list says then.
    pub async fn run(
        &self,
        name: &str,
        progress: impl FnMut(u64, u64) + Send,
        stop: &CancellationToken,
    ) -> Result<Model> {
        let stop = stop.child_token();
        let (place, plan) = self.begin(name, &stop)?;
        let ended = self.transfer(&place, plan, progress, &stop).await;
        let ended = match ended {
            Ok(plan) => self.finish(&place, &plan),
            Err(error) => Err(error),
        };
        match &ended {
            Ok(()) => self.entries().retain(|entry| entry.plan.name != name),
            Err(error) => self.change(name, |entry| {
                entry.stop = None;
                let is_paused = error.code == Code::Cancelled;
                entry.shown.state =
                    if is_paused { DownloadState::Paused } else { DownloadState::Failed };
                entry.shown.problem = Some(error.clone()).filter(|_| !is_paused);
                entry.shown.done_bytes = entry.arrived();
            }),
        }
        self.publish();
        ended?;
        self.shared.registry.found(&ModelId(name.to_owned())).await
    }

    fn begin(&self, name: &str, stop: &CancellationToken) -> Result<(Place, Plan)> {
        let begun = self.entry(name, |entry| {
            if entry.stop.is_some() {
                return Err(Error::new(Code::Busy, format!("{name} is under way already.")));
            }
            entry.stop = Some(stop.clone());
            entry.shown.state = DownloadState::Waiting;
            entry.shown.problem = None;
            Ok((entry.place.clone(), entry.plan.clone()))
        })?;
        self.publish();
        begun
    }

    /// Fetches and verifies all files that aren't there yet.
    async fn transfer(
        &self,
        place: &Place,
        mut plan: Plan,
        mut progress: impl FnMut(u64, u64) + Send,
        stop: &CancellationToken,
    ) -> Result<Plan> {
        let paused = || Error::new(Code::Cancelled, "The download was paused.");
        let _turn = tokio::select! {
            turn = self.shared.turns.acquire() => turn.map_err(Error::internal)?,
            () = stop.cancelled() => return Err(paused()),
        };
        let hub = self.shared.hub.address()?.to_string();
        if plan.hub != hub {
            let message = format!(
                "This download began at {}, and the hub is {hub} now. Cancel it, and begin anew.",
                plan.hub
            );
            return Err(Error::new(Code::FileUnavailable, message));
        }
        let total = plan.size();
        let arrived = || plan.files.iter().map(|file| place.arrived(file)).sum::<u64>();
        space::check(&place.folder(), total.saturating_sub(arrived()))?;
        progress(arrived(), total);
        self.show(&plan.name, |shown| shown.state = DownloadState::Running);
        let missing = |file: &&Source| !place.whole(file).exists();
        let missing: Vec<_> = plan.files.iter().filter(missing).cloned().collect();
        let mut before = arrived() - missing.iter().map(|file| place.arrived(file)).sum::<u64>();
        let name = plan.name.clone();
        let mut told = Instant::now();
        for file in missing {
            let mut tell = |file: &Source, step: Step<'_>| {
                let arrived = match step {
                    Step::Arrived(bytes) if told.elapsed() < PACE && bytes < file.size => return,
                    Step::Arrived(bytes) => Some(before + bytes),
                    _ => None,
                };
                told = Instant::now();
                if let Some(arrived) = arrived {
                    progress(arrived, total);
                }
                self.show(&name, |shown| {
                    shown.done_bytes = arrived.unwrap_or(shown.done_bytes);
                    match step {
                        Step::Arrived(_) | Step::Waits(None) => {
                            (shown.state, shown.problem) = (DownloadState::Running, None);
                        }
                        Step::Waits(Some(problem)) => {
                            shown.state = DownloadState::Waiting;
                            shown.problem = Some(problem.clone());
                        }
                        Step::Verifies => shown.state = DownloadState::Verifying,
                    }
                });
            };
            let hub = &self.shared.hub;
            Transfer { hub, place, plan: &mut plan, stop, tell: &mut tell }.file(&file).await?;
            before += file.size;
        }
        Ok(plan)
    }

    fn finish(&self, place: &Place, plan: &Plan) -> Result<()> {
        let claim =
            Claim::of(&self.shared.registry, &plan.name).ok_or_else(|| taken(&plan.name))?;
        if fs::symlink_metadata(place.model()).is_ok() {
            return Err(taken(&plan.name));
        }
        let finished = place.finish(plan).map_err(|error| space::unwritten(&place.model(), &error));
        drop(claim);
        finished
    }
}
