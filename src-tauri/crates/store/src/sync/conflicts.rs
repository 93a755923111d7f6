//! Versions that did not prevail: `sync_conflict`.

use super::{Sync, SyncedTable, Value, rows, table::by_name};
use crate::{Result, StoreError, value::from_json};
use nopenai_domain::{Timestamp, WorkstationId};
use rusqlite::{Connection, OptionalExtension, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which version that did not prevail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConflictKey {
    /// The table's local name.
    pub table: String,
    /// The row's key.
    pub row: String,
    /// The version's clock, µs.
    pub clock: i64,
    /// Who wrote it.
    pub workstation: WorkstationId,
}

/// Two people wrote one row at the same time: the version that did not prevail.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Conflict {
    /// Which version.
    pub key: ConflictKey,
    /// Whether it is this workstation's.
    pub own: bool,
    /// When the version that prevailed was written.
    pub winner_at: Timestamp,
    /// Whether the version that prevailed is this workstation's.
    pub winner_own: bool,
    /// When that was found out.
    pub at: Timestamp,
    /// Its columns; absent: it was a deletion.
    pub row: Option<serde_json::Map<String, serde_json::Value>>,
    /// The row's columns as they are now; absent: there is none.
    pub current: Option<serde_json::Map<String, serde_json::Value>>,
}

/// A row with the names of its columns.
pub(crate) fn named(
    table: &SyncedTable,
    values: &[Value],
) -> serde_json::Map<String, serde_json::Value> {
    let json = |value: &Value| value.to_json().unwrap_or(serde_json::Value::Null);
    let pairs = table.columns.iter().zip(values);
    pairs.map(|(column, value)| (column.name.to_owned(), json(value))).collect()
}

const COLUMNS: &str = "table_name, row_key, clock, workstation, winner_clock, \
    winner_workstation, at, row";

impl Sync {
    /// The conflicts nobody has looked at, newest first.
    ///
    /// # Errors
    /// When they could not be read.
    pub async fn conflicts(&self, limit: u32) -> Result<Vec<Conflict>> {
        let (tables, own) = (self.tables(), self.workstation());
        let read = move |connection: &Connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM sync_conflict WHERE resolved = 0 \
                 ORDER BY at DESC, table_name, row_key LIMIT ?1"
            ))?;
            let mut found = statement.query([limit])?;
            let mut conflicts = Vec::new();
            while let Some(row) = found.next()? {
                conflicts.push(conflict(connection, row, tables, own)?);
            }
            Ok(conflicts)
        };
        self.store.read(read).await
    }

    /// How many conflicts nobody has looked at.
    ///
    /// # Errors
    /// When they could not be read.
    pub async fn open_conflicts(&self) -> Result<u64> {
        let count = |connection: &Connection| {
            let sql = "SELECT count(*) FROM sync_conflict WHERE resolved = 0";
            Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))? as u64)
        };
        self.store.read(count).await
    }

    /// Writes the version that did not prevail again, as a change made now; and
    /// the conflict is over.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; when it could not be written.
    pub async fn restore_conflict(&self, key: ConflictKey) -> Result<()> {
        let tables = self.tables();
        let write = move |connection: &Connection| {
            let row: Option<Option<String>> = connection
                .query_row(
                    "SELECT row FROM sync_conflict WHERE table_name = ?1 AND row_key = ?2 \
                     AND clock = ?3 AND workstation = ?4 AND resolved = 0",
                    params![key.table, key.row, key.clock, key.workstation.to_string()],
                    |row| row.get(0),
                )
                .optional()?;
            let (Some(row), Some(table)) = (row, by_name(tables, &key.table)) else {
                return Err(not_found());
            };
            match row {
                None => rows::remove(connection, table, &key.row)?,
                Some(text) => {
                    let object: serde_json::Value = from_json(&text)?;
                    let of = |column: &super::Column| Value::of_json(column, &object[column.name]);
                    let values = table.columns.iter().map(of).collect::<Result<Vec<_>>>()?;
                    rows::write(connection, &rows::Texts::default(), table, &values)?;
                }
            }
            resolve(connection, &key)
        };
        self.store.write(write).await
    }

    /// The version that prevailed is right: the conflict is over.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; when it could not be written.
    pub async fn dismiss_conflict(&self, key: ConflictKey) -> Result<()> {
        self.store.write(move |connection| resolve(connection, &key)).await
    }
}

fn resolve(connection: &Connection, key: &ConflictKey) -> Result<()> {
    let changed = connection.execute(
        "UPDATE sync_conflict SET resolved = 1 WHERE table_name = ?1 AND row_key = ?2 \
         AND clock = ?3 AND workstation = ?4 AND resolved = 0",
        params![key.table, key.row, key.clock, key.workstation.to_string()],
    )?;
    if changed == 1 { Ok(()) } else { Err(not_found()) }
}

fn not_found() -> StoreError {
    StoreError::NotFound("such conflict (any more)".to_owned())
}

fn conflict(
    connection: &Connection,
    row: &rusqlite::Row<'_>,
    tables: &'static [SyncedTable],
    own: WorkstationId,
) -> Result<Conflict> {
    let workstation = |index: usize| -> Result<WorkstationId> {
        let text: String = row.get(index)?;
        text.parse().map_err(|_| StoreError::Value("a workstation".to_owned()))
    };
    let key = ConflictKey {
        table: row.get(0)?,
        row: row.get(1)?,
        clock: row.get(2)?,
        workstation: workstation(3)?,
    };
    let current = match by_name(tables, &key.table) {
        Some(table) => rows::read(connection, &rows::Texts::default(), table, &key.row)?
            .map(|values| named(table, &values)),
        None => None,
    };
    let text: Option<String> = row.get(7)?;
    Ok(Conflict {
        own: key.workstation == own,
        winner_at: Timestamp(row.get(4)?),
        winner_own: workstation(5)? == own,
        at: Timestamp(row.get(6)?),
        row: text.as_deref().map(from_json).transpose()?,
        current,
        key,
    })
}
