//! The change log's triggers, made from the registration whenever the database
//! is opened: temporary ones of the connection that writes, so that they can't
//! be forgotten, or be those of another version.

use super::SyncedTable;
use crate::Result;
use rusqlite::Connection;

/// Creates the triggers of every synced table, and gives rows from before a
/// version.
pub fn prepare(connection: &Connection, tables: &[SyncedTable]) -> Result<()> {
    for table in tables {
        connection.execute_batch(&triggers(table))?;
        let known = connection
            .prepare_cached("SELECT 1 FROM sync_table WHERE name = ?1")?
            .exists([table.local])?;
        if !known {
            let transaction = connection.unchecked_transaction()?;
            transaction.execute_batch(&versions_of_before(table))?;
            transaction.execute("INSERT INTO sync_table VALUES (?1)", [table.local])?;
            transaction.commit()?;
        }
    }
    Ok(())
}

fn triggers(table: &SyncedTable) -> String {
    let name = table.local;
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let columns = columns.join(", ");
    // A row may come to be for others, or cease to be, by columns of its own.
    let watched = match table.replaced {
        Some(_) => format!("{columns}, deletion"),
        None => columns,
    };
    let (is, was) = (table.is_live("new"), table.is_live("old"));
    let (kept, gone) = (record(table, "new", 0), record(table, "old", 1));
    format!(
        "CREATE TEMP TRIGGER {name}_added AFTER INSERT ON main.{name}
         WHEN recording() AND {is} BEGIN {kept} END;
         CREATE TEMP TRIGGER {name}_changed AFTER UPDATE OF {watched} ON main.{name}
         WHEN recording() AND {is} BEGIN {kept} END;
         CREATE TEMP TRIGGER {name}_withdrawn AFTER UPDATE OF {watched} ON main.{name}
         WHEN recording() AND {was} AND NOT {is} BEGIN {gone} END;
         CREATE TEMP TRIGGER {name}_removed AFTER DELETE ON main.{name}
         WHEN recording() AND {was} BEGIN {gone} END;"
    )
}

/// Two statements, since the outer one's conflict clause (`INSERT OR REPLACE`)
/// would be taken over by an upsert here.
fn record(table: &SyncedTable, row: &str, deleted: u8) -> String {
    let (name, key) = (table.local, table.key_of(row));
    format!(
        "INSERT INTO sync_row (table_name, row_key, clock, deleted, pending)
             SELECT '{name}', {key}, 0, {deleted}, 1 WHERE NOT EXISTS
             (SELECT 1 FROM sync_row WHERE table_name = '{name}' AND row_key = {key});
         UPDATE sync_row SET clock = hybrid_clock(), workstation = NULL, deleted = {deleted},
             pending = 1, problem = NULL WHERE table_name = '{name}' AND row_key = {key};"
    )
}

fn versions_of_before(table: &SyncedTable) -> String {
    let name = table.local;
    format!(
        "INSERT OR IGNORE INTO sync_row (table_name, row_key, clock, deleted, pending)
             SELECT '{name}', {}, 0, 0, 1 FROM {name} WHERE {};",
        table.key_of(name),
        table.is_live(name),
    )
}
