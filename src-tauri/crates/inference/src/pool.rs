//! The models that are in memory, on their way there, or failed to get there.

use crate::{
    room::Resident,
    status::{ModelState, ModelStatus},
};
use nopenai_domain::{Error, LoadProgress, ModelId, Runtime, Timestamp};
use nopenai_models::Model;
use nopenai_protocol::ProcessMemory;
use nopenai_runtime::Worker;
use tokio_util::sync::CancellationToken;

/// A model's place, in the order in which they came.
#[derive(Default)]
pub(crate) struct Pool {
    slots: Vec<Slot>,
}

struct Slot {
    status: ModelStatus,
    stage: Stage,
}

enum Stage {
    Loading(CancellationToken),
    Loaded(Worker),
    Failed,
}

impl Slot {
    fn worker(&self) -> Option<&Worker> {
        match &self.stage {
            Stage::Loaded(worker) if worker.is_alive() => Some(worker),
            _ => None,
        }
    }

    /// The worker, if it is of `runtime`, or in use and so not to be replaced.
    fn serving(&self, runtime: Runtime) -> Option<&Worker> {
        self.worker().filter(|worker| worker.runtime() == runtime || self.status.running > 0)
    }
}

impl Pool {
    /// What is told of each model.
    pub fn statuses(&self) -> Vec<ModelStatus> {
        self.slots.iter().map(|slot| slot.status.clone()).collect()
    }

    /// The worker with `model` in it.
    pub fn worker(&self, model: &ModelId) -> Option<Worker> {
        self.slot(model)?.worker().cloned()
    }

    /// Whether `model` is loaded in `runtime`, or answers in another.
    pub fn serves(&self, model: &ModelId, runtime: Runtime) -> bool {
        self.slot(model).is_some_and(|slot| slot.serving(runtime).is_some())
    }

    /// The worker that serves, and one more run uses it: [`Pool::release`]
    /// follows.
    pub fn lease(&mut self, model: &ModelId, runtime: Runtime) -> Option<Worker> {
        let slot = self.slot_mut(model)?;
        let worker = slot.serving(runtime)?.clone();
        slot.status.running += 1;
        slot.status.state = ModelState::Busy;
        Some(worker)
    }

    /// A run that used `worker` has ended.
    pub fn release(&mut self, model: &ModelId, worker: &Worker, now: Timestamp) {
        let Some(slot) = self.slot_mut(model) else { return };
        if !matches!(&slot.stage, Stage::Loaded(loaded) if loaded.is_same(worker)) {
            return;
        }
        slot.status.running = slot.status.running.saturating_sub(1);
        slot.status.used_at = now;
        if slot.status.running == 0 {
            slot.status.state = ModelState::Ready;
        }
    }

    /// A load of `model` begins; cancelling the token ends it.
    pub fn begin(&mut self, model: &Model, pinned: bool, now: Timestamp) -> CancellationToken {
        self.remove(&model.id);
        let cancel = CancellationToken::new();
        let name = model.name.clone();
        let status = ModelStatus {
            pinned,
            used_at: now,
            ..ModelStatus::new(model.id.clone(), name, ModelState::Loading)
        };
        self.slots.push(Slot { status, stage: Stage::Loading(cancel.clone()) });
        cancel
    }

    /// How far the load of `model` has come.
    pub fn progress(&mut self, model: &ModelId, step: LoadProgress) {
        if let Some(slot) = self.slot_mut(model) {
            slot.status.progress = Some(step);
        }
    }

    /// The load has ended well.
    pub fn loaded(&mut self, model: &ModelId, worker: Worker, now: Timestamp) {
        let Some(slot) = self.slot_mut(model) else { return };
        let loaded = worker.loaded();
        slot.status.state = ModelState::Ready;
        slot.status.progress = None;
        slot.status.context_length = Some(loaded.context_length);
        slot.status.device = Some(loaded.device.clone());
        slot.status.runtime = Some(worker.runtime());
        slot.status.element_type = Some(loaded.element_type.clone());
        slot.status.process_id = worker.process_id();
        slot.status.used_at = now;
        slot.status.show_memory(loaded.memory);
        slot.stage = Stage::Loaded(worker);
    }

    /// The load failed, or the process ended: only the reason stays.
    pub fn failed(&mut self, model: &ModelId, problem: Error) {
        let Some(slot) = self.slot_mut(model) else { return };
        slot.stage = Stage::Failed;
        let before = &slot.status;
        slot.status = ModelStatus {
            pinned: before.pinned,
            used_at: before.used_at,
            problem: Some(problem),
            ..ModelStatus::new(before.model.clone(), before.model_name.clone(), ModelState::Failed)
        };
    }

    /// Whether `worker` is the one with `model` in it.
    pub fn is_loaded_in(&self, model: &ModelId, worker: &Worker) -> bool {
        let slot = self.slot(model);
        slot.is_some_and(
            |slot| matches!(&slot.stage, Stage::Loaded(loaded) if loaded.is_same(worker)),
        )
    }

    /// What the process of `model` occupies now.
    pub fn show_memory(&mut self, model: &ModelId, memory: Option<ProcessMemory>) {
        if let Some(slot) = self.slot_mut(model) {
            slot.status.show_memory(memory);
        }
    }

    /// Whether `model` stays until a person unloads it.
    pub fn pin(&mut self, model: &ModelId, pinned: bool) {
        if let Some(slot) = self.slot_mut(model) {
            slot.status.pinned = pinned;
        }
    }

    /// Asks the load of `model` to end; false when it isn't being loaded.
    pub fn cancel(&self, model: &ModelId) -> bool {
        match self.slot(model).map(|slot| &slot.stage) {
            Some(Stage::Loading(cancel)) => {
                cancel.cancel();
                true
            }
            _ => false,
        }
    }

    /// Takes `model` out, unless it is answering; its worker is still to be
    /// stopped.
    pub fn take_idle(&mut self, model: &ModelId) -> Taken {
        match self.slot(model) {
            None => Taken::Absent,
            Some(slot) if slot.status.running > 0 => Taken::Busy,
            Some(_) => Taken::Idle(self.remove(model)),
        }
    }

    /// Takes every model out.
    pub fn take_all(&mut self) -> Vec<Worker> {
        let workers = self.slots.drain(..).filter_map(|slot| match slot.stage {
            Stage::Loaded(worker) => Some(worker),
            Stage::Loading(cancel) => {
                cancel.cancel();
                None
            }
            Stage::Failed => None,
        });
        workers.collect()
    }

    /// Takes `model` out, whatever it does.
    pub fn remove(&mut self, model: &ModelId) -> Option<Worker> {
        let index = self.slots.iter().position(|slot| slot.status.model == *model)?;
        match self.slots.remove(index).stage {
            Stage::Loaded(worker) => Some(worker),
            _ => None,
        }
    }

    /// The models that occupy memory.
    pub fn residents(&self) -> Vec<Resident> {
        let loaded = self.slots.iter().filter(|slot| matches!(slot.stage, Stage::Loaded(_)));
        let resident = |slot: &Slot| Resident {
            model: slot.status.model.clone(),
            bytes: slot.status.memory_bytes.unwrap_or(0),
            busy: slot.status.running > 0,
            pinned: slot.status.pinned,
            used_at: slot.status.used_at,
        };
        loaded.map(resident).collect()
    }

    fn slot(&self, model: &ModelId) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.status.model == *model)
    }

    fn slot_mut(&mut self, model: &ModelId) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.status.model == *model)
    }
}

/// What became of [`Pool::take_idle`].
pub(crate) enum Taken {
    /// There is no such model.
    Absent,
    /// It is answering.
    Busy,
    /// It is out, with the worker it had.
    Idle(Option<Worker>),
}
