use crate::{
    Result,
    connection::APPLICATION_ID,
    sync::{SyncedTable, TABLES},
};
use rusqlite::{Connection, TransactionBehavior};

/// The tables of an application: how they come to be, and which of them are shared.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// The migrations in order; entry n brings the schema to version n + 1.
    pub migrations: &'static [&'static str],
    /// The synced tables, parents before children.
    pub tables: &'static [SyncedTable],
}

impl Schema {
    /// This application's.
    pub const CURRENT: Self = Self { migrations: MIGRATIONS, tables: TABLES };

    /// The version the migrations lead to.
    pub(crate) fn version(&self) -> u32 {
        self.migrations.len() as u32
    }
}

/// The migrations in order; entry n brings the schema to version n + 1.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../../schema/sqlite/0001_prompt_history.sql"),
    include_str!("../../../../schema/sqlite/0002_history.sql"),
    include_str!("../../../../schema/sqlite/0003_models_and_modes.sql"),
    include_str!("../../../../schema/sqlite/0004_comparison.sql"),
    include_str!("../../../../schema/sqlite/0005_notifications_and_settings.sql"),
    include_str!("../../../../schema/sqlite/0006_evaluation.sql"),
    include_str!("../../../../schema/sqlite/0007_prompt_cache.sql"),
    include_str!("../../../../schema/sqlite/0008_runtime_speed.sql"),
    include_str!("../../../../schema/sqlite/0009_chat.sql"),
    include_str!("../../../../schema/sqlite/0010_likelihoods.sql"),
    include_str!("../../../../schema/sqlite/0011_sync.sql"),
    include_str!("../../../../schema/sqlite/0012_remote_models.sql"),
    include_str!("../../../../schema/sqlite/0013_tools.sql"),
    include_str!("../../../../schema/sqlite/0014_place.sql"),
];

/// The schema version this application writes.
pub fn latest_version() -> u32 {
    MIGRATIONS.len() as u32
}

/// The schema version of an open database; 0 for an empty one.
pub fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Applies what is pending, each migration in its own transaction, so that a
/// process that dies half way leaves the version before.
pub fn apply(connection: &mut Connection, schema: &Schema) -> Result<()> {
    for (index, sql) in schema.migrations.iter().enumerate().skip(version(connection)? as usize) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", index as u32 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_file_is_applied() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../schema/sqlite");
        let files = std::fs::read_dir(folder).unwrap().count();
        assert_eq!(files, MIGRATIONS.len());
    }
}
