//! The team's database by ODBC.

use super::{
    json::{fits, from_server, key_members, members, sync_members, to_server},
    server::{Head, Page, Place, Server, Source, Transaction},
};
use crate::{
    Class, DatabaseError, Param, Pool, Pooled, Result, Session, SessionFactory,
    deploy::deployed_version,
    dialect::{Statement, Statements, dialect},
    schema,
};
use nopenai_domain::{Timestamp, WorkstationId};
use nopenai_store::{
    StoreError,
    sync::{Column, ColumnType, ServerRow, SyncedTable, Value, Version, table},
};
use serde_json::{Map, Value as Json};
use std::collections::{HashMap, HashSet};

/// A page ends with so many bytes.
const PAGE_BYTES: usize = 8 * 1024 * 1024;

/// A team's database.
pub struct Remote {
    pool: Pool<SessionFactory>,
    statements: Statements,
    schema: String,
}

impl Remote {
    /// The database the pool's sessions reach.
    pub fn new(pool: Pool<SessionFactory>) -> Self {
        let credentials = pool.connector().credentials();
        let schema = credentials.profile.schema.clone();
        let statements = Statements::new(dialect(credentials.profile.kind), &schema);
        Self { pool, statements, schema }
    }

    /// The connections.
    pub fn pool(&self) -> &Pool<SessionFactory> {
        &self.pool
    }

    /// Does `work` on a connection, which is closed when it turns out to be gone.
    ///
    /// # Errors
    /// What the server says.
    pub fn with<T>(&self, work: impl FnOnce(&Session) -> Result<T>) -> Result<T> {
        let mut session = self.pool.get()?;
        let result = work(&session);
        if result.as_ref().is_err_and(|error| error.class.ends_connection()) {
            session.discard();
        }
        result
    }

    /// Forgets deletions of before a moment, when every workstation should have
    /// seen them; one that has not compares everything. Gives up to which commit.
    ///
    /// # Errors
    /// What the server says.
    pub fn forget_before(&self, moment: Timestamp) -> Result<Option<i64>> {
        self.with(|session| {
            let last = self.statements.last_commit_before();
            let found = session.value(&last.sql, &[moment.0.into()], ColumnType::Integer)?;
            let Some(Value::Integer(number)) = found else { return Ok(None) };
            session.begin()?;
            let work = || {
                session.execute(&self.statements.lock_head().sql, &[])?;
                for statement in self.statements.forget() {
                    session.execute(&statement.sql, &[number.into()])?;
                }
                session.commit()
            };
            work().inspect_err(|_| {
                // The failure that is reported is the first one.
                let _ = session.rollback();
            })?;
            Ok(Some(number))
        })
    }

    /// How many rows each synced table has.
    ///
    /// # Errors
    /// What the server says.
    pub fn counts(&self) -> Result<Vec<(&'static SyncedTable, u64)>> {
        self.with(|session| {
            let count = |table: &'static SyncedTable| {
                let sql = self.statements.count(table).sql;
                match session.value(&sql, &[], ColumnType::Integer)? {
                    Some(Value::Integer(count)) => Ok((table, count.max(0) as u64)),
                    _ => Ok((table, 0)),
                }
            };
            nopenai_store::sync::TABLES.iter().map(count).collect()
        })
    }
}

impl Server for Remote {
    fn head(&self, number: i64) -> Result<(Head, Option<String>)> {
        self.with(|session| {
            let head = read_head(session, &self.statements)?;
            Ok((head, read_token(session, &self.statements, number)?))
        })
    }

    fn begin(&self) -> Result<Box<dyn Transaction + '_>> {
        let session = self.pool.get()?;
        let mut transaction = RemoteTransaction {
            session,
            statements: &self.statements,
            head: Head { server: String::new(), epoch: String::new(), number: 0, horizon: 0 },
            buried: HashSet::new(),
            ended: false,
        };
        transaction.lock()?;
        Ok(Box::new(transaction))
    }

    fn page(&self, source: Source, place: &Place, ceiling: i64, limit: u32) -> Result<Page> {
        let (statement, key) = self.page_statement(source, place, limit);
        let mut params: Vec<Param> = match &place.key {
            None => vec![place.number.into()],
            Some(values) => {
                let mut params = vec![place.number.into(), place.number.into()];
                after_params(&key, values, &mut params)?;
                params
            }
        };
        params.push(ceiling.into());
        let (rows, cut) = self.with(|session| {
            // SAP HANA gives its long texts within a transaction only.
            session.begin()?;
            let read = session.query_up_to(&statement.sql, &params, &statement.columns, PAGE_BYTES);
            session.rollback()?;
            read
        })?;
        let more = cut || rows.len() == limit as usize;
        let rows = rows.into_iter().map(|row| server_row(source, &key, row));
        Ok(Page { rows: rows.collect::<Result<_>>()?, more })
    }

    fn is_ready(&self) -> Result<()> {
        let version = self.with(|session| deployed_version(session, &self.schema))?;
        if version < schema::latest_version() {
            let message = format!(
                "The schema {} is version {version}; this application needs {}: deploy it.",
                self.schema,
                schema::latest_version()
            );
            return Err(DatabaseError::new(Class::Missing, message));
        }
        Ok(())
    }
}

const TOMBSTONE_KEY: [(&str, ColumnType); 2] =
    [("table_name", ColumnType::Text(64)), ("row_key", ColumnType::Text(2500))];

impl Remote {
    fn page_statement(
        &self,
        source: Source,
        place: &Place,
        limit: u32,
    ) -> (Statement, Vec<Column>) {
        let continued = place.key.is_some();
        match source {
            Source::Table(table) => {
                (self.statements.page(table, continued, limit), table.key_columns().to_vec())
            }
            Source::Tombstones => {
                let column = |(name, kind)| Column { name, kind, nullable: false };
                let key = TOMBSTONE_KEY.map(column).to_vec();
                (self.statements.tombstone_page(continued, limit), key)
            }
        }
    }
}

/// The parameters of `Statements::after`: a > ? OR (a = ? AND (b > ? …)).
fn after_params(key: &[Column], values: &[Json], params: &mut Vec<Param>) -> Result<()> {
    for (index, (column, json)) in key.iter().zip(values).enumerate() {
        let value = Value::of_json(column, json).map_err(|error| broken(&error))?;
        let param = Param::of(column.kind, &to_server(&value));
        params.push(param.clone());
        if index + 1 < key.len() {
            params.push(param);
        }
    }
    Ok(())
}

fn broken(error: &StoreError) -> DatabaseError {
    DatabaseError::new(Class::Other, format!("The server sent what it can't have: {error}"))
}

fn server_row(source: Source, key: &[Column], row: Vec<Value>) -> Result<(ServerRow, Place)> {
    let mut values = row.into_iter().map(from_server);
    let (number, version) = match (values.next(), values.next(), values.next()) {
        (Some(Value::Integer(number)), Some(clock), Some(workstation)) => {
            (number, version(&clock, &workstation)?)
        }
        _ => return Err(not_a_version()),
    };
    let values: Vec<Value> = values.collect();
    let json = values[..key.len()].iter().map(|value| value.to_json().unwrap_or(Json::Null));
    let place = Place { number, key: Some(json.collect()) };
    let row = match (source, &values[..]) {
        (Source::Table(table), _) => {
            ServerRow { table, key: table.key(&values), version, row: Some(values) }
        }
        (Source::Tombstones, [Value::Text(name), Value::Text(key)]) => {
            let unknown = || {
                let message = format!("A deletion is of a table {name} that is not known.");
                DatabaseError::new(Class::Newer, message)
            };
            ServerRow {
                table: table(name).ok_or_else(unknown)?,
                key: key.clone(),
                version,
                row: None,
            }
        }
        (Source::Tombstones, _) => return Err(not_a_version()),
    };
    Ok((row, place))
}

fn version(clock: &Value, workstation: &Value) -> Result<Version> {
    match (clock, workstation) {
        (Value::Integer(clock), Value::Text(workstation)) => {
            let workstation = workstation.parse().map_err(|_| not_a_version())?;
            Ok(Version { clock: *clock, workstation })
        }
        _ => Err(not_a_version()),
    }
}

fn not_a_version() -> DatabaseError {
    DatabaseError::new(
        Class::Other,
        "A row at the server has no version: it was not written by us.",
    )
}

fn read_head(session: &Session, statements: &Statements) -> Result<Head> {
    let statement = statements.read_head();
    let rows = session.query(&statement.sql, &[], &statement.columns)?;
    match rows.into_iter().next().as_deref() {
        Some(
            [
                Value::Text(server),
                Value::Text(epoch),
                Value::Integer(number),
                Value::Integer(horizon),
            ],
        ) => Ok(Head {
            server: server.clone(),
            epoch: epoch.clone(),
            number: *number,
            horizon: *horizon,
        }),
        _ => Err(DatabaseError::new(Class::Missing, "SYNC_HEAD has no row: deploy the schema.")),
    }
}

fn read_token(session: &Session, statements: &Statements, number: i64) -> Result<Option<String>> {
    let statement = statements.commit_token();
    match session.value(&statement.sql, &[number.into()], statement.columns[0])? {
        Some(Value::Text(token)) => Ok(Some(token)),
        _ => Ok(None),
    }
}

struct RemoteTransaction<'a> {
    session: Pooled<SessionFactory>,
    statements: &'a Statements,
    head: Head,
    /// Of which of the keys looked for the server has a deletion.
    buried: HashSet<(&'static str, String)>,
    ended: bool,
}

impl RemoteTransaction<'_> {
    fn lock(&mut self) -> Result<()> {
        self.session.begin()?;
        self.session.execute(&self.statements.lock_head().sql, &[])?;
        self.head = read_head(&self.session, self.statements)?;
        Ok(())
    }

    /// Sends `rows` as one JSON parameter, if there are any.
    fn send(&self, statement: &Statement, rows: Vec<Map<String, Json>>) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let document = Json::Array(rows.into_iter().map(Json::Object).collect()).to_string();
        self.session.execute(&statement.sql, &[Param::Long(document)]).map(|_| ())
    }

    fn found(
        &self,
        statement: &Statement,
        rows: Vec<Map<String, Json>>,
    ) -> Result<Vec<(usize, Version)>> {
        let document = Json::Array(rows.into_iter().map(Json::Object).collect()).to_string();
        let found =
            self.session.query(&statement.sql, &[Param::Long(document)], &statement.columns)?;
        let read = |row: Vec<Value>| match &row[..] {
            [Value::Integer(n), clock, workstation] => {
                Ok((*n as usize, version(clock, workstation)?))
            }
            _ => Err(not_a_version()),
        };
        found.into_iter().map(read).collect()
    }

    fn write_table(&self, table: &'static SyncedTable, rows: &[&ServerRow]) -> Result<()> {
        let longest = self.statements.dialect().longest_json_text();
        let mut together = Vec::new();
        for row in rows {
            let Some(values) = &row.row else { continue };
            if fits(values, longest) {
                let mut members = members(table, values);
                members.extend(sync_members(row, self.head.number));
                together.push(members);
            } else {
                self.write_one(table, row, values)?;
            }
        }
        self.send(&self.statements.write(table), together)?;
        let gone: Vec<&&ServerRow> = rows.iter().filter(|row| row.row.is_none()).collect();
        self.erase(table, &gone)
    }

    fn write_one(&self, table: &SyncedTable, row: &ServerRow, values: &[Value]) -> Result<()> {
        let param = |(column, value): (&Column, &Value)| Param::of(column.kind, &to_server(value));
        let (key, others) = values.split_at(table.key);
        let mut params: Vec<Param> = table.key_columns().iter().zip(key).map(param).collect();
        params.extend([
            self.head.number.into(),
            row.version.clock.into(),
            row.version.workstation.to_string().into(),
        ]);
        params.extend(table.other_columns().iter().zip(others).map(param));
        self.session.execute(&self.statements.write_one(table).sql, &params).map(|_| ())
    }

    fn erase(&self, table: &'static SyncedTable, rows: &[&&ServerRow]) -> Result<()> {
        let keys = rows.iter().zip(0..).map(|(row, n)| key_row(table, &row.key, n));
        self.send(&self.statements.erase(table), keys.collect::<Result<_>>()?)?;
        let deaths = rows.iter().map(|row| {
            let mut members = tombstone(table, &row.key, 0);
            members.extend(sync_members(row, self.head.number));
            members
        });
        self.send(&self.statements.bury(), deaths.collect())
    }
}

fn key_row(table: &SyncedTable, key: &str, n: i64) -> Result<Map<String, Json>> {
    let values = table.key_values(key).map_err(|error| broken(&error))?;
    let mut members = key_members(table, &values);
    members.insert("n".to_owned(), n.into());
    Ok(members)
}

fn tombstone(table: &SyncedTable, key: &str, n: i64) -> Map<String, Json> {
    let mut members = Map::new();
    members.insert("n".to_owned(), n.into());
    members.insert("table_name".to_owned(), table.local.into());
    members.insert("row_key".to_owned(), super::json::escaped(key).into());
    members
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
        let rows = keys.iter().zip(0..).map(|(key, n)| key_row(table, key, n));
        let there = self.found(&self.statements.versions(table), rows.collect::<Result<_>>()?)?;
        let rows = keys.iter().zip(0..).map(|(key, n)| tombstone(table, key, n));
        let gone = self.found(&self.statements.tombstones(), rows.collect())?;
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

    fn row(&mut self, table: &'static SyncedTable, key: &str) -> Result<Option<Vec<Value>>> {
        let statement = self.statements.row(table);
        let values = table.key_values(key).map_err(|error| broken(&error))?;
        let param = |(column, value): (&Column, &Value)| Param::of(column.kind, &to_server(value));
        let params: Vec<Param> = table.key_columns().iter().zip(&values).map(param).collect();
        let rows = self.session.query(&statement.sql, &params, &statement.columns)?;
        Ok(rows.into_iter().next().map(|row| row.into_iter().map(from_server).collect()))
    }

    fn write(&mut self, rows: &[ServerRow]) -> Result<()> {
        let returned = rows.iter().filter(|row| {
            row.row.is_some() && self.buried.contains(&(row.table.local, row.key.clone()))
        });
        let graves = returned.map(|row| tombstone(row.table, &row.key, 0)).collect();
        self.send(&self.statements.exhume(), graves)?;
        let mut tables: Vec<(&'static SyncedTable, Vec<&ServerRow>)> = Vec::new();
        for row in rows {
            match tables.iter_mut().find(|(table, _)| *table == row.table) {
                Some((_, rows)) => rows.push(row),
                None => tables.push((row.table, vec![row])),
            }
        }
        tables.iter().try_for_each(|(table, rows)| self.write_table(table, rows))
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
