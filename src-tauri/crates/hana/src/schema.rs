//! The team's schema: its migrations per dialect, and the statements the
//! registration makes of a table, which a migration must contain.

use crate::dialect::{Dialect, Statements};
use nopenai_domain::ServerKind;
use nopenai_store::sync::{ColumnType, SyncedTable, TABLES};

/// Stands for the schema in the migrations.
pub const PLACEHOLDER: &str = "{schema}";

/// Between two statements of a migration.
const SEPARATOR: &str = ";\n";

/// The migrations of both kinds of server, in order; entry n brings the schema to
/// version n + 1.
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    /// Those of SAP HANA.
    pub hana: &'static [&'static str],
    /// Those of PostgreSQL, as many.
    pub postgresql: &'static [&'static str],
}

impl Migrations {
    /// Those of this application.
    pub const CURRENT: Self = Self { hana: HANA, postgresql: POSTGRESQL };

    /// Those of a kind of server.
    pub fn of(&self, kind: ServerKind) -> &'static [&'static str] {
        match kind {
            ServerKind::Hana => self.hana,
            ServerKind::PostgreSql => self.postgresql,
        }
    }

    /// The version they lead to.
    pub fn latest_version(&self) -> u32 {
        self.hana.len() as u32
    }
}

const HANA: &[&str] = &[include_str!("../../../../schema/hana/0001_sync.sql")];
const POSTGRESQL: &[&str] = &[include_str!("../../../../schema/postgresql/0001_sync.sql")];

/// The migrations of this application for a kind of server.
pub fn migrations(kind: ServerKind) -> &'static [&'static str] {
    Migrations::CURRENT.of(kind)
}

/// The schema's version that this application knows.
pub fn latest_version() -> u32 {
    Migrations::CURRENT.latest_version()
}

/// The statements of a migration, for a schema.
pub fn statements(migration: &str, dialect: &dyn Dialect, schema: &str) -> Vec<String> {
    let name = dialect.exact(schema);
    let code: Vec<&str> =
        migration.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    let code = code.join("\n") + "\n";
    code.split(SEPARATOR)
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
        .map(|statement| statement.replace(&dialect.exact(PLACEHOLDER), &name))
        .collect()
}

const TEXT: ColumnType = ColumnType::Text(64);
const NUMBER: ColumnType = ColumnType::Integer;

/// One of the sync's own tables.
pub struct OwnTable {
    /// Its name.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [(&'static str, ColumnType)],
    /// How many of the columns are the key.
    pub key: usize,
    /// What it is.
    pub note: &'static str,
}

/// The sync's own tables.
pub const OWN: &[OwnTable] = &[
    OwnTable {
        name: "SCHEMA_VERSION",
        columns: &[("version", NUMBER), ("at", NUMBER), ("application", TEXT)],
        key: 1,
        note: "Which versions of the schema were deployed.",
    },
    OwnTable {
        name: "SYNC_HEAD",
        columns: &[
            ("id", NUMBER),
            ("last_number", NUMBER),
            ("server_id", TEXT),
            ("epoch", TEXT),
            ("horizon", NUMBER),
        ],
        key: 1,
        note: "One row: who writes locks it, so that numbers are in the order of commits.",
    },
    OwnTable {
        name: "SYNC_COMMITS",
        columns: &[
            ("commit_number", NUMBER),
            ("token", TEXT),
            ("workstation", TEXT),
            ("at", NUMBER),
        ],
        key: 1,
        note: "Every commit; a restored server is known by a token that is another.",
    },
    OwnTable {
        name: "SYNC_TOMBSTONES",
        columns: &[
            ("table_name", TEXT),
            ("row_key", ColumnType::Text(2500)),
            ("sync_number", NUMBER),
            ("sync_clock", NUMBER),
            ("sync_workstation", TEXT),
        ],
        key: 2,
        note: "Deletions, until they are forgotten.",
    },
];

/// What creates one of the sync's own tables.
pub fn own_tables(statements: &Statements) -> Vec<String> {
    let mut all = Vec::new();
    for OwnTable { name, columns, key, note } in OWN {
        let columns: Vec<_> = columns.iter().map(|(name, kind)| (*name, *kind, false)).collect();
        all.push(statements.create(name, &columns, *key, 1));
        all.push(statements.comment(name, note));
    }
    all.push(statements.index("SYNC_TOMBSTONES", &["sync_number"]));
    all
}

/// What creates a synced table, as the registration has it.
pub fn create(statements: &Statements, table: &SyncedTable) -> Vec<String> {
    let column = |c: &nopenai_store::sync::Column| (c.name, c.kind, c.nullable);
    let key = table.key_columns().iter().map(column);
    let sync = crate::dialect::SYNC_COLUMNS.iter().map(|(name, kind)| (*name, *kind, false));
    let columns: Vec<_> = key.chain(sync).chain(table.other_columns().iter().map(column)).collect();
    let mut all = vec![
        statements.create(table.remote, &columns, table.key, table.partitions),
        statements.comment(table.remote, table.note),
        statements.index(table.remote, &["sync_number"]),
    ];
    all.extend(table.indexes.iter().map(|columns| statements.index(table.remote, columns)));
    all
}

/// The first migration: everything that was registered then.
pub fn first_migration(dialect: &'static dyn Dialect) -> String {
    let statements = Statements::new(dialect, PLACEHOLDER);
    let mut text = String::from(
        "-- The team's tables. {schema} stands for the schema. A table's class is that of its\n\
         -- registration (nopenai_store::sync::TABLES), which this text is made from.\n",
    );
    let mut add = |note: &str, all: Vec<String>| {
        text.push_str(&format!("\n-- {note}\n"));
        for statement in all {
            text.push_str(&statement);
            text.push_str(SEPARATOR);
        }
    };
    add("The sync's own.", own_tables(&statements));
    for table in TABLES {
        add(&format!("Class: {:?}.", table.class), create(&statements, table));
    }
    text
}
