use schemars::JsonSchema;
use serde::Serialize;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use nopenai_domain::{Code, Error, Result, Timestamp};

/// What a task does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Copies a model into the models folder; counts bytes.
    ImportModel,
    /// Brings a model from the hub; counts bytes. Cancelling pauses it: what has
    /// arrived stays.
    DownloadModel,
    /// Writes runs to a file; counts rows.
    ExportRuns,
    /// Times the runtimes with a model; counts tokens.
    MeasureRuntimes,
    /// Writes a model in another form and weighs both; counts bytes.
    RequantizeModel,
    /// Asks a prompt set of models; counts two steps per item: asked, and with
    /// its verdict.
    Evaluate,
}

/// Long work under way.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Task {
    /// Its number.
    pub id: u64,
    /// What it does.
    pub kind: TaskKind,
    /// To what: a file's or model's name.
    pub subject: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How much is done, in what the kind counts.
    pub done: u64,
    /// How much there is to do, where that is known.
    pub total: Option<u64>,
}

/// The long work under way, to look at and to cancel; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Tasks {
    next: Arc<AtomicU64>,
    list: watch::Sender<Vec<Task>>,
    cancels: Arc<Mutex<Vec<(u64, CancellationToken)>>>,
}

impl Tasks {
    /// Lists a task until the returned value is dropped.
    pub fn begin(&self, kind: TaskKind, subject: String, started_at: Timestamp) -> Begun {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let cancel = CancellationToken::new();
        self.cancels().push((id, cancel.clone()));
        let task = Task { id, kind, subject, started_at, done: 0, total: None };
        self.list.send_modify(|list| list.push(task));
        Begun { tasks: self.clone(), id, cancel }
    }

    /// Asks a task to end.
    ///
    /// # Errors
    /// [`Code::NotFound`] when it is not under way.
    pub fn cancel(&self, id: u64) -> Result<()> {
        match self.cancels().iter().find(|(task, _)| *task == id) {
            Some((_, cancel)) => {
                cancel.cancel();
                Ok(())
            }
            None => Err(Error::new(Code::NotFound, "That work has ended already.")),
        }
    }

    /// What is under way, now and as it changes.
    pub fn subscribe(&self) -> watch::Receiver<Vec<Task>> {
        self.list.subscribe()
    }

    fn cancels(&self) -> std::sync::MutexGuard<'_, Vec<(u64, CancellationToken)>> {
        self.cancels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A task under way.
pub(crate) struct Begun {
    tasks: Tasks,
    id: u64,
    /// Cancelled when a person asked for it.
    pub cancel: CancellationToken,
}

impl Begun {
    /// Tells how far it has come.
    pub fn progress(&self, done: u64, total: Option<u64>) {
        self.tasks.list.send_modify(|list| {
            if let Some(task) = list.iter_mut().find(|task| task.id == self.id) {
                (task.done, task.total) = (done, total);
            }
        });
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.tasks.list.send_modify(|list| list.retain(|task| task.id != self.id));
        self.tasks.cancels().retain(|(task, _)| *task != self.id);
    }
}
