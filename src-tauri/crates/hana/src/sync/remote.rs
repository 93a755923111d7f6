//! The team's database by ODBC.

use super::{
    json::{from_server, to_server},
    server::{Head, Page, Place, Server, Source, Transaction},
    transaction::RemoteTransaction,
    ways::{Way, Ways},
};
use crate::{
    Class, DatabaseError, Param, Pool, Result, Session, SessionFactory,
    deploy::deployed_version,
    dialect::{Statement, Statements},
};
use nopenai_domain::Timestamp;
use nopenai_store::{
    StoreError,
    sync::{Column, ColumnType, ServerRow, SyncedTable, TABLES, Value, Version, by_name},
};
use serde_json::Value as Json;

/// A page ends with so many bytes.
const PAGE_BYTES: usize = 8 * 1024 * 1024;

/// A team's database.
pub struct Remote {
    pool: Pool<SessionFactory>,
    statements: Statements,
    schema: String,
    tables: &'static [SyncedTable],
    ways: Ways,
}

impl Remote {
    /// The database the pool's sessions reach.
    pub fn new(pool: Pool<SessionFactory>) -> Self {
        Self::of(pool, TABLES)
    }

    /// The same with the tables of another version of the application.
    pub fn of(pool: Pool<SessionFactory>, tables: &'static [SyncedTable]) -> Self {
        let credentials = pool.connector().credentials();
        let schema = credentials.profile.schema.clone();
        let statements = Statements::new(pool.connector().dialect(), &schema);
        Self { pool, statements, schema, tables, ways: Ways::default() }
    }

    /// How rows are sent now.
    pub fn way(&self) -> Way {
        self.ways.now()
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
            self.tables.iter().map(count).collect()
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

    fn longest_document(&self) -> usize {
        self.statements.dialect().longest_document()
    }

    fn begin(&self) -> Result<Box<dyn Transaction + '_>> {
        let session = self.pool.get()?;
        Ok(Box::new(RemoteTransaction::begin(session, &self.statements, &self.ways)?))
    }

    fn page(&self, source: Source, place: &Place, ceiling: i64, limit: u32) -> Result<Page> {
        // One more says whether there are more.
        let (statement, key) = self.page_statement(source, place, limit + 1);
        let mut params: Vec<Param> = match &place.key {
            None => vec![place.number.into()],
            Some(values) => {
                let mut params = vec![place.number.into(), place.number.into()];
                after_params(&key, values, &mut params)?;
                params
            }
        };
        params.push(ceiling.into());
        let (mut rows, cut) = self.with(|session| {
            // SAP HANA gives its long texts within a transaction only.
            session.begin()?;
            let read = session.query_up_to(&statement.sql, &params, &statement.columns, PAGE_BYTES);
            session.rollback()?;
            read
        })?;
        let more = cut || rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let rows = rows.into_iter().map(|row| server_row(self.tables, source, &key, row));
        Ok(Page { rows: rows.collect::<Result<_>>()?, more })
    }

    fn is_ready(&self) -> Result<()> {
        let (version, known) = self.with(|session| {
            let known = session.migrations().latest_version();
            Ok((deployed_version(session, &self.schema)?, known))
        })?;
        if version < known {
            let message = format!(
                "The schema {} is version {version}; this application needs {known}: deploy it.",
                self.schema
            );
            return Err(DatabaseError::new(Class::Missing, message));
        }
        Ok(())
    }

    fn interrupt(&self) {
        self.pool.connector().interrupt();
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

/// What a key from the server that is none says.
pub fn broken(error: &StoreError) -> DatabaseError {
    DatabaseError::new(Class::Other, format!("The server sent what it can't have: {error}"))
}

fn server_row(
    tables: &'static [SyncedTable],
    source: Source,
    key: &[Column],
    row: Vec<Value>,
) -> Result<(ServerRow, Place)> {
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
                table: by_name(tables, name).ok_or_else(unknown)?,
                key: key.clone(),
                version,
                row: None,
            }
        }
        (Source::Tombstones, _) => return Err(not_a_version()),
    };
    Ok((row, place))
}

/// A version as the server has it.
pub fn version(clock: &Value, workstation: &Value) -> Result<Version> {
    match (clock, workstation) {
        (Value::Integer(clock), Value::Text(workstation)) => {
            let workstation = workstation.parse().map_err(|_| not_a_version())?;
            Ok(Version { clock: *clock, workstation })
        }
        _ => Err(not_a_version()),
    }
}

/// What a row without a version says.
pub fn not_a_version() -> DatabaseError {
    DatabaseError::new(
        Class::Other,
        "A row at the server has no version: it was not written by us.",
    )
}

/// The head.
pub fn read_head(session: &Session, statements: &Statements) -> Result<Head> {
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

/// What a commit is known by.
pub fn read_token(
    session: &Session,
    statements: &Statements,
    number: i64,
) -> Result<Option<String>> {
    let statement = statements.commit_token();
    match session.value(&statement.sql, &[number.into()], statement.columns[0])? {
        Some(Value::Text(token)) => Ok(Some(token)),
        _ => Ok(None),
    }
}
