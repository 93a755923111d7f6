//! One ODBC connection: statements with bound parameters, and transactions.

use crate::{
    Class, Connect, ConnectionString, Credentials, DatabaseError, Interrupt, Result,
    connect::LOGIN_TIMEOUT_S,
    dialect::{Diagnostic, Dialect, dialect},
    schema::Migrations,
};
use nopenai_store::sync::{ColumnType, Value};
use odbc_api::{
    Connection, ConnectionOptions, Cursor, IntoParameter, Nullable, Preallocated, Prepared,
    environment,
    handles::StatementImpl,
    parameter::{InputParameter, WithDataType},
};
use std::sync::{Mutex, PoisonError};

/// How long a statement may take, seconds.
const STATEMENT_TIMEOUT_S: usize = 120;

/// A parameter of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Param {
    /// A whole number.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// A text.
    Text(String),
    /// A text of any length.
    Long(String),
    /// Absent, of a type.
    Null(ColumnType),
}

impl Param {
    /// A column's value.
    pub fn of(kind: ColumnType, value: &Value) -> Self {
        match (kind, value) {
            (kind, Value::Null) => Self::Null(kind),
            (_, Value::Integer(number)) => Self::Integer(*number),
            (_, Value::Real(number)) => Self::Real(*number),
            (ColumnType::LongText, Value::Text(text)) => Self::Long(text.clone()),
            (_, Value::Text(text)) => Self::Text(text.clone()),
        }
    }

    pub(crate) fn bind(&self) -> Box<dyn InputParameter> {
        match self {
            Self::Integer(number) => Box::new(number.into_parameter()),
            Self::Real(number) => Box::new(number.into_parameter()),
            Self::Text(text) => Box::new(text.clone().into_parameter()),
            Self::Long(text) => Box::new(long(text)),
            Self::Null(ColumnType::Integer | ColumnType::Flag) => Box::new(Nullable::<i64>::null()),
            Self::Null(ColumnType::Real) => Box::new(Nullable::<f64>::null()),
            Self::Null(ColumnType::Text(_) | ColumnType::LongText) => {
                Box::new(None::<String>.into_parameter())
            }
        }
    }
}

impl From<i64> for Param {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Param {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

#[cfg(not(windows))]
fn long(text: &str) -> impl InputParameter + 'static {
    let length = std::num::NonZeroUsize::new(text.len().max(1));
    let data_type = odbc_api::DataType::LongVarchar { length };
    WithDataType { value: text.to_owned().into_parameter(), data_type }
}

#[cfg(windows)]
fn long(text: &str) -> impl InputParameter + 'static {
    let length = std::num::NonZeroUsize::new(text.encode_utf16().count().max(1));
    let data_type = odbc_api::DataType::WLongVarchar { length };
    WithDataType { value: text.to_owned().into_parameter(), data_type }
}

/// One connection.
pub struct Session {
    connection: Connection<'static>,
    dialect: &'static dyn Dialect,
    migrations: Migrations,
    interrupt: Interrupt,
}

impl Session {
    /// Connects, with autocommit. Blocks.
    ///
    /// # Errors
    /// Why it could not.
    pub fn open(credentials: &Credentials) -> Result<Self> {
        SessionFactory::new(credentials.clone()).open(Interrupt::default())
    }

    fn open_by(factory: &SessionFactory, interrupt: Interrupt) -> Result<Self> {
        let SessionFactory { credentials, dialect, migrations, .. } = factory;
        let (dialect, migrations) = (*dialect, *migrations);
        let string = ConnectionString::new(credentials)?;
        let options = ConnectionOptions {
            login_timeout_sec: Some(LOGIN_TIMEOUT_S),
            ..ConnectionOptions::default()
        };
        let failed =
            |error: odbc_api::Error| without(&credentials.password, classify(dialect, &error));
        let environment = environment().map_err(failed)?;
        let connection =
            environment.connect_with_connection_string(string.expose(), options).map_err(failed)?;
        connection.set_autocommit(true).map_err(failed)?;
        Ok(Self { connection, dialect, migrations, interrupt })
    }

    /// The server's language.
    pub fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    /// What the server's schema is brought to.
    pub(crate) fn migrations(&self) -> &Migrations {
        &self.migrations
    }

    /// Ends what this session is at, from another thread.
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    fn statement(&self) -> Result<Preallocated<StatementImpl<'_>>, odbc_api::Error> {
        let mut statement = self.connection.preallocate()?;
        self.may_lack(statement.set_query_timeout_sec(STATEMENT_TIMEOUT_S))?;
        Ok(statement)
    }

    /// Lets `run` have a statement that is prepared once.
    pub(crate) fn prepared<T>(
        &self,
        sql: &str,
        run: impl FnOnce(&mut Prepared<StatementImpl<'_>>) -> Result<T, odbc_api::Error>,
    ) -> Result<T> {
        self.go_on()?;
        let run = || {
            let mut statement = self.connection.prepare(sql)?;
            self.may_lack(statement.set_query_timeout_sec(STATEMENT_TIMEOUT_S))?;
            run(&mut statement)
        };
        run().map_err(|error| self.failed(&error))
    }

    fn go_on(&self) -> Result<()> {
        if self.interrupt.is_stopped() {
            return Err(DatabaseError::new(Class::Cancelled, "It was cancelled."));
        }
        Ok(())
    }

    /// Not every driver has a limit of time.
    fn may_lack(&self, set: Result<(), odbc_api::Error>) -> Result<(), odbc_api::Error> {
        match set {
            Err(error) if self.failed(&error).class == Class::Unsupported => Ok(()),
            set => set,
        }
    }

    /// Runs a statement. How many rows it changed is not asked for: drivers differ
    /// in what they say of it.
    ///
    /// # Errors
    /// What the server says.
    pub fn execute(&self, sql: &str, params: &[Param]) -> Result<()> {
        self.go_on()?;
        let bound: Vec<Box<dyn InputParameter>> = params.iter().map(Param::bind).collect();
        let run = || {
            let mut statement = self.statement()?;
            let _ended = self.interrupt.running(&mut statement);
            statement.execute(sql, bound.as_slice()).map(|_| ())
        };
        run().map_err(|error| self.failed(&error))
    }

    /// Reads a result whole; `types` are its columns.
    ///
    /// # Errors
    /// What the server says.
    pub fn query(
        &self,
        sql: &str,
        params: &[Param],
        types: &[ColumnType],
    ) -> Result<Vec<Vec<Value>>> {
        Ok(self.query_up_to(sql, params, types, usize::MAX)?.0)
    }

    /// Reads a result until it has so many bytes, but for its first row; gives
    /// whether there was more.
    ///
    /// # Errors
    /// What the server says.
    pub fn query_up_to(
        &self,
        sql: &str,
        params: &[Param],
        types: &[ColumnType],
        bytes: usize,
    ) -> Result<(Vec<Vec<Value>>, bool)> {
        self.go_on()?;
        let bound: Vec<Box<dyn InputParameter>> = params.iter().map(Param::bind).collect();
        let run = || {
            let mut statement = self.statement()?;
            let _ended = self.interrupt.running(&mut statement);
            let (mut rows, mut size) = (Vec::new(), 0);
            let Some(mut cursor) = statement.execute(sql, bound.as_slice())? else {
                return Ok((rows, false));
            };
            let mut buffer = Vec::with_capacity(1024);
            while let Some(mut row) = cursor.next_row()? {
                if size >= bytes {
                    return Ok((rows, true));
                }
                let mut values = Vec::with_capacity(types.len());
                for (column, kind) in (1..).zip(types) {
                    let value = read(&mut row, column, *kind, &mut buffer)?;
                    size += value.size();
                    values.push(value);
                }
                rows.push(values);
            }
            Ok((rows, false))
        };
        run().map_err(|error: odbc_api::Error| self.failed(&error))
    }

    /// The first column of the first row, when there is one.
    ///
    /// # Errors
    /// What the server says.
    pub fn value(&self, sql: &str, params: &[Param], kind: ColumnType) -> Result<Option<Value>> {
        let rows = self.query(sql, params, &[kind])?;
        Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()))
    }

    /// Begins a transaction: what follows is for [`Session::commit`].
    ///
    /// # Errors
    /// What the server says.
    pub fn begin(&self) -> Result<()> {
        self.connection.set_autocommit(false).map_err(|error| self.failed(&error))
    }

    /// Ends the transaction and keeps what it did.
    ///
    /// # Errors
    /// What the server says; whether it was kept is unknown when the connection
    /// is gone.
    pub fn commit(&self) -> Result<()> {
        self.connection.commit().map_err(|error| self.failed(&error))?;
        self.connection.set_autocommit(true).map_err(|error| self.failed(&error))
    }

    /// Ends the transaction and undoes what it did.
    ///
    /// # Errors
    /// What the server says.
    pub fn rollback(&self) -> Result<()> {
        self.connection.rollback().map_err(|error| self.failed(&error))?;
        self.connection.set_autocommit(true).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &odbc_api::Error) -> DatabaseError {
        classify(self.dialect, error)
    }
}

fn read(
    row: &mut odbc_api::CursorRow<'_>,
    column: u16,
    kind: ColumnType,
    buffer: &mut Vec<u8>,
) -> Result<Value, odbc_api::Error> {
    match kind {
        ColumnType::Integer | ColumnType::Flag => {
            let mut number = Nullable::<i64>::null();
            row.get_data(column, &mut number)?;
            Ok(number.into_opt().map_or(Value::Null, Value::Integer))
        }
        ColumnType::Real => {
            let mut number = Nullable::<f64>::null();
            row.get_data(column, &mut number)?;
            Ok(number.into_opt().map_or(Value::Null, Value::Real))
        }
        ColumnType::Text(_) | ColumnType::LongText => read_text(row, column, buffer),
    }
}

/// A text as near as it can be: a half of a surrogate pair becomes U+FFFD.
#[cfg(not(windows))]
fn read_text(
    row: &mut odbc_api::CursorRow<'_>,
    column: u16,
    buffer: &mut Vec<u8>,
) -> Result<Value, odbc_api::Error> {
    let is_there = row.get_text(column, buffer)?;
    let text = || String::from_utf8_lossy(buffer).into_owned();
    Ok(if is_there { Value::Text(text()) } else { Value::Null })
}

#[cfg(windows)]
fn read_text(
    row: &mut odbc_api::CursorRow<'_>,
    column: u16,
    _: &mut Vec<u8>,
) -> Result<Value, odbc_api::Error> {
    let mut wide = Vec::with_capacity(512);
    let is_there = row.get_wide_text(column, &mut wide)?;
    Ok(if is_there { Value::Text(String::from_utf16_lossy(&wide)) } else { Value::Null })
}

fn classify(dialect: &dyn Dialect, error: &odbc_api::Error) -> DatabaseError {
    let odbc_api::Error::Diagnostics { record, .. } = error else {
        return DatabaseError::new(Class::Other, error.to_string());
    };
    let diagnostic = Diagnostic {
        native: record.native_error,
        state: record.state.as_str().to_owned(),
        message: text_of(&record.message),
    };
    diagnostic.classified(dialect)
}

#[cfg(not(windows))]
fn text_of(message: &[u8]) -> String {
    String::from_utf8_lossy(message).into_owned()
}

#[cfg(windows)]
fn text_of(message: &[u16]) -> String {
    String::from_utf16_lossy(message)
}

/// No driver is trusted to keep the password to itself.
fn without(password: &nopenai_secrets::Secret, mut error: DatabaseError) -> DatabaseError {
    if !password.expose().is_empty() {
        error.message = error.message.replace(password.expose(), "…");
    }
    error
}

/// Opens sessions for a pool.
pub struct SessionFactory {
    credentials: Credentials,
    dialect: &'static dyn Dialect,
    migrations: Migrations,
    /// Of every session that may still be open.
    opened: Mutex<Vec<Interrupt>>,
}

impl SessionFactory {
    /// Sessions by these credentials.
    pub fn new(credentials: Credentials) -> Self {
        let dialect = dialect(credentials.profile.kind);
        let migrations = Migrations::CURRENT;
        Self { credentials, dialect, migrations, opened: Mutex::new(Vec::new()) }
    }

    /// The same in another language than the profile's kind of server speaks.
    pub fn speaking(self, dialect: &'static dyn Dialect) -> Self {
        Self { dialect, ..self }
    }

    /// The same with the schema of another version of the application.
    pub fn with_migrations(self, migrations: Migrations) -> Self {
        Self { migrations, ..self }
    }

    /// Opens a session, which `interrupt` ends. Blocks.
    ///
    /// # Errors
    /// Why it could not be.
    pub fn open(&self, interrupt: Interrupt) -> Result<Session> {
        Session::open_by(self, interrupt)
    }

    /// The language of the sessions.
    pub fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    /// Ends what every session is at; see [`Interrupt::interrupt`].
    pub fn interrupt(&self) {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for session in opened {
            session.interrupt();
        }
    }

    /// What the sessions are opened with.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }
}

impl Connect for SessionFactory {
    type Connection = Session;

    fn connect(&self) -> Result<Session> {
        let session = self.open(Interrupt::default())?;
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.retain(Interrupt::is_used);
        opened.push(session.interrupt.clone());
        Ok(session)
    }

    fn is_alive(&self, session: &mut Session) -> bool {
        session.query(session.dialect.ping(), &[], &[ColumnType::Integer]).is_ok()
    }
}
