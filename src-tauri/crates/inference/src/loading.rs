//! Getting a model into memory, and out of it.

use crate::{
    Engine,
    engine::lock,
    memory::Held,
    pool::Taken,
    room::{self, Step},
    status::ModelState,
};
use nopenai_domain::{Code, Error, LoadProgress, ModelId, Result, Runtime};
use nopenai_models::Model;
use nopenai_runtime::Worker;
use std::path::Path;
use tokio::sync::MutexGuard;

/// Someone who is told how far a load has come.
pub(crate) type OnProgress<'a> = dyn FnMut(LoadProgress) + Send + 'a;

/// A worker in use: its model isn't unloaded before this is dropped.
pub(crate) struct Lease {
    engine: Engine,
    model: ModelId,
    pub worker: Worker,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let shared = &self.engine.shared;
        let now = shared.options.store.clock().now();
        lock(&shared.pool).release(&self.model, &self.worker, now);
        shared.freed.notify_waiters();
        self.engine.publish();
    }
}

impl Engine {
    /// The worker with `model` in it, for a run: loaded now if need be, after
    /// making room for it.
    pub(crate) async fn lease(
        &self,
        model: &ModelId,
        progress: &mut OnProgress<'_>,
    ) -> Result<Lease> {
        loop {
            let runtime = self.runtime_for(model).await?;
            // Looked at by `publish`, so not to be held on to.
            let leased = lock(&self.shared.pool).lease(model, runtime);
            if let Some(worker) = leased {
                self.publish();
                return Ok(Lease { engine: self.clone(), model: model.clone(), worker });
            }
            self.ensure_loaded(model, progress).await?;
        }
    }

    /// Loads `model` in the runtime that is chosen for it, unless it is there.
    pub(crate) async fn ensure_loaded(
        &self,
        model: &ModelId,
        progress: &mut OnProgress<'_>,
    ) -> Result<()> {
        let _one_at_a_time = self.turn_to_load(model, progress).await;
        if self.shared.queue.is_closed() {
            return Err(Error::new(Code::Cancelled, "The application is ending."));
        }
        let runtime = self.runtime_for(model).await?;
        let serves = lock(&self.shared.pool).serves(model, runtime);
        if serves {
            return Ok(());
        }
        let entry = self.shared.options.registry.get(model)?;
        let path = self.shared.options.registry.path(model)?;
        self.discard(model).await;
        self.make_room(&entry).await?;
        self.load_now(&entry, (runtime, &path), progress).await
    }

    /// Loads happen one after the other. Who waits for a load of the same model
    /// hears how far it has come.
    async fn turn_to_load(
        &self,
        model: &ModelId,
        progress: &mut OnProgress<'_>,
    ) -> MutexGuard<'_, ()> {
        let mut status = self.subscribe();
        let turn = self.shared.loads.lock();
        tokio::pin!(turn);
        loop {
            tokio::select! {
                turn = &mut turn => return turn,
                changed = status.changed() => {
                    let step = status.borrow_and_update().of(model).and_then(|now| now.progress);
                    if let (Ok(()), Some(step)) = (changed, step) {
                        progress(step);
                    }
                }
            }
        }
    }

    async fn load_now(
        &self,
        entry: &Model,
        (runtime, path): (Runtime, &Path),
        progress: &mut OnProgress<'_>,
    ) -> Result<()> {
        let model = &entry.id;
        let options = &self.shared.options;
        let pinned = self.configuration(model).await?.pinned;
        let cancel = lock(&self.shared.pool).begin(entry, pinned, options.store.clock().now());
        self.publish();
        // Also when this future is dropped: nobody is loading then.
        let mut attempt = Attempt { engine: self, model, ended: false };
        let load = options.launcher.start(runtime, path, options.element_type, |step| {
            lock(&self.shared.pool).progress(model, step);
            self.publish();
            progress(step);
        });
        let result = tokio::select! {
            worker = load => worker,
            () = cancel.cancelled() => Err(Error::new(Code::Cancelled, "The load was cancelled.")),
        };
        attempt.ended = true;
        match result {
            Ok(worker) => {
                let now = options.store.clock().now();
                lock(&self.shared.pool).loaded(model, worker.clone(), now);
                self.publish();
                self.watch(model.clone(), worker);
                Ok(())
            }
            Err(error) => {
                self.show_failure(model, &error);
                Err(error)
            }
        }
    }

    /// Unloads what has to leave before `entry` can be loaded.
    pub(crate) async fn make_room(&self, entry: &Model) -> Result<()> {
        let mut holds = Vec::new();
        loop {
            let freed = self.shared.freed.notified();
            tokio::pin!(freed);
            // From now on nothing is missed.
            freed.as_mut().enable();
            let residents = lock(&self.shared.pool).residents();
            let report = self.estimate(&entry.id, None).await?;
            report.check(&entry.name)?;
            let Some(needed) = report.estimate.as_ref().map(|estimate| estimate.total_bytes) else {
                return Ok(());
            };
            let free = Held::of(&residents).left(report.available_bytes, report.budget_bytes);
            match room::step(&residents, needed, free) {
                Step::Load => return Ok(()),
                Step::Unload(model) => self.discard(&model).await,
                Step::Wait(model) => {
                    holds.push(self.shared.queue.hold(&model));
                    freed.await;
                }
                Step::Refuse => {
                    return Err(report.refusal(&entry.name, needed));
                }
            }
        }
    }

    /// Unloads `model` if it is idle.
    pub(crate) async fn discard(&self, model: &ModelId) {
        let taken = lock(&self.shared.pool).take_idle(model);
        if let Taken::Idle(Some(worker)) = taken {
            worker.stop().await;
        }
        self.publish();
    }

    pub(crate) fn worker_of(&self, model: &ModelId) -> Option<Worker> {
        lock(&self.shared.pool).worker(model)
    }

    /// Shows the worker's memory while it lives, and its death if it was not
    /// ended on purpose.
    fn watch(&self, model: ModelId, worker: Worker) {
        let engine = self.clone();
        tokio::spawn(async move {
            let mut memory = worker.memory();
            while memory.changed().await.is_ok() {
                let now = *memory.borrow_and_update();
                lock(&engine.shared.pool).show_memory(&model, now);
                engine.publish();
            }
            let unexpected = lock(&engine.shared.pool).is_loaded_in(&model, &worker);
            if unexpected {
                engine.show_failure(&model, &worker.death());
                engine.restart_later(model);
            }
        });
    }

    fn show_failure(&self, model: &ModelId, problem: &Error) {
        {
            let mut pool = lock(&self.shared.pool);
            if problem.code == Code::Cancelled {
                pool.remove(model);
            } else {
                pool.failed(model, problem.clone());
            }
        }
        self.shared.freed.notify_waiters();
        self.publish();
    }

    /// Whether `model` failed and nobody has tried it since.
    pub(crate) fn has_failed(&self, model: &ModelId) -> bool {
        self.status().of(model).is_some_and(|status| status.state == ModelState::Failed)
    }
}

/// A load under way; one that is dropped before its end was cancelled.
struct Attempt<'a> {
    engine: &'a Engine,
    model: &'a ModelId,
    ended: bool,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.ended {
            let cancelled = Error::new(Code::Cancelled, "The load was cancelled.");
            self.engine.show_failure(self.model, &cancelled);
        }
    }
}
