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

/// Looks at an existing file without changing it.
pub fn inspect(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Ok(file) if file.len() > 0 => {}
        _ => return Ok(()),
    }
    let connection = open_readable(path)?;
    let damaged = |error: rusqlite::Error| StoreError::Damaged {
        path: path.to_owned(),
        detail: error.to_string(),
    };
    let application: u32 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(damaged)?;
    if application != APPLICATION_ID {
        return Err(StoreError::Foreign(path.to_owned()));
    }
    let found = migration::version(&connection).map_err(damaged)?;
    let known = migration::latest_version();
    if found > known {
        return Err(StoreError::Newer { path: path.to_owned(), found, known });
    }
    let verdict: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(damaged)?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(StoreError::Damaged { path: path.to_owned(), detail: verdict })
    }
}

pub fn open_writable(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

fn open_readable(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

/// Connections that only read; one is opened when none is idle.
pub struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub fn new(path: &Path) -> Result<Self> {
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
