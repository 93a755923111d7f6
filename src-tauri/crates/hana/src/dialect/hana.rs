//! SAP HANA 2.0 (from SPS 04) and SAP HANA Cloud, in what both have. The chapters
//! named here are those of the "SAP HANA SQL Reference Guide for SAP HANA
//! Platform"; the edition for SAP HANA Cloud has them under the same names. No
//! statement was run against a HANA server. What each form was held against is in
//! docs/HANA_SQL.md, statement by statement, and what could not be.

use super::{Absent, Diagnostic, Dialect, JsonColumn, JsonRows, Source, TableShape, same};
use crate::Class;
use nopenai_domain::ServerKind;
use nopenai_store::sync::ColumnType;

/// SAP HANA's dialect.
pub struct Hana;

/// "JSON_TABLE Function (JSON)": the types it makes, which are no LOB and no
/// TINYINT. Texts get four times their length, as SAP's cap-js/cds-dbs gives them
/// ("Support multi byte characters", #639); the table's column has the bound.
fn json_type(kind: ColumnType) -> String {
    match kind {
        ColumnType::Text(length) => format!("NVARCHAR({})", u32::from(length) * 4),
        ColumnType::LongText => "NVARCHAR(2147483647)".to_owned(),
        ColumnType::Flag => "INT".to_owned(),
        kind => Hana.column_type(kind),
    }
}

impl Dialect for Hana {
    fn kind(&self) -> ServerKind {
        ServerKind::Hana
    }

    /// "Introduction to SQL", Identifiers: unquoted names are capital letters.
    /// Every name is quoted, so that none is a reserved word ("Reserved Words"):
    /// ROW and SYSTEM among the columns would be near ones.
    fn name(&self, identifier: &str) -> String {
        self.exact(&identifier.to_uppercase())
    }

    /// "Data Types": NVARCHAR without a length is one character, at most 5000;
    /// NCLOB holds any.
    fn column_type(&self, kind: ColumnType) -> String {
        match kind {
            ColumnType::Text(length) => format!("NVARCHAR({length})"),
            ColumnType::LongText => "NCLOB".to_owned(),
            ColumnType::Integer => "BIGINT".to_owned(),
            ColumnType::Flag => "TINYINT".to_owned(),
            ColumnType::Real => "DOUBLE".to_owned(),
        }
    }

    /// SAP HANA, express edition, was seen to refuse documents between 64 and
    /// 128 KB (SAP's cap-js/cds-dbs, HANAService.js); the reference names no bound.
    fn longest_document(&self) -> usize {
        60_000
    }

    /// "JSON_TABLE Function (JSON)", with the document as a column reference; the
    /// union makes it an NCLOB, where a parameter of a select list is an
    /// NVARCHAR(5000). In a subquery the document is the parameter itself. Without
    /// ERROR ON ERROR a value that can't be made would be NULL. A missing member is.
    fn rows_of_json(&self, columns: &[JsonColumn]) -> JsonRows {
        let columns: Vec<String> = columns
            .iter()
            .map(|(name, kind)| format!("{} {} PATH '$.{name}'", self.name(name), json_type(*kind)))
            .collect();
        let rows = |document: &str| {
            format!(
                "JSON_TABLE({document}, '$[*]' COLUMNS ({}) ERROR ON ERROR) AS R",
                columns.join(", ")
            )
        };
        JsonRows {
            with: "WITH S AS (SELECT ? AS \"DOCUMENT\" FROM DUMMY UNION ALL \
                   SELECT TO_NCLOB(NULL) AS \"DOCUMENT\" FROM DUMMY) "
                .to_owned(),
            from: rows("S.\"DOCUMENT\""),
            inner: rows("?"),
        }
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

    /// "SELECT Statement (Data Manipulation)", outer joins.
    fn absent(&self, table: &str, key: &[String]) -> Absent {
        Absent {
            join: format!(" LEFT JOIN {table} AS T ON {}", same(key)),
            end: format!(" AND T.{} IS NULL", key[0]),
        }
    }

    /// "CREATE TABLE Statement (Data Definition)": COLUMN tables; the columns of
    /// hash partitions must be part of the primary key.
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

    /// "System Tables", DUMMY: one row.
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
            // 257: syntax. 7: a feature that is not supported. 328: a function that
            // is not known.
            7 | 257 | 328 => Class::Unsupported,
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
