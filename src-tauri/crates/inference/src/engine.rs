use crate::{Modes, recovery::Recovery, status::EngineState, status::EngineStatus};
use nopenai_domain::{Code, Error, LoadProgress, ModelId, Result, RunId, Runtime};
use nopenai_models::Registry;
use nopenai_protocol::ElementType;
use nopenai_runtime::{Launcher, Worker};
use nopenai_store::Store;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// Runs that may wait for their turn; one more is refused.
const QUEUE_BOUND: u32 = 32;

/// How long runs may take to end when the application does.
const SHUT_DOWN_GRACE: Duration = Duration::from_secs(2);

/// What an [`Engine`] is made of.
pub struct EngineOptions {
    /// The models there are.
    pub registry: Registry,
    /// Where runs are recorded.
    pub store: Store,
    /// The workers' executables.
    pub launcher: Launcher,
    /// The type of activations; `Auto` but for measurements.
    pub element_type: ElementType,
    /// Draws the seed of a run that names none, 0 to 2^53-1.
    pub draw_seed: fn() -> u64,
}

/// Loads models and answers prompts, one at a time; clones share it.
#[derive(Clone)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub options: EngineOptions,
    modes: Modes,
    status: watch::Sender<EngineStatus>,
    turn: Arc<Semaphore>,
    loaded: Mutex<Option<Loaded>>,
    load: Mutex<Option<CancellationToken>>,
    pub runs: Mutex<HashMap<RunId, CancellationToken>>,
    pub recovery: Recovery,
}

/// The model in the worker.
#[derive(Clone)]
struct Loaded {
    model: ModelId,
    worker: Worker,
}

/// The right to use the engine; runs and loads take it in order.
pub(crate) type Turn = OwnedSemaphorePermit;

impl Engine {
    /// An engine with no model loaded.
    pub fn new(options: EngineOptions) -> Self {
        let shared = Shared {
            modes: Modes::new(options.store.clone()),
            options,
            status: watch::Sender::default(),
            turn: Arc::new(Semaphore::new(1)),
            loaded: Mutex::default(),
            load: Mutex::default(),
            runs: Mutex::default(),
            recovery: Recovery::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The modes prompts may name.
    pub fn modes(&self) -> &Modes {
        &self.shared.modes
    }

    /// What the engine is doing.
    pub fn status(&self) -> EngineStatus {
        self.shared.status.borrow().clone()
    }

    /// What the engine is doing, now and as it changes.
    pub fn subscribe(&self) -> watch::Receiver<EngineStatus> {
        self.shared.status.subscribe()
    }

    /// Loads `model` in place of the one that is loaded, after the runs that
    /// are under way or waiting. Nothing happens when it is loaded already.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::UnsupportedModel`] or [`Code::EngineFailed`];
    /// [`Code::OutOfMemory`] when it doesn't fit, the present model staying
    /// where it is; [`Code::Cancelled`] when [`Engine::unload`] was called meanwhile.
    pub async fn load(
        &self,
        model: &ModelId,
        progress: impl FnMut(LoadProgress) + Send,
    ) -> Result<EngineStatus> {
        self.shared.options.registry.path(model)?;
        let turn = self.turn().await?;
        self.ensure_loaded(&turn, model, progress).await?;
        Ok(self.status())
    }

    /// Unloads `model`, or cancels its load; its memory is free afterwards.
    ///
    /// # Errors
    /// [`Code::NotFound`] when it is not loaded; [`Code::Busy`] while it answers.
    pub async fn unload(&self, model: &ModelId) -> Result<EngineStatus> {
        if let Some(load) = self.loading(model) {
            load.cancel();
            drop(self.turn().await?);
            return Ok(self.status());
        }
        let turn = match self.status().state {
            EngineState::Busy => Err(busy("The model is answering: stop the run first.")),
            _ => self.turn().await,
        }?;
        let status = self.status();
        if status.model.as_ref() != Some(model) {
            return Err(Error::new(Code::NotFound, format!("{model} is not loaded.")));
        }
        self.discard(&turn).await;
        self.update(|status| {
            *status = EngineStatus { waiting: status.waiting, ..Default::default() }
        });
        Ok(self.status())
    }

    /// Stops the runs under way, lets them be recorded, and ends the engine's
    /// process.
    pub async fn shut_down(&self) {
        self.shared.turn.close();
        for cancel in lock(&self.shared.runs).values() {
            cancel.cancel();
        }
        let all_ended = async {
            while !lock(&self.shared.runs).is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let _ = tokio::time::timeout(SHUT_DOWN_GRACE, all_ended).await;
        let loaded = lock(&self.shared.loaded).take();
        if let Some(loaded) = loaded {
            loaded.worker.stop().await;
        }
    }

    fn loading(&self, model: &ModelId) -> Option<CancellationToken> {
        let status = self.status();
        let loading = status.state == EngineState::Loading && status.model.as_ref() == Some(model);
        lock(&self.shared.load).clone().filter(|_| loading)
    }

    pub(crate) async fn turn(&self) -> Result<Turn> {
        let mut full = false;
        self.update(|status| {
            full = status.waiting >= QUEUE_BOUND;
            status.waiting += u32::from(!full);
        });
        if full {
            return Err(busy(format!(
                "{QUEUE_BOUND} runs are waiting: try again when one has ended."
            )));
        }
        // Also when this future is dropped: a cancelled run no longer waits.
        let _waiting = Waiting(self);
        self.shared
            .turn
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| Error::new(Code::Cancelled, "The application is ending."))
    }

    /// The worker with `model` in it, loaded now if need be.
    pub(crate) async fn ensure_loaded(
        &self,
        turn: &Turn,
        model: &ModelId,
        progress: impl FnMut(LoadProgress) + Send,
    ) -> Result<Worker> {
        let entry = self.shared.options.registry.get(model)?;
        let path = self.shared.options.registry.path(model)?;
        let runtime = self.runtime_for(model).await?;
        let loaded = self.worker_of(model).filter(|worker| worker.runtime() == runtime);
        if let Some(worker) = loaded {
            return Ok(worker);
        }
        self.check_memory(&entry).await?;
        self.discard(turn).await;
        self.update(|status| {
            *status = EngineStatus {
                state: EngineState::Loading,
                model: Some(model.clone()),
                model_name: Some(entry.name.clone()),
                waiting: status.waiting,
                ..EngineStatus::default()
            };
        });
        // Also when this future is dropped: nobody is loading then.
        let mut attempt = Attempt { engine: self, ended: false };
        let result = self.start(runtime, &path, progress).await;
        attempt.ended = true;
        match result {
            Ok(worker) => {
                *lock(&self.shared.loaded) =
                    Some(Loaded { model: model.clone(), worker: worker.clone() });
                self.show_loaded(&worker);
                self.watch(worker.clone());
                Ok(worker)
            }
            Err(error) => {
                self.show_failure(error.clone());
                Err(error)
            }
        }
    }

    async fn start(
        &self,
        runtime: Runtime,
        path: &std::path::Path,
        mut progress: impl FnMut(LoadProgress) + Send,
    ) -> Result<Worker> {
        let cancel = CancellationToken::new();
        *lock(&self.shared.load) = Some(cancel.clone());
        let options = &self.shared.options;
        let load = options.launcher.start(runtime, path, options.element_type, |step| {
            self.update(|status| status.progress = Some(step));
            progress(step);
        });
        tokio::select! {
            worker = load => worker,
            () = cancel.cancelled() => {
                Err(Error::new(Code::Cancelled, "The load was cancelled."))
            }
        }
    }

    pub(crate) fn worker_of(&self, model: &ModelId) -> Option<Worker> {
        let loaded = lock(&self.shared.loaded);
        loaded
            .as_ref()
            .filter(|loaded| loaded.model == *model && loaded.worker.is_alive())
            .map(|loaded| loaded.worker.clone())
    }

    /// Ends the loaded worker; its runs have ended, since the caller has the turn.
    pub(crate) async fn discard(&self, _turn: &Turn) {
        let loaded = lock(&self.shared.loaded).take();
        if let Some(loaded) = loaded {
            loaded.worker.stop().await;
        }
    }

    /// Shows the worker's memory while it lives, and its death if it was not
    /// ended on purpose.
    fn watch(&self, worker: Worker) {
        let engine = self.clone();
        tokio::spawn(async move {
            let mut memory = worker.memory();
            while memory.changed().await.is_ok() {
                let now = *memory.borrow_and_update();
                engine.update(|status| status.show_memory(now));
            }
            let expected = {
                let mut loaded = lock(&engine.shared.loaded);
                let ours = loaded.as_ref().is_some_and(|loaded| loaded.worker.is_same(&worker));
                if ours { loaded.take() } else { None }
            };
            if let Some(dead) = expected {
                engine.show_failure(worker.death());
                engine.restart_later(dead.model);
            }
        });
    }

    fn show_loaded(&self, worker: &Worker) {
        let loaded = worker.loaded();
        self.update(|status| {
            status.state = EngineState::Ready;
            status.progress = None;
            status.context_length = Some(loaded.context_length);
            status.device = Some(loaded.device.clone());
            status.runtime = Some(worker.runtime());
            status.element_type = Some(loaded.element_type.clone());
            status.process_id = worker.process_id();
            status.show_memory(loaded.memory);
        });
    }

    fn show_failure(&self, problem: Error) {
        self.update(|status| {
            let cancelled = problem.code == Code::Cancelled;
            *status = EngineStatus {
                state: if cancelled { EngineState::Idle } else { EngineState::Failed },
                model: status.model.take().filter(|_| !cancelled),
                model_name: status.model_name.take().filter(|_| !cancelled),
                waiting: status.waiting,
                problem: Some(problem).filter(|_| !cancelled),
                ..EngineStatus::default()
            };
        });
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut EngineStatus)) {
        self.shared.status.send_modify(change);
    }
}

/// Counts a run among the waiting until it is dropped.
struct Waiting<'a>(&'a Engine);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.update(|status| status.waiting = status.waiting.saturating_sub(1));
    }
}

/// A load under way; one that is dropped before its end was cancelled.
struct Attempt<'a> {
    engine: &'a Engine,
    ended: bool,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.engine.show_failure(Error::new(Code::Cancelled, "The load was cancelled."));
        }
    }
}

pub(crate) fn busy(message: impl Into<String>) -> Error {
    Error::new(Code::Busy, message)
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
