//! PostgreSQL 12 and later, by psqlODBC.

use super::{Absent, Diagnostic, Dialect, JsonColumn, JsonRows, Source, TableShape};
use crate::Class;
use nopenai_domain::ServerKind;
use nopenai_store::sync::ColumnType;

/// PostgreSQL's dialect.
pub struct PostgreSql;

impl Dialect for PostgreSql {
    fn kind(&self) -> ServerKind {
        ServerKind::PostgreSql
    }

    /// Unquoted names are small letters.
    fn name(&self, identifier: &str) -> String {
        self.exact(&identifier.to_lowercase())
    }

    fn column_type(&self, kind: ColumnType) -> String {
        match kind {
            ColumnType::Text(length) => format!("VARCHAR({length})"),
            ColumnType::LongText => "TEXT".to_owned(),
            ColumnType::Integer => "BIGINT".to_owned(),
            ColumnType::Flag => "SMALLINT".to_owned(),
            ColumnType::Real => "DOUBLE PRECISION".to_owned(),
        }
    }

    /// As long as a commit: PostgreSQL itself would take 1 GB.
    fn longest_document(&self) -> usize {
        8 * 1024 * 1024
    }

    fn rows_of_json(&self, columns: &[JsonColumn]) -> JsonRows {
        let columns: Vec<String> = columns
            .iter()
            .map(|(name, kind)| {
                let kind = match kind {
                    ColumnType::Text(_) => "TEXT".to_owned(),
                    kind => self.column_type(*kind),
                };
                format!("{} {kind}", self.name(name))
            })
            .collect();
        let from = format!("json_to_recordset(CAST(? AS JSON)) AS R({})", columns.join(", "));
        JsonRows { with: String::new(), inner: from.clone(), from }
    }

    fn upsert(&self, table: &str, columns: &[String], key: usize, source: &Source) -> String {
        let rows = match source {
            Source::Select(query) => query.clone(),
            Source::Parameters => format!("VALUES ({})", vec!["?"; columns.len()].join(", ")),
        };
        let changes: Vec<String> =
            columns[key..].iter().map(|name| format!("{name} = EXCLUDED.{name}")).collect();
        format!(
            "INSERT INTO {table} ({}) {rows} ON CONFLICT ({}) DO UPDATE SET {}",
            columns.join(", "),
            columns[..key].join(", "),
            changes.join(", ")
        )
    }

    fn absent(&self, _: &str, key: &[String]) -> Absent {
        let end = format!(" ON CONFLICT ({}) DO NOTHING", key.join(", "));
        Absent { join: String::new(), end }
    }

    /// Without parts: those are SAP HANA's, whose parts have a bound of rows.
    /// PostgreSQL's would be tables of their own, all of which it looks through.
    fn create_table(&self, table: &TableShape) -> String {
        format!("CREATE TABLE IF NOT EXISTS {} ({}\n)", table.name, table.body())
    }

    fn create_index(&self, name: &str, table: &str, columns: &[String]) -> String {
        // An index is in its table's schema and named without it.
        let name = name.rsplit_once('.').map_or(name, |(_, name)| name);
        format!("CREATE INDEX IF NOT EXISTS {name} ON {table} ({})", columns.join(", "))
    }

    fn ping(&self) -> &'static str {
        "SELECT 1"
    }

    fn version(&self) -> &'static str {
        "SELECT 'PostgreSQL ' || current_setting('server_version')"
    }

    fn schema_exists(&self) -> &'static str {
        "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = ?"
    }

    fn table_exists(&self) -> &'static str {
        "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n \
         ON n.oid = c.relnamespace WHERE n.nspname = ? AND c.relname = ?"
    }

    fn grants(&self, schema: &str, user: &str) -> Vec<String> {
        let (schema, user) = (self.exact(schema), self.exact(user));
        vec![
            format!("GRANT USAGE ON SCHEMA {schema} TO {user}"),
            format!(
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {user}"
            ),
        ]
    }

    /// "Appendix A. PostgreSQL Error Codes". psqlODBC's native number is 1 for
    /// everything, and while connecting it has libpq's words alone.
    fn classify(&self, diagnostic: &Diagnostic) -> Class {
        let state = diagnostic.state.as_str();
        match state {
            "28P01" | "28000" => Class::PasswordWrong,
            "42501" | "25006" => Class::NoPrivilege,
            "3F000" | "42P01" | "3D000" | "42703" => Class::Missing,
            "42P07" | "42P06" | "42710" => Class::Exists,
            "42601" | "42883" | "0A000" => Class::Unsupported,
            "57014" | "HYT00" | "HYT01" => Class::Cancelled,
            "40001" | "40P01" | "55P03" | "40003" => Class::Transaction,
            "57P03" => Class::Busy,
            "57P01" | "57P02" | "57P05" => Class::Connection,
            _ => match (state.get(..2).unwrap_or_default(), of_words(&diagnostic.message)) {
                ("53", _) => Class::Busy,
                ("23", _) => Class::Constraint,
                ("22", _) => Class::Value,
                ("08", Class::Other) => Class::Connection,
                (_, class) => class,
            },
        }
    }
}

/// libpq's words.
fn of_words(message: &str) -> Class {
    let message = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&["is not permitted to log in"]) {
        Class::UserLocked
    } else if says(&["password authentication failed", "no password supplied"])
        || message.contains("role \"") && says(&["does not exist"])
    {
        Class::PasswordWrong
    } else if says(&["certificate verify failed", "root certificate", "server certificate for"]) {
        Class::CertificateNotTrusted
    } else if says(&["does not exist"]) {
        Class::Missing
    } else if says(&["does not support ssl", "ssl error", "ssl connection", "no encryption"]) {
        Class::TlsRefused
    } else if says(&["too many clients", "starting up", "shutting down", "remaining connection"]) {
        Class::Busy
    } else if says(&["connection refused", "could not translate host", "no route to host"])
        || says(&["timeout expired", "network is unreachable", "could not connect"])
    {
        Class::Unreachable
    } else if says(&[
        "closed the connection",
        "no connection to the server",
        "terminating connection",
    ]) || says(&[
        "connection reset",
        "communication error",
        "broken pipe",
        "could not send",
    ]) || says(&["could not receive data", "connection not open", "connection dead"])
    {
        Class::Connection
    } else {
        Class::Other
    }
}
