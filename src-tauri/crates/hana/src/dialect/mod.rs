//! The two languages of SQL. What they have in common is put together in
//! [`Statements`]; where they differ, a [`Dialect`] says how.
//!
//! Tables are named with their schema everywhere, so that no statement depends
//! on what a session was set to. Rows go to the server as one JSON parameter.

mod catalogue;
mod hana;
mod postgresql;
mod statements;

pub use catalogue::catalogue;
pub use hana::Hana;
pub use postgresql::PostgreSql;
pub use statements::{
    CHANGE_KEY, ROW_KEY, SYNC_COLUMNS, Statement, Statements, WORD, inserted_columns,
};

use crate::{Class, DatabaseError};
use nopenai_domain::ServerKind;
use nopenai_store::sync::{ColumnType, SyncedTable};

/// A column of the JSON parameter: its name there and what it is read as.
pub type JsonColumn = (String, ColumnType);

/// Where rows `R` of a JSON parameter come from.
pub struct JsonRows {
    /// What precedes the `SELECT`.
    pub with: String,
    /// The item of its `FROM` clause.
    pub from: String,
    /// The item of a subquery's `FROM` clause, which nothing precedes.
    pub inner: String,
}

/// What a driver says of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The driver's own number.
    pub native: i32,
    /// SQLSTATE.
    pub state: String,
    /// The driver's words.
    pub message: String,
}

impl Diagnostic {
    /// What to do about it: what the driver manager says, or any driver of itself,
    /// is the same for all; everything else is the dialect's.
    pub fn classified(self, dialect: &dyn Dialect) -> DatabaseError {
        let missing = ["IM002", "IM003", "IM004"].contains(&self.state.as_str())
            || self.message.contains("Can't open lib");
        let class = match self.state.as_str() {
            _ if missing => Class::DriverMissing,
            // The driver lacks the function, or the option.
            "IM001" | "HYC00" => Class::Unsupported,
            _ => dialect.classify(&self),
        };
        DatabaseError { class, native: self.native, state: self.state, message: self.message }
    }
}

/// Where the two languages differ.
pub trait Dialect: Send + Sync {
    /// Whose it is.
    fn kind(&self) -> ServerKind;

    /// An identifier, quoted; names of ours as people write them there.
    fn name(&self, identifier: &str) -> String;

    /// An identifier exactly as it is, quoted.
    fn exact(&self, identifier: &str) -> String {
        format!("\"{}\"", identifier.replace('"', "\"\""))
    }

    /// A column's type.
    fn column_type(&self, kind: ColumnType) -> String;

    /// The longest JSON parameter, bytes: more rows go in several, and a row that
    /// is longer goes alone, by parameters of its own.
    fn longest_document(&self) -> usize;

    /// Rows `R` of a JSON parameter.
    fn rows_of_json(&self, columns: &[JsonColumn]) -> JsonRows;

    /// Writes rows in place of those of their keys; `source` is a `SELECT` or
    /// `VALUES` of `columns`, of which the first `key` are the key.
    fn upsert(&self, table: &str, columns: &[String], key: usize, source: &Source) -> String;

    /// What an `INSERT` of rows `R` into `table` needs to leave out those whose key
    /// is there.
    fn absent(&self, table: &str, key: &[String]) -> Absent;

    /// Creates a table of ours, with `options` for tables divided into parts.
    fn create_table(&self, table: &TableShape) -> String;

    /// Creates an index.
    fn create_index(&self, name: &str, table: &str, columns: &[String]) -> String;

    /// Comments a table.
    fn comment(&self, table: &str, text: &str) -> String {
        format!("COMMENT ON TABLE {table} IS '{}'", text.replace('\'', "''"))
    }

    /// Whether the connection works.
    fn ping(&self) -> &'static str;

    /// The server's version, one text.
    fn version(&self) -> &'static str;

    /// Whether a schema exists: a count by its name.
    fn schema_exists(&self) -> &'static str;

    /// Whether a table exists: a count by schema and table.
    fn table_exists(&self) -> &'static str;

    /// Creates a schema.
    fn create_schema(&self, schema: &str) -> String {
        format!("CREATE SCHEMA {}", self.exact(schema))
    }

    /// Lets `user` work with the tables of `schema`, and no more.
    fn grants(&self, schema: &str, user: &str) -> Vec<String>;

    /// What to do about a failure.
    fn classify(&self, diagnostic: &Diagnostic) -> Class;
}

/// How rows are left out whose key is there.
pub struct Absent {
    /// What follows the `FROM` clause's first items.
    pub join: String,
    /// What follows the `WHERE` clause's first condition.
    pub end: String,
}

/// Where the rows of an upsert come from.
pub enum Source {
    /// A query.
    Select(String),
    /// One row of parameters.
    Parameters,
}

/// A table to create.
pub struct TableShape {
    /// Its name with the schema, quoted.
    pub name: String,
    /// Columns: name and type, quoted, and whether they may be absent.
    pub columns: Vec<(String, String, bool)>,
    /// How many of the columns are the key.
    pub key: usize,
    /// Into how many parts it is divided.
    pub partitions: u8,
}

impl TableShape {
    /// The columns' definitions and the key.
    fn body(&self) -> String {
        let mut lines: Vec<String> = self
            .columns
            .iter()
            .map(|(name, kind, nullable)| {
                format!("{name} {kind}{}", if *nullable { "" } else { " NOT NULL" })
            })
            .collect();
        let key: Vec<&str> =
            self.columns[..self.key].iter().map(|(name, ..)| name.as_str()).collect();
        lines.push(format!("PRIMARY KEY ({})", key.join(", ")));
        lines.iter().map(|line| format!("\n    {line}")).collect::<Vec<_>>().join(",")
    }
}

/// The dialect of a kind of server.
pub fn dialect(kind: ServerKind) -> &'static dyn Dialect {
    match kind {
        ServerKind::Hana => &Hana,
        ServerKind::PostgreSql => &PostgreSql,
    }
}

/// Whether a row `T` of a table and one of a JSON parameter have the same key.
fn same(key: &[String]) -> String {
    key.iter().map(|name| format!("T.{name} = R.{name}")).collect::<Vec<_>>().join(" AND ")
}

/// The columns of a synced table's key.
fn key_names(table: &SyncedTable) -> Vec<&'static str> {
    table.key_columns().iter().map(|column| column.name).collect()
}
