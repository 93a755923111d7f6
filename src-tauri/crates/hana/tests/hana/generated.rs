//! Files that are made from the registration and the dialects.

use nopenai_domain::ServerKind;
use nopenai_hana::{
    dialect::{Statements, catalogue, dialect},
    schema,
};
use nopenai_store::sync::{Class, SyncedTable, TABLES};
use std::{env, fs, path::Path};

const KINDS: [(ServerKind, &str); 2] =
    [(ServerKind::Hana, "hana"), (ServerKind::PostgreSql, "postgresql")];

fn is_current(path: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").join(path);
    if env::var_os("NOPENAI_GENERATE").is_some() {
        fs::write(&path, text).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "{} is stale: `cargo xtask generate`", path.display());
}

/// Until the first release there is one migration, made from the registration.
#[test]
fn the_schema_is_current() {
    for (kind, name) in KINDS {
        let text = schema::first_migration(dialect(kind));
        is_current(&format!("schema/{name}/0001_sync.sql"), &text);
    }
}

#[test]
fn every_registered_table_is_created_by_a_migration() {
    for (kind, name) in KINDS {
        let statements = Statements::new(dialect(kind), "S");
        let migrations: Vec<String> = schema::migrations(kind)
            .iter()
            .flat_map(|migration| schema::statements(migration, dialect(kind), "S"))
            .collect();
        for table in TABLES {
            for part in schema::create(&statements, table) {
                for statement in part.split(";\n") {
                    let is_there = migrations.iter().any(|found| found == statement);
                    assert!(is_there, "no migration of {name} has\n{statement}");
                }
            }
        }
    }
}

#[test]
fn every_migration_file_is_applied() {
    for (kind, name) in KINDS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../schema").join(name);
        assert_eq!(fs::read_dir(folder).unwrap().count(), schema::migrations(kind).len());
    }
    assert_eq!(
        schema::migrations(ServerKind::Hana).len(),
        schema::migrations(ServerKind::PostgreSql).len()
    );
}

/// A change here is to be held against SAP's reference.
#[test]
fn every_hana_statement_is_listed() {
    let all = catalogue(dialect(ServerKind::Hana), "NOPENAI");
    assert!(all.iter().all(|statement| !statement.contains('\n')));
    is_current("src-tauri/crates/hana/tests/hana/hana.sql", &(all.join("\n") + "\n"));
}

#[test]
fn the_schema_s_description_is_current() {
    is_current("docs/HANA_SCHEMA.md", &described());
}

fn described() -> String {
    let mut text = String::from(
        "# The team's schema\n\nMade from the registration of the synced tables \
         (`nopenai_store::sync::TABLES`) and checked by a test; `cargo xtask generate` writes it. \
         The statements are in `schema/hana` and `schema/postgresql`; PostgreSQL has the same \
         tables and columns in small letters. Moments are µs since 1970, UTC.\n\n```mermaid\n\
         erDiagram\n",
    );
    for table in TABLES {
        for (column, parent) in table.parents {
            let parent = TABLES.iter().find(|other| other.local == *parent).unwrap();
            let line = format!("    {} ||--o{{ {} : {column}\n", parent.remote, table.remote);
            text.push_str(&line);
        }
    }
    for table in TABLES {
        text.push_str(&format!("    {} {{\n", table.remote));
        for (index, column) in table.columns.iter().enumerate() {
            let kind = dialect(ServerKind::Hana).column_type(column.kind);
            let kind = kind.replace(['(', ')'], "_").trim_end_matches('_').to_owned();
            let key = if index < table.key { " PK" } else { "" };
            text.push_str(&format!("        {kind} {}{key}\n", column.name.to_uppercase()));
        }
        text.push_str("    }\n");
    }
    text.push_str(
        "```\n\nEvery table also has SYNC_NUMBER (the commit that wrote the row), SYNC_CLOCK and \
         SYNC_WORKSTATION (its version: the greater one prevails).\n",
    );
    for table in TABLES {
        text.push_str(&section(table));
    }
    text.push_str(
        "\n## The sync's own tables\n\n| table | columns | what it is |\n| --- | --- | --- |\n",
    );
    for schema::OwnTable { name, columns, note, .. } in schema::OWN {
        let columns: Vec<String> = columns.iter().map(|(name, _)| name.to_uppercase()).collect();
        text.push_str(&format!("| {name} | {} | {note} |\n", columns.join(", ")));
    }
    text
}

fn section(table: &SyncedTable) -> String {
    let class = match table.class {
        Class::AppendOnly => "append-only",
        Class::Shared => "shared",
    };
    let mut text = format!(
        "\n## {}\n\n{} Class: {class}. Here: `{}`.{}\n\n| column | type | |\n| --- | --- | --- |\n",
        table.remote,
        table.note,
        table.local,
        if table.partitions > 1 {
            format!(" {} hash partitions at SAP HANA.", table.partitions)
        } else {
            String::new()
        }
    );
    for (index, column) in table.columns.iter().enumerate() {
        let kind = dialect(ServerKind::Hana).column_type(column.kind);
        let note = match (index < table.key, column.nullable) {
            (true, _) => "key",
            (false, true) => "may be absent",
            (false, false) => "",
        };
        text.push_str(&format!("| {} | {kind} | {note} |\n", column.name.to_uppercase()));
    }
    let indexes: Vec<String> =
        table.indexes.iter().map(|columns| columns.join(", ").to_uppercase()).collect();
    if !indexes.is_empty() {
        text.push_str(&format!("\nIndexes: {}.\n", indexes.join("; ")));
    }
    text
}
