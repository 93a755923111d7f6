use crate::{Result, StoreError, migration};
use rusqlite::{Connection, OpenFlags};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Marks the file as ours in its header ("nOpS").
pub const APPLICATION_ID: u32 = 0x6e4f_7053;

/// Idle readers kept for the next query.
const READERS_KEPT: usize = 4;

/// Prepared statements kept per connection: each way to follow the history has
/// its own.
const STATEMENTS_KEPT: usize = 64;

/// Pages of the log that are brought into the database together, 16 MB: the
/// pages of indexes, which every run changes, are written once for many runs.
const LOG_PAGES: u32 = 4096;

/// Pages kept in memory per connection, KiB: the inner pages of every index of
/// a million runs.
const CACHE_KIB: i64 = 16 * 1024;

/// Up to this size the whole file is checked at the start; a larger one would
/// hold it up. Damage in it is found where it is read, and by the check of each
/// copy that is made.
const CHECKED_AT_START: u64 = 256 * 1024 * 1024;

/// Looks at an existing file without changing it. Gives its schema version, 0
/// for one that is empty or not there; `known` is the latest one that is known.
pub fn inspect(path: &Path, known: u32) -> Result<u32> {
    match fs::metadata(path) {
        Ok(file) if file.len() > CHECKED_AT_START => {
            inspect_header(path, known).map(|(_, found)| found)
        }
        Ok(file) if file.len() > 0 => inspect_whole(path, known),
        _ => Ok(0),
    }
}

/// Looks at every page of a file without changing it. Gives its schema version.
pub fn inspect_whole(path: &Path, known: u32) -> Result<u32> {
    let (connection, found) = inspect_header(path, known)?;
    let verdict: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| damaged(path, &error))?;
    if verdict == "ok" {
        Ok(found)
    } else {
        Err(StoreError::Damaged { path: path.to_owned(), detail: verdict })
    }
}

fn inspect_header(path: &Path, known: u32) -> Result<(Connection, u32)> {
    let connection = open_readable(path).map_err(|error| match error {
        StoreError::Sqlite(error) if is_damage(&error) => damaged(path, &error),
        error => error,
    })?;
    let application: u32 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(|error| damaged(path, &error))?;
    if application != APPLICATION_ID {
        return Err(StoreError::Foreign(path.to_owned()));
    }
    let found = migration::version(&connection).map_err(|error| damaged(path, &error))?;
    if found > known {
        return Err(StoreError::Newer { path: path.to_owned(), found, known });
    }
    Ok((connection, found))
}

/// Whether the file itself is to blame.
pub fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}

fn damaged(path: &Path, error: &rusqlite::Error) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), detail: error.to_string() }
}

pub fn open_writable(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    prepare(&connection)?;
    Ok(connection)
}

/// Keeps in memory what undoes a statement: each statement of a table with
/// triggers notes every page it changes, which else goes to a temporary file.
/// Not for a migration, whose new indexes would be sorted there too.
pub fn undo_in_memory(connection: &Connection) -> Result<()> {
    Ok(connection.pragma_update(None, "temp_store", "MEMORY")?)
}

pub fn open_readable(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    prepare(&connection)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    Ok(())
}

/// Connections that only read; one is opened when none is idle.
pub struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub fn open(path: &Path) -> Result<Self> {
        let first = open_readable(path)?;
        Ok(Self { path: path.to_owned(), idle: Mutex::new(vec![first]) })
    }

    pub fn with<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open_readable(&self.path)?,
        };
        let result = work(&connection);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < READERS_KEPT {
            idle.push(connection);
        }
        result
    }
}
