//! This workstation, and how far it is with its server: `sync_state`.

use crate::{Result, StoreError};
use nopenai_domain::{Timestamp, WorkstationId};
use rusqlite::{Connection, OptionalExtension, params};

/// How far this workstation is with its server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncState {
    /// The server's identifier; absent: none joined yet.
    pub server: Option<String>,
    /// The epoch of the server's contents.
    pub epoch: Option<String>,
    /// Everything up to this commit is here.
    pub number: i64,
    /// What that commit is known by.
    pub token: Option<String>,
    /// The latest commit of this workstation.
    pub pushed: i64,
    /// What that commit is known by.
    pub pushed_token: Option<String>,
    /// A pull or reconcile under way, for whoever began it.
    pub progress: Option<String>,
    /// When everything was last the same on both sides.
    pub last_success: Option<Timestamp>,
}

/// Makes the identity of this data folder, at its first start.
pub fn begin(connection: &Connection) -> Result<()> {
    connection.execute(
        "INSERT OR IGNORE INTO sync_state (only_row, workstation, clock, number, pushed) \
         VALUES (1, ?1, 0, 0, 0)",
        [WorkstationId::generate().to_string()],
    )?;
    Ok(())
}

/// The identity of this data folder, and the latest clock that is known.
pub fn identity(connection: &Connection) -> Result<(WorkstationId, i64)> {
    let (workstation, clock): (String, i64) = connection.query_row(
        "SELECT workstation, max(clock, \
         coalesce((SELECT max(clock) FROM sync_row WHERE pending = 1 AND problem IS NULL), 0), \
         coalesce((SELECT max(clock) FROM sync_row WHERE problem IS NOT NULL), 0)) \
         FROM sync_state",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let workstation = workstation.parse();
    Ok((workstation.map_err(|_| StoreError::Value("the workstation".to_owned()))?, clock))
}

pub fn read(connection: &Connection) -> Result<SyncState> {
    let state = connection
        .prepare_cached(
            "SELECT server, epoch, number, token, pushed, pushed_token, progress, last_success \
             FROM sync_state",
        )?
        .query_row([], |row| {
            Ok(SyncState {
                server: row.get(0)?,
                epoch: row.get(1)?,
                number: row.get(2)?,
                token: row.get(3)?,
                pushed: row.get(4)?,
                pushed_token: row.get(5)?,
                progress: row.get(6)?,
                last_success: row.get::<_, Option<i64>>(7)?.map(Timestamp),
            })
        })
        .optional()?;
    Ok(state.unwrap_or_default())
}

pub fn write(connection: &Connection, state: &SyncState, clock: i64) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE sync_state SET server = ?1, epoch = ?2, number = ?3, token = ?4, \
             pushed = ?5, pushed_token = ?6, progress = ?7, last_success = ?8, \
             clock = max(clock, ?9)",
        )?
        .execute(params![
            state.server,
            state.epoch,
            state.number,
            state.token,
            state.pushed,
            state.pushed_token,
            state.progress,
            state.last_success.map(|moment| moment.0),
            clock,
        ])?;
    Ok(())
}

/// Keeps what a transaction that brought something in must not lose.
pub fn progress(connection: &Connection, progress: Option<&str>, clock: i64) -> Result<()> {
    connection
        .prepare_cached("UPDATE sync_state SET progress = ?1, clock = max(clock, ?2)")?
        .execute(params![progress, clock])?;
    Ok(())
}

/// Keeps the latest commit of this workstation.
pub fn pushed(connection: &Connection, number: i64, token: &str, clock: i64) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE sync_state SET clock = max(clock, ?3), \
             pushed_token = CASE WHEN ?1 > pushed THEN ?2 ELSE pushed_token END, \
             pushed = max(pushed, ?1)",
        )?
        .execute(params![number, token, clock])?;
    Ok(())
}
