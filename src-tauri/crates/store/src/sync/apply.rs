//! What comes from the server, brought into the local tables.

use super::{Recorder, ServerRow, SyncedTable, Value, log, rows, table::by_name};
use crate::{
    Result,
    value::{from_json, json},
};
use nopenai_domain::WorkstationId;
use rusqlite::{Connection, params};
use std::cell::Cell;

/// The most rows that are tried again together.
const RETRIED: i64 = 1000;

/// What one transaction brings in.
pub struct Applying<'a> {
    pub connection: &'a Connection,
    tables: &'static [SyncedTable],
    texts: rows::Texts,
    pub own: WorkstationId,
    pub recorder: &'a Recorder,
    /// Whether rows wait; nearly always none does, and none is looked for.
    waiting: Cell<bool>,
}

impl<'a> Applying<'a> {
    pub fn new(
        connection: &'a Connection,
        tables: &'static [SyncedTable],
        own: WorkstationId,
        recorder: &'a Recorder,
    ) -> Result<Self> {
        let waiting = connection.prepare_cached("SELECT 1 FROM sync_waiting")?.exists([])?;
        Ok(Self {
            connection,
            tables,
            texts: rows::Texts::default(),
            own,
            recorder,
            waiting: Cell::new(waiting),
        })
    }

    /// Brings rows in, deletions last and children first, and tries those again
    /// that have waited for their parents.
    pub fn all(&self, rows: &[ServerRow]) -> Result<u64> {
        let (kept, mut gone): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.row.is_some());
        gone.sort_by_key(|row| std::cmp::Reverse(self.place(row.table)));
        let mut brought = 0;
        for row in kept.into_iter().chain(gone) {
            brought += u64::from(self.one(row)?);
        }
        if brought > 0 && self.waiting.get() {
            self.retry()?;
        }
        Ok(brought)
    }

    /// Brings a row in, unless this workstation has a change of it to send, which
    /// the server will compare. Where nothing waits the server is right, also
    /// with an older version: it may have forgotten a deletion.
    fn one(&self, row: &ServerRow) -> Result<bool> {
        let ServerRow { table, key, version, .. } = row;
        if !version.is_credible() {
            self.wait(row, "its clock is not of this world")?;
            return Ok(false);
        }
        self.recorder.observe(version.clock);
        if let Some(entry) = log::get(self.connection, self.own, table, key)? {
            log::seen(self.connection, table, key)?;
            if entry.version == *version {
                log::accepted(self.connection, self.own, table, key, *version)?;
                return Ok(false);
            }
            if entry.pending {
                return Ok(false);
            }
        }
        self.take(row)
    }

    /// Brings a row in, whatever is here.
    pub fn take(&self, row: &ServerRow) -> Result<bool> {
        match &row.row {
            // Recorded, so that children which go with it are deleted for all.
            None => rows::remove(self.connection, row.table, &row.key)?,
            Some(values) => {
                if let Err(reason) = self.keep(row, values)? {
                    self.wait(row, &reason)?;
                    return Ok(false);
                }
            }
        }
        self.waits_no_longer(row.table, &row.key)?;
        if row.row.is_none() {
            self.record(row)?;
        }
        Ok(true)
    }

    fn record(&self, row: &ServerRow) -> Result<()> {
        let gone = row.row.is_none();
        log::put(self.connection, self.own, row.table, &row.key, row.version, gone)
    }

    /// Writes a row; gives why it can't be kept.
    fn keep(&self, row: &ServerRow, values: &[Value]) -> Result<Result<(), String>> {
        let table = row.table;
        let mut values = values.to_vec();
        let renamed = self.distinct_name(table, &row.key, &mut values)?;
        let original = renamed.map(|index| values[index].clone());
        let written =
            self.recorder.silently(|| rows::write(self.connection, &self.texts, table, &values));
        match written {
            Ok(()) => {}
            Err(error) if is_constraint(&error) => return Ok(Err(error.to_string())),
            Err(error) => return Err(error.into()),
        }
        self.record(row)?;
        if let (Some(column), Some(Value::Text(name))) = (table.unique_name, original) {
            // A change of this workstation, which the others are to have too.
            rows::rename(self.connection, table, column, &row.key, &name)?;
        }
        Ok(Ok(()))
    }

    /// Two rows of one name: the later key gets another, the same one wherever
    /// that is noticed. Gives the column when it is this row's.
    fn distinct_name(
        &self,
        table: &SyncedTable,
        key: &str,
        values: &mut [Value],
    ) -> Result<Option<usize>> {
        let Some(column) = table.unique_name else { return Ok(None) };
        let index = table.columns.iter().position(|c| c.name == column).unwrap_or_default();
        let Some(other) = rows::same_name(self.connection, table, column, &values[index], key)?
        else {
            return Ok(None);
        };
        let Value::Text(name) = &values[index] else { return Ok(None) };
        if other.as_str() > key {
            let name = another_name(name, &other);
            rows::rename(self.connection, table, column, &other, &name)?;
            return Ok(None);
        }
        values[index] = Value::Text(another_name(name, key));
        Ok(Some(index))
    }

    fn wait(&self, row: &ServerRow, reason: &str) -> Result<()> {
        let Some(values) = &row.row else { return Ok(()) };
        self.waiting.set(true);
        self.connection
            .prepare_cached(
                "INSERT INTO sync_waiting (table_name, row_key, clock, workstation, row, reason) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (table_name, row_key) DO UPDATE SET \
                 clock = ?3, workstation = ?4, row = ?5, reason = ?6",
            )?
            .execute(params![
                row.table.local,
                row.key,
                row.version.clock,
                row.version.workstation.to_string(),
                json(&row.table.to_json(values))?,
                reason,
            ])?;
        Ok(())
    }

    /// Forgets what waited for a row's parent, or for it to become possible.
    pub fn waits_no_longer(&self, table: &SyncedTable, key: &str) -> Result<()> {
        if !self.waiting.get() {
            return Ok(());
        }
        self.connection
            .prepare_cached("DELETE FROM sync_waiting WHERE table_name = ?1 AND row_key = ?2")?
            .execute([table.local, key])?;
        Ok(())
    }

    fn retry(&self) -> Result<()> {
        let mut waiting = self.waiting()?;
        waiting.sort_by_key(|row| self.place(row.table));
        for row in waiting.iter().filter(|row| row.version.is_credible()) {
            match log::get(self.connection, self.own, row.table, &row.key)? {
                Some(entry) if entry.version >= row.version => {
                    self.waits_no_longer(row.table, &row.key)?
                }
                Some(entry) if entry.pending => {}
                _ => drop(self.take(row)?),
            }
        }
        Ok(())
    }

    fn place(&self, table: &SyncedTable) -> usize {
        self.tables.iter().position(|other| other == table).unwrap_or_default()
    }

    fn waiting(&self) -> Result<Vec<ServerRow>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT table_name, row_key, clock, workstation, row FROM sync_waiting LIMIT ?1",
        )?;
        let mut found = statement.query([RETRIED])?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let name: String = row.get(0)?;
            let workstation: String = row.get(3)?;
            let (Some(table), Ok(workstation)) = (by_name(self.tables, &name), workstation.parse())
            else {
                continue;
            };
            let values: serde_json::Value = from_json(&row.get::<_, String>(4)?)?;
            rows.push(ServerRow {
                table,
                key: row.get(1)?,
                version: super::Version { clock: row.get(2)?, workstation },
                row: Some(table.of_json(&values)?),
            });
        }
        Ok(rows)
    }
}

fn another_name(name: &str, key: &str) -> String {
    let start = key.char_indices().rev().nth(7).map_or(0, |(index, _)| index);
    format!("{name} ({})", &key[start..])
}

fn is_constraint(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
}
