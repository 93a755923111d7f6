//! SAP HANA 2.0 and SAP HANA Cloud, in what both have, by the "SAP HANA SQL
//! Reference Guide for SAP HANA Platform" and its edition for SAP HANA Cloud, in
//! the chapters named here. No statement was run against a HANA server, nor held
//! against the reference line by line.

use super::{Diagnostic, Dialect, JsonColumn, Source, TableShape};
use crate::Class;
use nopenai_domain::ServerKind;
use nopenai_store::sync::ColumnType;

/// SAP HANA's dialect.
pub struct Hana;

impl Dialect for Hana {
    fn kind(&self) -> ServerKind {
        ServerKind::Hana
    }

    /// Unquoted names are capital letters ("Introduction to SQL", Identifiers).
    fn name(&self, identifier: &str) -> String {
        self.exact(&identifier.to_uppercase())
    }

    /// "Data Types": NVARCHAR without a length is one character; NCLOB holds any.
    fn column_type(&self, kind: ColumnType) -> String {
        match kind {
            ColumnType::Text(length) => format!("NVARCHAR({length})"),
            ColumnType::LongText => "NCLOB".to_owned(),
            ColumnType::Integer => "BIGINT".to_owned(),
            ColumnType::Flag => "TINYINT".to_owned(),
            ColumnType::Real => "DOUBLE".to_owned(),
        }
    }

    /// "Data Types": the longest NVARCHAR. JSON_TABLE makes no LOB.
    fn longest_json_text(&self) -> usize {
        5000
    }

    /// "JSON_TABLE Function (JSON)": the document is a column of the item before
    /// it in the clause; a missing member is NULL.
    fn rows_of_json(&self, columns: &[JsonColumn]) -> String {
        let columns: Vec<String> = columns
            .iter()
            .map(|(name, kind)| {
                let kind = match kind {
                    ColumnType::LongText => "NVARCHAR(5000)".to_owned(),
                    // The function knows INT and BIGINT.
                    ColumnType::Flag => "INT".to_owned(),
                    kind => self.column_type(*kind),
                };
                format!("{} {kind} PATH '$.{name}'", self.name(name))
            })
            .collect();
        format!(
            "(SELECT TO_NCLOB(?) AS \"DOCUMENT\" FROM DUMMY) AS S, \
             JSON_TABLE(S.\"DOCUMENT\", '$[*]' COLUMNS ({})) AS R",
            columns.join(", ")
        )
    }

    /// "UPSERT | REPLACE Statement (Data Manipulation)": with a query, rows are
    /// updated by the primary key or inserted; with values, WITH PRIMARY KEY.
    fn upsert(&self, table: &str, columns: &[String], _: usize, source: &Source) -> String {
        let names = columns.join(", ");
        match source {
            Source::Select(query) => format!("UPSERT {table} ({names}) {query}"),
            Source::Parameters => {
                let marks = vec!["?"; columns.len()].join(", ");
                format!("UPSERT {table} ({names}) VALUES ({marks}) WITH PRIMARY KEY")
            }
        }
    }

    /// "CREATE TABLE Statement (Data Definition)": COLUMN tables; hash partitions
    /// by the primary key, which SAP HANA asks for.
    fn create_table(&self, table: &TableShape) -> String {
        let key: Vec<&str> =
            table.columns[..table.key].iter().map(|(name, ..)| name.as_str()).collect();
        let parts = match table.partitions {
            1 => String::new(),
            parts => format!(" PARTITION BY HASH ({}) PARTITIONS {parts}", key.join(", ")),
        };
        format!("CREATE COLUMN TABLE {} ({}\n){parts}", table.name, table.body())
    }

    /// "CREATE INDEX Statement (Data Definition)".
    fn create_index(&self, name: &str, table: &str, columns: &[String]) -> String {
        format!("CREATE INDEX {name} ON {table} ({})", columns.join(", "))
    }

    fn ping(&self) -> &'static str {
        "SELECT 1 FROM DUMMY"
    }

    /// "M_DATABASE System View".
    fn version(&self) -> &'static str {
        "SELECT 'SAP HANA ' || VERSION FROM SYS.M_DATABASE"
    }

    /// "SCHEMAS System View".
    fn schema_exists(&self) -> &'static str {
        "SELECT COUNT(*) FROM SYS.SCHEMAS WHERE SCHEMA_NAME = ?"
    }

    /// "TABLES System View".
    fn table_exists(&self) -> &'static str {
        "SELECT COUNT(*) FROM SYS.TABLES WHERE SCHEMA_NAME = ? AND TABLE_NAME = ?"
    }

    /// "GRANT Statement (Access Control)": privileges on a schema.
    fn grants(&self, schema: &str, user: &str) -> Vec<String> {
        let (schema, user) = (self.exact(schema), self.exact(user));
        vec![format!("GRANT SELECT, INSERT, UPDATE, DELETE ON SCHEMA {schema} TO {user}")]
    }

    /// "SQL Error Codes", and the client's own negative ones. SQLSTATE says less.
    fn classify(&self, diagnostic: &Diagnostic) -> Class {
        match diagnostic.native {
            -10709 | -10807 | -10735 | 597 | 1888 | 18 => of_connection(&diagnostic.message),
            16 | 129 | 131 | 132 | 133 | 138 | 142 | 143 | 145 | 146 => Class::Transaction,
            // Everything we send can be repeated.
            149 => Class::Transaction,
            4 | 613 => Class::Busy,
            10 => Class::PasswordWrong,
            414 => Class::PasswordExpired,
            415 | 416 => Class::UserLocked,
            258 => Class::NoPrivilege,
            259 | 260 | 261 | 362 | 397 => Class::Missing,
            288 | 289 => Class::Exists,
            301 | 461 | 462 => Class::Constraint,
            266 | 274 | 339 => Class::Value,
            139 => Class::Cancelled,
            257 => Class::Other,
            _ if diagnostic.state.starts_with("HYT") => Class::Cancelled,
            _ => Class::Other,
        }
    }
}

/// The client reports one number for all that keeps it from the server.
fn of_connection(message: &str) -> Class {
    let message = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&["certificate validation", "certificate verify", "hostname in certificate"]) {
        Class::CertificateNotTrusted
    } else if says(&["ssl", "tls", "handshake", "cryptographic"]) {
        Class::TlsRefused
    } else if says(&[
        "connection refused",
        "unknown host",
        "getaddrinfo",
        "no route",
        "unreachable",
    ]) {
        Class::Unreachable
    } else {
        Class::Connection
    }
}
