//! The thread that watches the models folder.

use crate::ModelList;
use crate::scan::Scanner;
use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How long the folder must be quiet before it is looked at again.
const QUIET: Duration = Duration::from_millis(300);
/// How long a folder that is never quiet (a file being copied in) may wait.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a folder is looked at that can't be watched: it isn't there.
const POLL: Duration = Duration::from_secs(2);
/// How often one that is watched, because not every file system tells of
/// changes (network shares, targets of links).
const RECHECK: Duration = Duration::from_secs(30);

/// What the thread is told.
#[derive(Debug)]
pub(crate) enum Signal {
    /// Something in the folder is different, or may be soon.
    Changed,
    /// Something was done to the folder and is over.
    Look,
    /// Another folder is to be watched, an absolute path.
    Folder(PathBuf),
    /// The thread is to end.
    End,
}

/// Looks at `folder` and calls `found`, then watches it and calls `found` after
/// every look, until told to end.
pub(crate) fn watch(
    folder: PathBuf,
    mut found: impl FnMut(ModelList) + Send + 'static,
) -> Sender<Signal> {
    let (signal, signals) = mpsc::channel();
    let mut lookout = Lookout::new(folder, signal.clone());
    found(lookout.look());
    let keep = move || {
        while let Some(folder) = wait(&signals, lookout.pause()) {
            if let Some(folder) = folder {
                lookout = Lookout::new(folder, lookout.signal);
            }
            found(lookout.look());
        }
    };
    if let Err(error) = thread::Builder::new().name("models-watch".to_owned()).spawn(keep) {
        tracing::error!(%error, "the models folder is not watched");
    }
    signal
}

/// Waits for a change and the quiet after it, or until `pause` is over. None:
/// it is time to end. Some: to look, at another folder when one is named.
fn wait(signals: &Receiver<Signal>, pause: Duration) -> Option<Option<PathBuf>> {
    let mut patience = pause;
    let mut changed: Option<Instant> = None;
    loop {
        match signals.recv_timeout(patience) {
            Ok(Signal::Changed) => {}
            Ok(Signal::Look) | Err(RecvTimeoutError::Timeout) => return Some(None),
            Ok(Signal::Folder(folder)) => return Some(Some(folder)),
            Ok(Signal::End) | Err(RecvTimeoutError::Disconnected) => return None,
        }
        if changed.get_or_insert_with(Instant::now).elapsed() >= PATIENCE {
            return Some(None);
        }
        patience = QUIET;
    }
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
