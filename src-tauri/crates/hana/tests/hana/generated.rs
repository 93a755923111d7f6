//! Files that are made from the registration and the dialects.

use nopenai_domain::ServerKind;
use nopenai_hana::{
    dialect::{Statements, dialect},
    schema,
};
use nopenai_store::sync::TABLES;
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
