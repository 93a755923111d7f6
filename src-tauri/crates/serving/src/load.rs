//! Loading a model, and telling how far that has come.

use crate::{Engine, session::Outbox};
use nopenai_domain::{Code, Error, LoadProgress, LoadStage};
use nopenai_protocol::{ElementType, FromWorker};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// How often the studio hears how far a load has come.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// How far a load has come; clones share it.
#[derive(Debug, Clone)]
pub struct Progress {
    bytes_total: u64,
    bytes_read: Arc<AtomicU64>,
}

impl Progress {
    fn new(bytes_total: u64) -> Self {
        Self { bytes_total, bytes_read: Arc::default() }
    }

    /// Notes how many bytes of the model are read.
    pub fn read(&self, bytes: u64) {
        self.bytes_read.store(bytes.min(self.bytes_total), Ordering::Relaxed);
    }

    /// Notes which share of the model is read, 0 to 1.
    pub fn read_share(&self, share: f32) {
        self.read((f64::from(share) * self.bytes_total as f64) as u64);
    }

    fn now(&self) -> LoadProgress {
        let (bytes_total, bytes_read) = (self.bytes_total, self.bytes_read.load(Ordering::Relaxed));
        let stage =
            if bytes_read < bytes_total { LoadStage::Reading } else { LoadStage::Preparing };
        LoadProgress { stage, bytes_read, bytes_total }
    }
}

/// Loads the model at `path` and tells the studio how it went, whatever the
/// engine does with it: its errors and its panics both become
/// [`FromWorker::LoadFailed`].
pub async fn load<E: Engine>(
    path: PathBuf,
    bytes_total: u64,
    element_type: ElementType,
    outbox: &Outbox,
) -> Option<E> {
    let progress = Progress::new(bytes_total);
    let telling = tokio::spawn(tell(progress.clone(), outbox.clone()));
    let from = path.clone();
    // A task of its own, so that a panic inside the engine is a result here.
    let outcome = tokio::spawn(async move { E::load(&from, element_type, progress).await }).await;
    telling.abort();
    let reason = match outcome {
        Ok(Ok((engine, loaded))) => {
            let _ = outbox.send(FromWorker::Loaded(loaded)).await;
            return Some(engine);
        }
        Ok(Err(error)) => format!("{error:#}"),
        Err(panic) => panic_message(panic),
    };
    let error = Error::new(
        Code::UnsupportedModel,
        format!("The engine could not load {}: {reason}", path.display()),
    );
    let _ = outbox.send(FromWorker::LoadFailed { error }).await;
    None
}

async fn tell(progress: Progress, outbox: Outbox) {
    let mut ticks = tokio::time::interval(PROGRESS_INTERVAL);
    loop {
        ticks.tick().await;
        if outbox.send(FromWorker::LoadProgress(progress.now())).await.is_err() {
            return;
        }
    }
}

fn panic_message(error: tokio::task::JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("it panicked without a message")
            .to_owned(),
        Err(error) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_ends_in_preparing_and_never_exceeds_the_file() {
        let progress = Progress::new(1000);
        assert_eq!(progress.now().stage, LoadStage::Reading);
        progress.read_share(0.5);
        assert_eq!(progress.now().bytes_read, 500);
        progress.read(5000);
        let now = progress.now();
        assert_eq!((now.stage, now.bytes_read), (LoadStage::Preparing, 1000));
    }
}
