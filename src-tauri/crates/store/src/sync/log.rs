//! The change log: `sync_row`.

use super::{Change, ChangePlace, SyncedTable, Version, rows, table::by_name};
use crate::{Result, StoreError};
use nopenai_domain::WorkstationId;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// What is known of a row.
pub struct Entry {
    pub version: Version,
    pub base: Option<Version>,
    pub pending: bool,
    pub deleted: bool,
}

/// The columns of an [`entry`], in its order.
const ENTRY: &str = "clock, workstation, base_clock, base_workstation, pending, deleted";

fn version(own: WorkstationId, clock: i64, workstation: Option<String>) -> Version {
    let workstation = workstation.and_then(|text| text.parse().ok()).unwrap_or(own);
    Version { clock, workstation }
}

/// Reads an entry whose columns begin at `first`.
fn entry(row: &Row<'_>, first: usize, own: WorkstationId) -> rusqlite::Result<Entry> {
    let base: Option<i64> = row.get(first + 2)?;
    let base_workstation: Option<String> = row.get(first + 3)?;
    Ok(Entry {
        version: version(own, row.get(first)?, row.get(first + 1)?),
        base: base.map(|clock| version(own, clock, base_workstation)),
        pending: row.get(first + 4)?,
        deleted: row.get(first + 5)?,
    })
}

/// The workstation as it stands in the log: absent for this one.
fn other(version: Version, own: WorkstationId) -> Option<String> {
    (version.workstation != own).then(|| version.workstation.to_string())
}

pub fn get(
    connection: &Connection,
    own: WorkstationId,
    table: &SyncedTable,
    key: &str,
) -> Result<Option<Entry>> {
    let found = connection
        .prepare_cached(
            "SELECT clock, workstation, base_clock, base_workstation, pending, deleted \
             FROM sync_row WHERE table_name = ?1 AND row_key = ?2",
        )?
        .query_row([table.local, key], |row| entry(row, 0, own))
        .optional()?;
    Ok(found)
}

/// Records that a row is as the server has it.
pub fn put(
    connection: &Connection,
    own: WorkstationId,
    table: &SyncedTable,
    key: &str,
    version: Version,
    deleted: bool,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO sync_row (table_name, row_key, clock, workstation, base_clock, \
             base_workstation, deleted, pending) VALUES (?1, ?2, ?3, ?4, ?3, ?4, ?5, 0) \
             ON CONFLICT (table_name, row_key) DO UPDATE SET clock = ?3, workstation = ?4, \
             base_clock = ?3, base_workstation = ?4, deleted = ?5, pending = 0, missing = 0, \
             problem = NULL",
        )?
        .execute(params![table.local, key, version.clock, other(version, own), deleted])?;
    Ok(())
}

/// Records that the server has `version` of a row, which waits no longer unless
/// it was changed since.
pub fn accepted(
    connection: &Connection,
    own: WorkstationId,
    table: &SyncedTable,
    key: &str,
    version: Version,
) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE sync_row SET base_clock = ?3, base_workstation = ?4, missing = 0, \
             pending = NOT (clock = ?3 AND workstation IS ?4) \
             WHERE table_name = ?1 AND row_key = ?2",
        )?
        .execute(params![table.local, key, version.clock, other(version, own)])?;
    Ok(())
}

/// Records that a full pull has come by a row.
pub fn seen(connection: &Connection, table: &SyncedTable, key: &str) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE sync_row SET missing = 0 \
             WHERE table_name = ?1 AND row_key = ?2 AND missing = 1",
        )?
        .execute([table.local, key])?;
    Ok(())
}

/// Forgets a row that nothing waits of; gives whether that was so.
pub fn forget(connection: &Connection, table: &SyncedTable, key: &str) -> Result<bool> {
    let gone = connection
        .prepare_cached(
            "DELETE FROM sync_row WHERE table_name = ?1 AND row_key = ?2 AND pending = 0",
        )?
        .execute([table.local, key])?;
    Ok(gone == 1)
}

/// Forgets a deletion that need not be sent.
pub fn forget_own(connection: &Connection, table: &SyncedTable, key: &str) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM sync_row WHERE table_name = ?1 AND row_key = ?2")?
        .execute([table.local, key])?;
    Ok(())
}

/// Records why a version can't be sent; a later one is tried again.
pub fn refused(
    connection: &Connection,
    table: &SyncedTable,
    key: &str,
    clock: i64,
    problem: &str,
) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE sync_row SET problem = ?4 \
             WHERE table_name = ?1 AND row_key = ?2 AND clock = ?3 AND pending = 1",
        )?
        .execute(params![table.local, key, clock, problem])?;
    Ok(())
}

/// What waits to be sent, oldest first, after a place: at most so many rows, and no more bytes
/// than that but for the first.
pub fn pending(
    connection: &Connection,
    tables: &'static [SyncedTable],
    own: WorkstationId,
    after: Option<ChangePlace>,
    (rows, bytes): (usize, usize),
) -> Result<Vec<Change>> {
    let sql = format!(
        "SELECT table_name, row_key, {ENTRY} FROM sync_row \
         WHERE pending = 1 AND problem IS NULL AND (clock, table_name, row_key) > (?2, ?3, ?4) \
         ORDER BY clock, table_name, row_key LIMIT ?1"
    );
    let (clock, name, key) = after.unwrap_or((i64::MIN, String::new(), String::new()));
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(params![rows as i64, clock, name, key])?;
    let texts = rows::Texts::default();
    let (mut changes, mut size) = (Vec::new(), 0);
    while let Some(row) = found.next()? {
        let name: String = row.get(0)?;
        let key: String = row.get(1)?;
        let Some(table) = by_name(tables, &name) else { continue };
        let Entry { version, base, deleted, .. } = entry(row, 2, own)?;
        let values = if deleted { None } else { rows::read(connection, &texts, table, &key)? };
        size += values.iter().flatten().map(super::Value::size).sum::<usize>() + key.len() + 64;
        if size > bytes && !changes.is_empty() {
            break;
        }
        changes.push(Change { table, key, version, base, row: values });
    }
    Ok(changes)
}

/// How many rows wait, per table; and how many of them can't be sent.
pub fn counts(
    connection: &Connection,
    tables: &'static [SyncedTable],
) -> Result<Vec<(&'static SyncedTable, u64, u64)>> {
    let mut counts: Vec<_> = tables.iter().map(|table| (table, 0, 0)).collect();
    let mut count = |sql: &str, problem: bool| -> Result<()> {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (name, number): (String, i64) = (row.get(0)?, row.get(1)?);
            let number = number as u64;
            if let Some(entry) = counts.iter_mut().find(|(table, ..)| table.local == name) {
                if problem { entry.2 = number } else { entry.1 = number }
            }
        }
        Ok(())
    };
    count(
        "SELECT table_name, count(*) FROM sync_row WHERE pending = 1 AND problem IS NULL \
         GROUP BY table_name",
        false,
    )?;
    count(
        "SELECT table_name, count(*) FROM sync_row WHERE problem IS NOT NULL GROUP BY table_name",
        true,
    )?;
    Ok(counts)
}

/// The end of the next stretch of the log after `(table, key)`.
pub fn stretch(
    connection: &Connection,
    after: &(String, String),
    rows: usize,
) -> Result<Option<(String, String)>> {
    let at = |offset: i64| {
        connection
            .prepare_cached(
                "SELECT table_name, row_key FROM sync_row WHERE (table_name, row_key) > (?1, ?2) \
                 ORDER BY table_name, row_key LIMIT 1 OFFSET ?3",
            )?
            .query_row(params![after.0, after.1, offset], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(StoreError::from)
    };
    if let Some(end) = at(rows as i64 - 1)? {
        return Ok(Some(end));
    }
    let last = connection
        .prepare_cached(
            "SELECT table_name, row_key FROM sync_row WHERE (table_name, row_key) > (?1, ?2) \
             ORDER BY table_name DESC, row_key DESC LIMIT 1",
        )?
        .query_row(params![after.0, after.1], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(last)
}
