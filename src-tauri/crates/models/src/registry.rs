use crate::scan::Scanner;
use crate::{Model, ModelList};
use nopenai_domain::{Code, Error, ModelId, Result, Timestamp};
use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How long the folder must be quiet before it is looked at again.
const QUIET: Duration = Duration::from_millis(300);
/// How long a folder that is never quiet (a file being copied in) may wait.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a folder is looked at that can't be watched: it isn't there.
const POLL: Duration = Duration::from_secs(2);
/// How often one that is watched, because not every file system tells of
/// changes (network shares, targets of links).
const RECHECK: Duration = Duration::from_secs(30);

/// The models of a folder, kept up to date. Clones are cheap and share it; the
/// watching ends with the last one.
#[derive(Clone)]
pub struct Registry {
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    list: watch::Receiver<Arc<ModelList>>,
    signal: Sender<Signal>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        // It fails only when the watching has ended already.
        let _ = self.signal.send(Signal::End);
    }
}

enum Signal {
    Changed,
    End,
}

impl Registry {
    /// Looks at `folder` and watches it from then on. A folder that isn't there
    /// is no error: the list says so, until it appears.
    ///
    /// Returns after the first look, some 20 ms for a model: call it where
    /// blocking is allowed.
    pub fn open(folder: impl AsRef<Path>) -> Self {
        let folder = folder.as_ref();
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let (signal, signals) = mpsc::channel();
        let mut lookout = Lookout::new(folder.clone(), signal.clone());
        let (sender, list) = watch::channel(Arc::new(lookout.look()));
        let spawned = thread::Builder::new()
            .name("models-watch".to_owned())
            .spawn(move || keep(&mut lookout, &signals, &sender));
        if let Err(error) = spawned {
            tracing::error!(%error, "the models folder is not watched");
        }
        let shared = Shared { folder, list, signal };
        Self { shared: Arc::new(shared) }
    }

    /// The list as it is now and as it changes.
    pub fn subscribe(&self) -> watch::Receiver<Arc<ModelList>> {
        self.shared.list.clone()
    }

    /// The list as it is now.
    pub fn list(&self) -> ModelList {
        ModelList::clone(&self.shared.list.borrow())
    }

    /// A model of the list, also one with a problem.
    ///
    /// # Errors
    /// [`Code::NotFound`] for one that isn't there, [`Code::FolderUnavailable`]
    /// when that is because the folder can't be read.
    pub fn get(&self, id: &ModelId) -> Result<Model> {
        let list = self.shared.list.borrow();
        match list.models.iter().find(|model| model.id == *id) {
            Some(model) => Ok(model.clone()),
            None => Err(list.problem.clone().unwrap_or_else(|| missing(id))),
        }
    }

    /// The file of a model that passed inspection, unchanged since then.
    ///
    /// # Errors
    /// As [`Registry::get`], and [`Code::UnsupportedModel`] for a model with a
    /// problem, or one that is being written.
    pub fn path(&self, id: &ModelId) -> Result<PathBuf> {
        let model = self.get(id)?;
        if let Some(problem) = model.problem {
            return Err(problem);
        }
        // Identifiers of the list come from walking down the folder, so that
        // none of them leads out of it.
        let path = self.shared.folder.join(&id.0);
        let Ok(metadata) = path.metadata() else {
            self.look_again();
            return Err(missing(id));
        };
        let modified = metadata.modified().ok().map(Timestamp::from);
        if metadata.len() != model.size_bytes || modified != Some(model.modified_at) {
            self.look_again();
            return Err(Error::new(
                Code::UnsupportedModel,
                format!("The file {id} has just changed and is looked at. Try again in a moment."),
            )
            .with("model", id.0.as_str()));
        }
        Ok(path)
    }

    fn look_again(&self) {
        let _ = self.shared.signal.send(Signal::Changed);
    }
}

fn missing(id: &ModelId) -> Error {
    let message = format!("There is no model {id} in the models folder. Choose another.");
    Error::new(Code::NotFound, message).with("model", id.0.as_str())
}

/// Looks at the folder when it has changed, until told to end.
fn keep(lookout: &mut Lookout, signals: &Receiver<Signal>, list: &watch::Sender<Arc<ModelList>>) {
    while wait(signals, lookout.pause()) {
        let new = lookout.look();
        list.send_if_modified(|old| {
            let differs = **old != new;
            if differs {
                *old = Arc::new(new);
            }
            differs
        });
    }
}

/// Waits for a change and the quiet after it, or until `pause` is over. Tells
/// whether to go on.
fn wait(signals: &Receiver<Signal>, pause: Duration) -> bool {
    match signals.recv_timeout(pause) {
        Ok(Signal::Changed) => {}
        Err(RecvTimeoutError::Timeout) => return true,
        Ok(Signal::End) | Err(RecvTimeoutError::Disconnected) => return false,
    }
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        match signals.recv_timeout(QUIET) {
            Ok(Signal::Changed) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Ok(Signal::End) | Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
    true
}

/// Looks at the folder, and arranges to be told of its changes.
struct Lookout {
    scanner: Scanner,
    signal: Sender<Signal>,
    watcher: Option<RecommendedWatcher>,
}

impl Lookout {
    fn new(folder: PathBuf, signal: Sender<Signal>) -> Self {
        Self { scanner: Scanner::new(folder), signal, watcher: None }
    }

    /// Every look begins a new watch: the old one may hold folders that were
    /// removed or replaced since. Folders are watched one by one, because a
    /// recursive watch has no bound.
    fn look(&mut self) -> ModelList {
        let mut watcher = self.watcher();
        let mut is_watched = watcher.is_some();
        let list = self.scanner.scan(&mut |folder| {
            if let Some(watcher) = &mut watcher
                && let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive)
            {
                is_watched = false;
                tracing::debug!(folder = %folder.display(), %error, "folder not watched");
            }
        });
        self.watcher = watcher.filter(|_| is_watched);
        list
    }

    fn watcher(&self) -> Option<RecommendedWatcher> {
        let signal = self.signal.clone();
        let told = move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| !is_ours(event.kind)) {
                let _ = signal.send(Signal::Changed);
            }
        };
        notify::recommended_watcher(told)
            .inspect_err(|error| tracing::warn!(%error, "folders cannot be watched"))
            .ok()
    }

    /// How long to wait when no change is told of.
    fn pause(&self) -> Duration {
        if self.watcher.is_some() { RECHECK } else { POLL }
    }
}

/// Whether an event may come from our own reading.
fn is_ours(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
        EventKind::Access(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_reading_is_no_change() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("a.gguf");
        std::fs::write(&file, "x").expect("a file");
        let (signal, signals) = mpsc::channel();
        let mut lookout = Lookout::new(folder.path().to_owned(), signal);
        assert_eq!(lookout.look().models.len(), 1);
        assert_eq!(lookout.pause(), RECHECK);
        lookout.look();
        assert!(matches!(
            signals.recv_timeout(Duration::from_millis(500)),
            Err(RecvTimeoutError::Timeout)
        ));
        std::fs::write(&file, "y").expect("written again");
        assert!(signals.recv_timeout(Duration::from_secs(10)).is_ok());
    }
}
