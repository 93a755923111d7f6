//! The local database: one SQLite file, one writer, several readers.
//!
//! WAL with `synchronous = FULL` for every table: what [`Store::write`] has
//! acknowledged survives a killed process and a power cut. Writes that wait
//! together are committed together, so a token costs a fraction of a sync.

mod backup;
mod chats;
mod comparisons;
mod configurations;
mod connection;
mod error;
mod evaluations;
mod history;
mod migration;
mod model_records;
mod modes;
mod notifications;
mod prices;
mod profiles;
mod prompt_cache;
mod prompt_sets;
mod remote_models;
mod runtime_speeds;
mod settings;
pub mod sync;
mod value;
mod writer;

pub use backup::{Migrated, restore};
pub use chats::Chats;
pub use comparisons::Comparisons;
pub use configurations::Configurations;
pub use error::StoreError;
pub use evaluations::Evaluations;
pub use history::History;
pub use migration::{Schema, latest_version};
pub use model_records::{ModelRecord, ModelRecords};
pub use modes::Modes;
pub use notifications::Notifications;
pub use prices::Prices;
pub use profiles::Profiles;
pub use prompt_cache::{CacheKey, PromptCache};
pub use prompt_sets::PromptSets;
pub use remote_models::RemoteModels;
pub use runtime_speeds::RuntimeSpeeds;
pub use rusqlite::version as sqlite_version;
pub use settings::SettingsTable;

use connection::Readers;
use history::{Deletions, Tokenizer};
use nopenai_domain::{Clock, Timestamp};
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
    // Dropped before the writer: SQLite brings the log into the database when
    // the last connection ends, which only one that writes can do.
    readers: Readers,
    writer: Writer,
    tokenizer: Arc<Tokenizer>,
    deletions: Deletions,
    migrated: Option<Migrated>,
    sync: sync::Shared,
    clock: Arc<dyn Clock>,
}

impl Store {
    /// Opens the database at `path`, creating it when there is none: checks
    /// that it is ours, whole (up to 256 MB; a larger one when it is read) and
    /// not from a newer version, copies it into `backups/` beside it when
    /// migrations are pending, applies those, closes the runs and evaluations
    /// an earlier process left open, and removes the prompt sets and
    /// conversations it deleted.
    /// The runs it deleted are removed afterwards, while nothing else is to be
    /// written.
    ///
    /// # Errors
    /// [`StoreError::Foreign`], [`StoreError::Damaged`] or
    /// [`StoreError::Newer`] with the file left as it was;
    /// [`StoreError::File`] when it could not be copied;
    /// [`StoreError::Sqlite`] when it can't be opened or written.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::open_as(path, clock, Schema::CURRENT)
    }

    /// Opens it likewise, with the tables of another version of the application.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub fn open_as(path: &Path, clock: Arc<dyn Clock>, schema: Schema) -> Result<Self> {
        let to = schema.version();
        let from = connection::inspect(path, to)?;
        let migrated = if from > 0 && from < to {
            let backup = backup::before_migration(path, from, &*clock)?;
            Some(Migrated { from, to, backup })
        } else {
            None
        };
        let mut connection = connection::open_writable(path)?;
        let recorder = sync::install(&connection, clock.clone())?;
        migration::apply(&mut connection, &schema)?;
        connection::undo_in_memory(&connection)?;
        let sync = sync::prepare(&connection, recorder, schema.tables, &sync::Place::of(path))?;
        history::recover(&mut connection)?;
        evaluations::recover(&connection)?;
        prompt_sets::purge(&connection)?;
        chats::recover(&connection)?;
        let deletions = Deletions::of(&connection)?;
        let inner = Inner {
            readers: Readers::open(path)?,
            writer: Writer::start(connection, deletions.removal())?,
            tokenizer: Arc::new(Tokenizer::new()?),
            deletions,
            migrated,
            sync,
            clock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What opening the database did to it, when it was an older one.
    pub fn migrated(&self) -> Option<Migrated> {
        self.inner.migrated.clone()
    }

    /// The runs.
    pub fn history(&self) -> History {
        History::new(self.clone())
    }

    /// The modes a person made or changed.
    pub fn modes(&self) -> Modes {
        Modes::new(self.clone())
    }

    /// How models are used.
    pub fn configurations(&self) -> Configurations {
        Configurations::new(self.clone())
    }

    /// Which prompts come again.
    pub fn prompt_cache(&self) -> PromptCache {
        PromptCache::new(self.clone())
    }

    /// What tokens cost.
    pub fn prices(&self) -> Prices {
        Prices::new(self.clone())
    }

    /// Conversations.
    pub fn chats(&self) -> Chats {
        Chats::new(self.clone())
    }

    /// How fast runtimes were.
    pub fn runtime_speeds(&self) -> RuntimeSpeeds {
        RuntimeSpeeds::new(self.clone())
    }

    /// Comparisons of runs.
    pub fn comparisons(&self) -> Comparisons {
        Comparisons::new(self.clone())
    }

    /// Prompts that are asked together.
    pub fn prompt_sets(&self) -> PromptSets {
        PromptSets::new(self.clone())
    }

    /// Prompt sets, asked of models.
    pub fn evaluations(&self) -> Evaluations {
        Evaluations::new(self.clone())
    }

    /// What a person should know.
    pub fn notifications(&self) -> Notifications {
        Notifications::new(self.clone())
    }

    /// What a person set.
    pub fn settings(&self) -> SettingsTable {
        SettingsTable::new(self.clone())
    }

    /// What is remembered about models' files.
    pub fn model_records(&self) -> ModelRecords {
        ModelRecords::new(self.clone())
    }

    /// Models that answer elsewhere.
    pub fn remote_models(&self) -> RemoteModels {
        RemoteModels::new(self.clone())
    }

    /// The servers a person can connect to.
    pub fn profiles(&self) -> Profiles {
        Profiles::new(self.clone())
    }

    /// What is shared with a team.
    pub fn sync(&self) -> sync::Sync {
        sync::Sync::new(self.clone())
    }

    /// A name for a deletion, never given before.
    fn new_deletion(&self) -> Timestamp {
        self.inner.deletions.name(&**self.clock())
    }

    /// The clock rows are stamped with.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
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
