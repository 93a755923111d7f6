//! What is shared with a team: the registration of the synced tables, the change
//! log that every write of one leaves, and what the server's rows become here.
//!
//! Every row has a [`Version`]. A trigger gives it a new one in the transaction
//! that changes the row, and lets it wait ([`Sync::pending`]) until the server
//! has it ([`Sync::settle`]). Rows of the server ([`Sync::apply`]) are taken
//! where they are newer and nothing waits; whatever waits is compared at the
//! server, under its lock.

mod apply;
mod conflicts;
mod log;
mod place;
mod rows;
mod state;
mod table;
mod tables;
mod triggers;
mod value;
mod version;

pub use conflicts::{Conflict, ConflictKey};
pub(crate) use place::Place;
pub use state::SyncState;
pub use table::{Class, Column, ColumnType, SyncedTable, by_name};
pub use tables::{TABLES, table};
pub use value::Value;
pub(crate) use version::Recorder;
pub use version::Version;

use crate::{Result, Store};
use apply::Applying;
use nopenai_domain::{Clock, Timestamp, WorkstationId};
use rusqlite::{Connection, functions::FunctionFlags};
use std::sync::Arc;

/// A row that waits to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Its table.
    pub table: &'static SyncedTable,
    /// Its key in the change log.
    pub key: String,
    /// Its version.
    pub version: Version,
    /// The version the server is known to have.
    pub base: Option<Version>,
    /// Its columns; absent: it is deleted.
    pub row: Option<Vec<Value>>,
}

/// A change's place among those that wait: clock, table, key.
pub type ChangePlace = (i64, String, String);

impl Change {
    /// Its place among those that wait.
    pub fn place(&self) -> ChangePlace {
        (self.version.clock, self.table.local.to_owned(), self.key.clone())
    }
}

/// A row as the server has it.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerRow {
    /// Its table.
    pub table: &'static SyncedTable,
    /// Its key in the change log.
    pub key: String,
    /// Its version.
    pub version: Version,
    /// Its columns; absent: it is deleted.
    pub row: Option<Vec<Value>>,
}

/// What became of a change that was sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Settled {
    /// The server has this version.
    Accepted {
        /// Its table.
        table: &'static SyncedTable,
        /// Its key.
        key: String,
        /// The version that was sent.
        version: Version,
    },
    /// The server has a newer one, and has kept the sent one as a conflict.
    Lost {
        /// The version that was sent.
        version: Version,
        /// What the server has.
        winner: ServerRow,
    },
    /// The server can't take it; it is tried again when the row changes.
    Refused {
        /// Its table.
        table: &'static SyncedTable,
        /// Its key.
        key: String,
        /// The version that was sent.
        version: Version,
        /// What is wrong with it and what to do.
        problem: String,
    },
}

/// Why everything is compared with the server anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reconcile {
    /// Another server: what was written here is sent; what colleagues of another
    /// team wrote is not.
    New,
    /// The server was restored from a copy: all that is known is sent again.
    Restored,
    /// The server has forgotten deletions that this workstation hasn't seen:
    /// what it no longer has is removed here.
    Expired,
}

/// What waits and what is wrong, of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableCount {
    /// The table.
    pub table: &'static SyncedTable,
    /// Rows that wait to be sent.
    pub pending: u64,
    /// Rows that can't be sent as they are.
    pub refused: u64,
}

/// The shared side of a [`Store`].
#[derive(Clone)]
pub struct Sync {
    store: Store,
}

/// What the store keeps open for it.
pub(crate) struct Shared {
    pub workstation: WorkstationId,
    pub recorder: Arc<Recorder>,
    pub tables: &'static [SyncedTable],
}

/// Gives the connection that writes what triggers call: before any other write.
pub(crate) fn install(connection: &Connection, clock: Arc<dyn Clock>) -> Result<Arc<Recorder>> {
    let recorder = Arc::new(Recorder::new());
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
    let ticking = recorder.clone();
    connection
        .create_scalar_function("hybrid_clock", 0, flags, move |_| Ok(ticking.tick(&*clock)))?;
    let recording = recorder.clone();
    connection
        .create_scalar_function("recording", 0, flags, move |_| Ok(recording.is_recording()))?;
    Ok(recorder)
}

/// Prepares the change log of a database whose schema is the latest.
pub(crate) fn prepare(
    connection: &Connection,
    recorder: Arc<Recorder>,
    tables: &'static [SyncedTable],
    place: &Place,
) -> Result<Shared> {
    triggers::prepare(connection, tables)?;
    state::begin(connection)?;
    place::settle(connection, place)?;
    let (workstation, clock) = state::identity(connection)?;
    recorder.observe(clock);
    Ok(Shared { workstation, recorder, tables })
}

impl Sync {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// This workstation.
    pub fn workstation(&self) -> WorkstationId {
        self.store.inner.sync.workstation
    }

    /// The synced tables.
    pub fn tables(&self) -> &'static [SyncedTable] {
        self.store.inner.sync.tables
    }

    /// A version for something that this workstation writes now.
    pub fn new_version(&self) -> Version {
        let shared = &self.store.inner.sync;
        let clock = shared.recorder.tick(&**self.store.clock());
        Version { clock, workstation: shared.workstation }
    }

    /// How far this workstation is.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn state(&self) -> Result<SyncState> {
        self.store.read(state::read).await
    }

    /// Keeps how far this workstation is.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn set_state(&self, state: SyncState) -> Result<()> {
        let recorder = self.store.inner.sync.recorder.clone();
        self.store.write(move |connection| state::write(connection, &state, recorder.last())).await
    }

    /// What waits to be sent, oldest first and after a place, up to so many rows
    /// and bytes.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn pending(
        &self,
        after: Option<ChangePlace>,
        rows: usize,
        bytes: usize,
    ) -> Result<Vec<Change>> {
        let (tables, own) = (self.tables(), self.workstation());
        self.store
            .read(move |connection| {
                // One moment: a version and its row belong together.
                let snapshot = connection.unchecked_transaction()?;
                log::pending(&snapshot, tables, own, after, (rows, bytes))
            })
            .await
    }

    /// What waits and what is wrong, per table.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn counts(&self) -> Result<Vec<TableCount>> {
        let tables = self.tables();
        let counts = self.store.read(move |connection| log::counts(connection, tables)).await?;
        let count = |(table, pending, refused)| TableCount { table, pending, refused };
        Ok(counts.into_iter().map(count).collect())
    }

    /// How many of the server's rows can't be kept here yet.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn waiting(&self) -> Result<u64> {
        let count = |connection: &Connection| {
            let sql = "SELECT count(*) FROM sync_waiting";
            Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))? as u64)
        };
        self.store.read(count).await
    }

    /// The rows that can't be sent, with what is wrong: (table, key, problem).
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn problems(&self, limit: u32) -> Result<Vec<(String, String, String)>> {
        let read = move |connection: &Connection| {
            let rows = connection
                .prepare_cached(
                    "SELECT table_name, row_key, problem FROM sync_row \
                     WHERE problem IS NOT NULL ORDER BY table_name, row_key LIMIT ?1",
                )?
                .query_map([limit], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<rusqlite::Result<_>>()?;
            Ok(rows)
        };
        self.store.read(read).await
    }

    /// Records what became of the changes of a commit: its number, and what it is
    /// known by. A row that was changed since goes on waiting.
    ///
    /// # Errors
    /// When it could not be written; all is as before then, and can be sent
    /// again.
    pub async fn settle(&self, number: i64, token: String, settled: Vec<Settled>) -> Result<()> {
        let recorder = self.store.inner.sync.recorder.clone();
        let (tables, own) = (self.tables(), self.workstation());
        let write = move |connection: &Connection| {
            let applying = Applying::new(connection, tables, own, &recorder)?;
            for outcome in &settled {
                settle(&applying, outcome)?;
            }
            state::pushed(connection, number, &token, recorder.last())
        };
        self.store.write(write).await
    }

    /// Brings rows of the server in and keeps how far that is; gives how many
    /// were new here.
    ///
    /// # Errors
    /// When they could not be written; none is then.
    pub async fn apply(&self, rows: Vec<ServerRow>, progress: Option<String>) -> Result<u64> {
        let recorder = self.store.inner.sync.recorder.clone();
        let (tables, own) = (self.tables(), self.workstation());
        let write = move |connection: &Connection| {
            let brought = Applying::new(connection, tables, own, &recorder)?.all(&rows)?;
            state::progress(connection, progress.as_deref(), recorder.last())?;
            Ok(brought)
        };
        self.store.write(write).await
    }

    /// Prepares a stretch of the change log for a comparison with the server:
    /// the rows after `after`, so many of them. Gives the last one; none when
    /// there are no more. Safe to repeat.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn prepare(
        &self,
        reconcile: Reconcile,
        after: (String, String),
        rows: usize,
    ) -> Result<Option<(String, String)>> {
        let write = move |connection: &Connection| {
            if after.0.is_empty() {
                connection.execute("DELETE FROM sync_waiting", [])?;
            }
            let Some(end) = log::stretch(connection, &after, rows)? else { return Ok(None) };
            let change = match reconcile {
                Reconcile::New => {
                    "pending = workstation IS NULL OR pending, base_clock = NULL, \
                     base_workstation = NULL, missing = 0, problem = NULL"
                }
                Reconcile::Restored => {
                    "pending = 1, base_clock = NULL, base_workstation = NULL, missing = 0, \
                     problem = NULL"
                }
                Reconcile::Expired => "missing = (base_clock IS NOT NULL AND pending = 0)",
            };
            connection
                .prepare_cached(&format!(
                    "UPDATE sync_row SET {change} WHERE (table_name, row_key) > (?1, ?2) \
                     AND (table_name, row_key) <= (?3, ?4)"
                ))?
                .execute([&after.0, &after.1, &end.0, &end.1])?;
            Ok(Some(end))
        };
        self.store.write(write).await
    }

    /// Rows that a full pull hasn't come by, at most so many: table and key. They
    /// are gone at the server, or were written again meanwhile.
    ///
    /// # Errors
    /// When they could not be read.
    pub async fn missing(&self, rows: usize) -> Result<Vec<(&'static SyncedTable, String)>> {
        let tables = self.tables();
        let read = move |connection: &Connection| {
            let missing: Vec<(String, String)> = connection
                .prepare_cached(
                    "SELECT table_name, row_key FROM sync_row WHERE missing = 1 \
                     ORDER BY table_name, row_key LIMIT ?1",
                )?
                .query_map([rows as i64], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            Ok(missing
                .into_iter()
                .filter_map(|(name, key)| Some((by_name(tables, &name)?, key)))
                .collect())
        };
        self.store.read(read).await
    }

    /// Removes what the server said is gone of [`Sync::missing`]: table, key, and
    /// whether it is there. Children go with their parents, for all.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn settle_missing(
        &self,
        found: Vec<(&'static SyncedTable, String, bool)>,
    ) -> Result<()> {
        let write = move |connection: &Connection| {
            for (table, key, is_there) in &found {
                if *is_there || !log::forget(connection, table, key)? {
                    log::seen(connection, table, key)?;
                } else {
                    rows::remove(connection, table, key)?;
                    log::forget_own(connection, table, key)?;
                }
            }
            Ok(())
        };
        self.store.write(write).await
    }

    /// Rows of a synced table that are for others, for comparisons: (key,
    /// columns), in the order of the key.
    ///
    /// # Errors
    /// When they could not be read.
    pub async fn contents(&self, table: &'static SyncedTable) -> Result<Vec<(String, Vec<Value>)>> {
        let read = move |connection: &Connection| {
            let keys: Vec<String> = connection
                .prepare_cached(
                    "SELECT row_key FROM sync_row WHERE table_name = ?1 AND deleted = 0 \
                     ORDER BY row_key",
                )?
                .query_map([table.local], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let (texts, mut found) = (rows::Texts::default(), Vec::new());
            for key in keys {
                if let Some(values) = rows::read(connection, &texts, table, &key)? {
                    found.push((key, values));
                }
            }
            Ok(found)
        };
        self.store.read(read).await
    }
}

fn settle(applying: &Applying<'_>, outcome: &Settled) -> Result<()> {
    let Applying { connection, own, .. } = *applying;
    match outcome {
        Settled::Accepted { table, key, version } => {
            log::accepted(connection, own, table, key, *version)?;
            applying.waits_no_longer(table, key)
        }
        Settled::Refused { table, key, version, problem } => {
            log::refused(connection, table, key, version.clock, problem)
        }
        Settled::Lost { version, winner } => {
            applying.recorder.observe(winner.version.clock);
            let entry = log::get(connection, own, winner.table, &winner.key)?;
            // Changed since: that change is compared in its turn.
            if entry.is_none_or(|entry| entry.version != *version) || applying.take(winner)? {
                return Ok(());
            }
            // What prevails waits for its parent: what was here does not any more.
            let gone = || rows::remove(connection, winner.table, &winner.key);
            applying.recorder.silently(gone)?;
            log::forget_own(connection, winner.table, &winner.key)
        }
    }
}

/// When a version was written, for people.
impl From<Version> for Timestamp {
    fn from(version: Version) -> Self {
        Self(version.clock)
    }
}
