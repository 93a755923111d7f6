//! A commit by ODBC: versions compared, rows written, under the head's lock.

use super::{
    batch::Part,
    json::{Documents, from_server, to_server},
    remote::{broken, not_a_version, read_head, read_token, version},
    server::{Head, Transaction},
    ways::{Way, Ways},
};
use crate::{
    Class, DatabaseError, Param, Pooled, Result, SessionFactory,
    dialect::{ROW_KEY, SYNC_COLUMNS, Statement, Statements, WORD},
};
use nopenai_domain::{Timestamp, WorkstationId};
use nopenai_store::sync::{Column, ColumnType, ServerRow, SyncedTable, Value, Version};
use std::collections::{HashMap, HashSet};

/// A JSON parameter of a subquery has at most so many bytes: SAP HANA takes one
/// there for an NVARCHAR(5000).
const KEYS_DOCUMENT: usize = 5000;

/// The columns of a deletion, in the order of `Statements::bury_one`.
const DEATH: [(&str, ColumnType); 5] = [
    ("table_name", WORD),
    ("row_key", ROW_KEY),
    ("sync_number", ColumnType::Integer),
    ("sync_clock", ColumnType::Integer),
    ("sync_workstation", WORD),
];

/// The columns of a row, in the order of `Statements::write_one`.
fn written_columns(table: &SyncedTable) -> Vec<(&'static str, ColumnType)> {
    let of = |column: &Column| (column.name, column.kind);
    let key = table.key_columns().iter().map(of);
    key.chain(SYNC_COLUMNS).chain(table.other_columns().iter().map(of)).collect()
}

/// A transaction of a server's session.
pub struct RemoteTransaction<'a> {
    session: Pooled<SessionFactory>,
    statements: &'a Statements,
    ways: &'a Ways,
    way: Way,
    head: Head,
    /// Of which of the keys looked for the server has a deletion.
    buried: HashSet<(&'static str, String)>,
    /// How many rows of a table were inserted.
    inserted: HashMap<&'static str, usize>,
    ended: bool,
}

impl<'a> RemoteTransaction<'a> {
    /// Begins one and takes the head's lock.
    ///
    /// # Errors
    /// What the server says.
    pub fn begin(
        session: Pooled<SessionFactory>,
        statements: &'a Statements,
        ways: &'a Ways,
    ) -> Result<Self> {
        let mut transaction = Self {
            session,
            statements,
            ways,
            way: ways.now(),
            head: Head { server: String::new(), epoch: String::new(), number: 0, horizon: 0 },
            buried: HashSet::new(),
            inserted: HashMap::new(),
            ended: false,
        };
        transaction.session.begin()?;
        transaction.session.execute(&statements.lock_head().sql, &[])?;
        transaction.head = read_head(&transaction.session, statements)?;
        Ok(transaction)
    }

    fn failed(&self, error: DatabaseError) -> DatabaseError {
        self.ways.failed(self.way, error)
    }

    /// Runs a statement with each of the documents.
    fn send(&self, statement: &Statement, documents: &[String]) -> Result<()> {
        for document in documents {
            self.session.execute(&statement.sql, &[Param::Long(document.clone())])?;
        }
        Ok(())
    }

    /// The versions of keys: by a statement that joins a document of them, or by
    /// one for each of them.
    fn found(
        &self,
        (all, one): (Statement, Statement),
        columns: &[(&str, ColumnType)],
        keys: &[Vec<Value>],
    ) -> Result<Vec<(usize, Version)>> {
        if self.way > Way::Document {
            return self.found_each(&one, columns, keys);
        }
        let mut documents = Documents::new(self.statements.dialect().longest_document());
        // None is left out: a key that is longer than the server's is not sent at all.
        for (key, n) in keys.iter().zip(0..) {
            let number = Value::Integer(n);
            let members = columns.iter().zip(key).map(|((name, _), value)| (*name, value));
            documents.add([("n", &number)].into_iter().chain(members));
        }
        let mut found = Vec::new();
        for document in documents.finish() {
            let rows = self.session.query(&all.sql, &[Param::Long(document)], &all.columns)?;
            for row in rows {
                match &row[..] {
                    [Value::Integer(n), clock, workstation] => {
                        found.push((*n as usize, version(clock, workstation)?));
                    }
                    _ => return Err(not_a_version()),
                }
            }
        }
        Ok(found)
    }

    fn found_each(
        &self,
        one: &Statement,
        columns: &[(&str, ColumnType)],
        keys: &[Vec<Value>],
    ) -> Result<Vec<(usize, Version)>> {
        let mut found = Vec::new();
        for (n, key) in keys.iter().enumerate() {
            let rows = self.session.query(&one.sql, &params(columns, key), &one.columns)?;
            if let Some([clock, workstation]) = rows.first().map(Vec::as_slice) {
                found.push((n, version(clock, workstation)?));
            }
        }
        Ok(found)
    }

    /// Writes rows of `columns`, by a statement that takes a document of them or
    /// by one that takes a row of parameters, and looks whether all are there.
    fn put(
        &self,
        table: &str,
        (all, one): (Statement, Statement),
        columns: &[(&str, ColumnType)],
        rows: &[Vec<Value>],
    ) -> Result<()> {
        let each = |rows: &[&Vec<Value>]| {
            let rows: Vec<Vec<Param>> = rows.iter().map(|row| params(columns, row)).collect();
            self.session.execute_each(&one.sql, &rows)
        };
        match self.way {
            Way::Insert | Way::Document => {
                let mut documents = Documents::new(self.statements.dialect().longest_document());
                let names = || columns.iter().map(|(name, _)| *name);
                let apart: Vec<&Vec<Value>> =
                    rows.iter().filter(|row| !documents.add(names().zip(row.iter()))).collect();
                self.send(&all, &documents.finish())?;
                if !apart.is_empty() {
                    each(&apart)?;
                }
            }
            Way::Arrays => {
                let kinds: Vec<ColumnType> = columns.iter().map(|(_, kind)| *kind).collect();
                let rows: Vec<Vec<Value>> =
                    rows.iter().map(|row| row.iter().map(to_server).collect()).collect();
                self.session.execute_arrays(&one.sql, &kinds, &rows)?;
            }
            Way::Each => each(&rows.iter().collect::<Vec<_>>())?,
        }
        self.confirm(table, rows.len())
    }

    /// No driver's word is taken for it.
    fn confirm(&self, table: &str, expected: usize) -> Result<()> {
        let inserted = self.inserted.get(table).copied().unwrap_or_default();
        let there = self.written(table)?.saturating_sub(inserted);
        if there == expected {
            return Ok(());
        }
        let message = format!("Of {expected} rows sent to {table} the server has {there}.");
        Err(DatabaseError::new(Class::Other, message))
    }

    /// How many rows of this commit a table has.
    fn written(&self, table: &str) -> Result<usize> {
        let count = self.statements.written(table);
        let number = self.head.number.into();
        match self.session.value(&count.sql, &[number], ColumnType::Integer)? {
            Some(Value::Integer(there)) => Ok(there.max(0) as usize),
            _ => Err(DatabaseError::new(Class::Other, "The server doesn't count.")),
        }
    }

    fn try_insert(&mut self, part: &Part) -> Result<bool> {
        if self.way != Way::Insert {
            return Ok(false);
        }
        self.send(&self.statements.insert(part.table), &part.documents)?;
        let there = self.written(part.table.remote)?;
        self.inserted.insert(part.table.remote, there);
        Ok(there == part.new.len())
    }

    /// Deletes keys: by a statement that takes a document of them, or by one for
    /// each of them.
    fn delete(
        &self,
        (all, one): (Statement, Statement),
        columns: &[(&str, ColumnType)],
        keys: Vec<Vec<Value>>,
    ) -> Result<()> {
        let mut apart: Vec<Vec<Param>> = Vec::new();
        let mut documents = Documents::new(KEYS_DOCUMENT);
        for key in &keys {
            let members = columns.iter().zip(key).map(|((name, _), value)| (*name, value));
            if self.way > Way::Document || !documents.add(members) {
                apart.push(params(columns, key));
            }
        }
        self.send(&all, &documents.finish())?;
        if apart.is_empty() { Ok(()) } else { self.session.execute_each(&one.sql, &apart) }
    }

    fn write_table(&self, table: &'static SyncedTable, rows: &[&ServerRow]) -> Result<()> {
        let (statements, columns) = (self.statements, written_columns(table));
        let kept: Vec<Vec<Value>> = rows.iter().filter_map(|row| self.values(row)).collect();
        if !kept.is_empty() {
            let ways = (statements.write(table), statements.write_one(table));
            self.put(table.remote, ways, &columns, &kept)?;
        }
        let gone = rows.iter().filter(|row| row.row.is_none());
        let keys = gone.map(|row| key_values(table, &row.key)).collect::<Result<_>>()?;
        let ways = (statements.erase(table), statements.erase_one(table));
        self.delete(ways, &columns[..table.key], keys)
    }

    /// A row in the order of its written columns; none for a deletion.
    fn values(&self, row: &ServerRow) -> Option<Vec<Value>> {
        let (key, others) = row.row.as_ref()?.split_at(row.table.key);
        Some([key, &self.stamp(row), others].concat())
    }

    fn stamp(&self, row: &ServerRow) -> [Value; 3] {
        let Version { clock, workstation } = row.version;
        [
            Value::Integer(self.head.number),
            Value::Integer(clock),
            Value::Text(workstation.to_string()),
        ]
    }

    fn try_versions(
        &mut self,
        table: &'static SyncedTable,
        keys: &[&str],
    ) -> Result<HashMap<String, (Version, bool)>> {
        let statements = self.statements;
        let columns = written_columns(table);
        let values = keys.iter().map(|key| key_values(table, key)).collect::<Result<Vec<_>>>()?;
        let ways = (statements.versions(table), statements.version(table));
        let there = self.found(ways, &columns[..table.key], &values)?;
        let graves: Vec<_> = keys.iter().map(|key| grave(table, key)).collect();
        let ways = (statements.tombstones(), statements.tombstone());
        let gone = self.found(ways, &DEATH[..2], &graves)?;
        let mut versions = HashMap::new();
        for (n, version) in gone {
            let key = keys.get(n).ok_or_else(not_a_version)?;
            self.buried.insert((table.local, (*key).to_owned()));
            versions.insert((*key).to_owned(), (version, true));
        }
        for (n, version) in there {
            let key = keys.get(n).ok_or_else(not_a_version)?;
            versions.insert((*key).to_owned(), (version, false));
        }
        Ok(versions)
    }

    fn try_write(&self, rows: &[ServerRow]) -> Result<()> {
        let statements = self.statements;
        let returned = rows.iter().filter(|row| {
            row.row.is_some() && self.buried.contains(&(row.table.local, row.key.clone()))
        });
        let graves = returned.map(|row| grave(row.table, &row.key)).collect();
        self.delete((statements.exhume(), statements.exhume_one()), &DEATH[..2], graves)?;
        let mut tables: Vec<(&'static SyncedTable, Vec<&ServerRow>)> = Vec::new();
        for row in rows {
            match tables.iter_mut().find(|(table, _)| *table == row.table) {
                Some((_, rows)) => rows.push(row),
                None => tables.push((row.table, vec![row])),
            }
        }
        tables.iter().try_for_each(|(table, rows)| self.write_table(table, rows))?;
        let dead = rows.iter().filter(|row| row.row.is_none());
        let deaths: Vec<Vec<Value>> = dead
            .map(|row| [grave(row.table, &row.key), self.stamp(row).to_vec()].concat())
            .collect();
        if deaths.is_empty() {
            return Ok(());
        }
        self.put("SYNC_TOMBSTONES", (statements.bury(), statements.bury_one()), &DEATH, &deaths)
    }
}

fn params(columns: &[(&str, ColumnType)], values: &[Value]) -> Vec<Param> {
    let param =
        |((_, kind), value): (&(&str, ColumnType), &Value)| Param::of(*kind, &to_server(value));
    columns.iter().zip(values).map(param).collect()
}

fn key_values(table: &SyncedTable, key: &str) -> Result<Vec<Value>> {
    table.key_values(key).map_err(|error| broken(&error))
}

fn grave(table: &SyncedTable, key: &str) -> Vec<Value> {
    vec![Value::Text(table.local.to_owned()), Value::Text(key.to_owned())]
}

impl Transaction for RemoteTransaction<'_> {
    fn head(&self) -> &Head {
        &self.head
    }

    fn token(&mut self, number: i64) -> Result<Option<String>> {
        read_token(&self.session, self.statements, number)
    }

    fn versions(
        &mut self,
        table: &'static SyncedTable,
        keys: &[&str],
    ) -> Result<HashMap<String, (Version, bool)>> {
        self.try_versions(table, keys).map_err(|error| self.failed(error))
    }

    fn insert(&mut self, part: &Part) -> Result<bool> {
        self.try_insert(part).map_err(|error| self.failed(error))
    }

    fn row(&mut self, table: &'static SyncedTable, key: &str) -> Result<Option<Vec<Value>>> {
        let statement = self.statements.row(table);
        let key = params(&written_columns(table)[..table.key], &key_values(table, key)?);
        let rows = self.session.query(&statement.sql, &key, &statement.columns)?;
        Ok(rows.into_iter().next().map(|row| row.into_iter().map(from_server).collect()))
    }

    fn write(&mut self, rows: &[ServerRow]) -> Result<()> {
        self.try_write(rows).map_err(|error| self.failed(error))
    }

    fn commit(
        mut self: Box<Self>,
        token: &str,
        workstation: WorkstationId,
        at: Timestamp,
    ) -> Result<()> {
        let workstation = workstation.to_string().into();
        let params = [self.head.number.into(), token.into(), workstation, at.0.into()];
        self.session.execute(&self.statements.record_commit().sql, &params)?;
        self.session.commit()?;
        self.ended = true;
        Ok(())
    }
}

impl Drop for RemoteTransaction<'_> {
    fn drop(&mut self) {
        // A connection whose transaction can't be undone is closed, which undoes it.
        if !self.ended && self.session.rollback().is_err() {
            self.session.discard();
        }
    }
}
