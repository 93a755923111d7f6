//! Every statement there is, for whoever reviews them.

use super::{Dialect, Statements};
use crate::schema;
use nopenai_store::sync::TABLES;

/// Rows of a page and one more, as the sync asks for them.
const PAGE: u32 = 4001;

/// Every statement a dialect can produce for the tables of `schema`, one line
/// each, parameters as `?`: the deployment's, then those of each table, then the
/// sync's own.
pub fn catalogue(dialect: &'static dyn Dialect, name: &str) -> Vec<String> {
    let statements = Statements::new(dialect, name);
    let mut all = vec![
        dialect.ping().to_owned(),
        dialect.version().to_owned(),
        dialect.schema_exists().to_owned(),
        dialect.table_exists().to_owned(),
        dialect.create_schema(name),
    ];
    for migration in schema::migrations(dialect.kind()) {
        all.extend(schema::statements(migration, dialect, name));
    }
    all.extend(dialect.grants(name, "USER"));
    let own = [
        statements.schema_version(),
        statements.create_head(),
        statements.record_version(),
        statements.try_head(),
        statements.read_head(),
        statements.lock_head(),
        statements.commit_token(),
        statements.record_commit(),
        statements.tombstones(),
        statements.bury(),
        statements.exhume(),
        statements.tombstone(),
        statements.bury_one(),
        statements.exhume_one(),
        statements.written("SYNC_TOMBSTONES"),
        statements.tombstone_page(false, PAGE),
        statements.tombstone_page(true, PAGE),
        statements.last_commit_before(),
    ];
    all.extend(own.into_iter().chain(statements.forget()).map(|statement| statement.sql));
    for table in TABLES {
        let of_table = [
            statements.versions(table),
            statements.insert(table),
            statements.row(table),
            statements.write(table),
            statements.write_one(table),
            statements.erase(table),
            statements.version(table),
            statements.erase_one(table),
            statements.written(table.remote),
            statements.page(table, false, PAGE),
            statements.page(table, true, PAGE),
            statements.count(table),
        ];
        all.extend(of_table.into_iter().map(|statement| statement.sql));
    }
    all.iter().map(|sql| sql.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}
