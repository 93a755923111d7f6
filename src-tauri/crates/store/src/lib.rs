//! The local database: one SQLite file, one writer, several readers.
//!
//! WAL with `synchronous = FULL` for every table: what [`Store::write`] has
//! acknowledged survives a killed process and a power cut. Writes that wait
//! together are committed together, so a token costs a fraction of a sync.

mod connection;
mod error;
mod history;
mod migration;
mod writer;

pub use error::StoreError;
pub use history::History;
pub use migration::latest_version;
pub use rusqlite::version as sqlite_version;

use connection::Readers;
use nopenai_domain::Clock;
use rusqlite::Connection;
use std::{path::Path, sync::Arc};
use tokio::sync::oneshot;
use writer::Writer;

/// What every access gives.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// An open database; clones share it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    writer: Writer,
    readers: Readers,
    clock: Arc<dyn Clock>,
}

impl Store {
    /// Opens the database at `path`, creating it when there is none: checks
    /// that it is ours, whole and not from a newer version, applies pending
    /// migrations, and closes the runs an earlier process left open.
    ///
    /// # Errors
    /// [`StoreError::Foreign`], [`StoreError::Damaged`] or
    /// [`StoreError::Newer`] with the file left as it was;
    /// [`StoreError::Sqlite`] when it can't be opened or written.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        connection::inspect(path)?;
        let mut connection = connection::open_writable(path)?;
        migration::apply(&mut connection)?;
        history::recover(&mut connection)?;
        let inner =
            Inner { readers: Readers::new(path)?, writer: Writer::start(connection)?, clock };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The runs.
    pub fn history(&self) -> History {
        History::new(self.clone())
    }

    /// The clock rows are stamped with.
    pub fn clock(&self) -> &dyn Clock {
        &*self.inner.clock
    }

    /// Runs `work` in a transaction of the writer and returns when it is
    /// committed and on disk.
    ///
    /// # Errors
    /// What `work` returned, or why the commit failed; nothing of `work` is
    /// kept then.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let (reply, replied) = oneshot::channel();
        self.write_later(work, move |result| {
            let _ = reply.send(result);
        });
        replied.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Like [`Store::write`], without waiting; `done` hears how it went.
    pub fn write_later<T, F, D>(&self, work: F, done: D)
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
        D: FnOnce(Result<T>) + Send + 'static,
    {
        self.inner.writer.submit(work, done);
    }

    /// Runs `work` on a reader, off the async threads.
    ///
    /// # Errors
    /// What `work` returned.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let inner = self.inner.clone();
        tokio::task::spawn_blocking(move || inner.readers.with(work))
            .await
            .unwrap_or(Err(StoreError::Closed))
    }
}
