use crate::{
    Modes, Prompt,
    cache::{Cache, KEPT_FOR},
    pool::{Pool, Taken},
    queue::Queue,
    recovery::Recovery,
    status::{EngineStatus, ModelState},
};
use nopenai_domain::{
    Code, Error, LoadProgress, Mode, ModelConfiguration, ModelId, Result, RunId, Timestamp,
};
use nopenai_models::Registry;
use nopenai_protocol::ElementType;
use nopenai_remote::Remote;
use nopenai_runtime::Launcher;
use nopenai_store::Store;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// How long runs may take to end when the application does.
const SHUT_DOWN_GRACE: Duration = Duration::from_secs(2);

/// What an [`Engine`] is made of.
pub struct EngineOptions {
    /// The models there are.
    pub registry: Registry,
    /// Where runs are recorded.
    pub store: Store,
    /// The worker's executable.
    pub launcher: Launcher,
    /// Asks the models that answer elsewhere.
    pub remote: Remote,
    /// The type of activations; `Auto` but for measurements.
    pub element_type: ElementType,
    /// Draws the seed of a run that names none, 0 to 2^53-1.
    pub draw_seed: fn() -> u64,
}

/// Loads models and answers prompts, several at a time; clones share it.
#[derive(Clone)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub options: EngineOptions,
    modes: Modes,
    status: watch::Sender<EngineStatus>,
    budget: Mutex<Option<u64>>,
    pub queue: Queue,
    pub pool: Mutex<Pool>,
    /// Held while a model is loaded.
    pub loads: tokio::sync::Mutex<()>,
    /// Told when a run has given its model back, or a model has gone.
    pub freed: Notify,
    pub runs: Mutex<HashMap<RunId, CancellationToken>>,
    pub recovery: Recovery,
    pub cache: Cache,
}

impl Engine {
    /// An engine with no model loaded.
    pub fn new(options: EngineOptions) -> Self {
        let shared = Arc::new_cyclic(|shared: &Weak<Shared>| {
            let shared = shared.clone();
            let changed = move || {
                if let Some(shared) = shared.upgrade() {
                    Engine { shared }.publish();
                }
            };
            Shared {
                modes: Modes::new(options.store.clone()),
                status: watch::Sender::default(),
                budget: Mutex::default(),
                queue: Queue::new(options.store.clock().clone(), Arc::new(changed)),
                pool: Mutex::default(),
                loads: tokio::sync::Mutex::default(),
                freed: Notify::new(),
                runs: Mutex::default(),
                recovery: Recovery::default(),
                cache: Cache::new(KEPT_FOR, options.store.clock().clone()),
                options,
            }
        });
        let engine = Self { shared };
        engine.publish();
        engine
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

    /// Loads `model`, unloading idle ones that are not pinned where memory is
    /// wanted, the least recently used first, and waiting for runs where those
    /// are not enough. Nothing happens when it is loaded already.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::UnsupportedModel`] or [`Code::EngineFailed`];
    /// [`Code::OutOfMemory`] when it can't fit, every model staying where it
    /// is; [`Code::Cancelled`] when [`Engine::unload`] was called meanwhile.
    pub async fn load(
        &self,
        model: &ModelId,
        mut progress: impl FnMut(LoadProgress) + Send,
    ) -> Result<EngineStatus> {
        self.shared.options.registry.path(model)?;
        self.ensure_loaded(model, &mut progress).await?;
        Ok(self.status())
    }

    /// Unloads `model`, or cancels its load; its memory is free afterwards.
    ///
    /// # Errors
    /// [`Code::NotFound`] when it is not loaded; [`Code::Busy`] while it answers.
    pub async fn unload(&self, model: &ModelId) -> Result<EngineStatus> {
        let loading = lock(&self.shared.pool).cancel(model);
        if loading {
            // Whoever loads has ended the process when it lets go.
            drop(self.shared.loads.lock().await);
            return Ok(self.status());
        }
        let taken = lock(&self.shared.pool).take_idle(model);
        match taken {
            Taken::Busy => {
                Err(Error::new(Code::Busy, "The model is answering: stop the run first."))
            }
            Taken::Absent => Err(Error::new(Code::NotFound, format!("{model} is not loaded."))),
            Taken::Idle(worker) => {
                if let Some(worker) = worker {
                    worker.stop().await;
                }
                self.shared.freed.notify_waiters();
                self.publish();
                Ok(self.status())
            }
        }
    }

    /// Unloads the models that nobody has used since `moment`, but for those
    /// that are pinned.
    pub async fn unload_unused_since(&self, moment: Timestamp) {
        let residents = lock(&self.shared.pool).residents();
        for model in residents {
            if !model.pinned && !model.busy && model.used_at < moment {
                self.discard(&model.model).await;
            }
        }
    }

    /// Keeps a loaded model in memory until a person unloads it, or no longer.
    pub fn pin(&self, model: &ModelId, pinned: bool) {
        lock(&self.shared.pool).pin(model, pinned);
        self.publish();
    }

    /// What all models may occupy together, bytes; `None`: what is free. Models
    /// that are loaded stay.
    pub fn set_budget(&self, bytes: Option<u64>) {
        *lock(&self.shared.budget) = bytes;
        self.publish();
    }

    pub(crate) fn budget(&self) -> Option<u64> {
        *lock(&self.shared.budget)
    }

    /// Stops the runs under way, lets them be recorded, and ends the engine's
    /// processes.
    pub async fn shut_down(&self) {
        self.shared.queue.close();
        for cancel in lock(&self.shared.runs).values() {
            cancel.cancel();
        }
        let all_ended = async {
            while !lock(&self.shared.runs).is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let _ = tokio::time::timeout(SHUT_DOWN_GRACE, all_ended).await;
        let workers = lock(&self.shared.pool).take_all();
        for worker in workers {
            worker.stop().await;
        }
    }

    /// How `model` is configured.
    pub(crate) async fn configuration(&self, model: &ModelId) -> Result<ModelConfiguration> {
        let configurations = self.shared.options.store.configurations();
        Ok(configurations.get(model.clone()).await?.unwrap_or_default())
    }

    /// The model a prompt asks: its own, its mode's, or the one in memory that
    /// was used last.
    pub(crate) fn chosen(&self, prompt: &Prompt, mode: Option<&Mode>) -> Result<ModelId> {
        let in_memory = || {
            let models = self.status().models.into_iter();
            let usable = models.filter(|status| status.state != ModelState::Failed);
            usable.max_by_key(|status| status.used_at).map(|status| status.model)
        };
        prompt
            .model
            .clone()
            .or_else(|| mode.and_then(|mode| mode.model.clone()))
            .or_else(in_memory)
            .ok_or_else(|| Error::invalid("model", "No model is loaded: choose one in the header."))
    }

    /// Tells those who watch what has become of it all.
    pub(crate) fn publish(&self) {
        // Looked at within, so that what is told last is what happened last.
        self.shared.status.send_if_modified(|now| {
            let before = std::mem::replace(now, self.look());
            before != *now
        });
    }

    fn look(&self) -> EngineStatus {
        let mut models = lock(&self.shared.pool).statuses();
        for status in &mut models {
            status.waiting = self.shared.queue.waiting_for(&status.model);
        }
        EngineStatus {
            memory_bytes: models.iter().filter_map(|status| status.memory_bytes).sum(),
            models,
            queue: self.shared.queue.status(),
            budget_bytes: self.budget(),
            cache: self.shared.cache.status(),
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
