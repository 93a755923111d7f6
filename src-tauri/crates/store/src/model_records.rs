//! What is remembered about models' files: table `model_record`.

use crate::{Result, Store};
use nopenai_domain::{ModelId, Timestamp};
use rusqlite::{Connection, Row, params};

const COLUMNS: &str = "model_id, alias, hidden, sha256, size_bytes, modified_at";

/// What is remembered about a model's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRecord {
    /// The model.
    pub model: ModelId,
    /// A person's name for it.
    pub alias: Option<String>,
    /// Whether it was taken off the list.
    pub hidden: bool,
    /// The SHA-256 of its file as it was with this size and time.
    pub sha256: Option<String>,
    /// The file's size, bytes.
    pub size_bytes: u64,
    /// When the file was last written.
    pub modified_at: Timestamp,
}

/// The model records of a [`Store`].
#[derive(Clone)]
pub struct ModelRecords {
    store: Store,
}

impl ModelRecords {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// All of them, by identifier.
    ///
    /// # Errors
    /// When they could not be read.
    pub async fn list(&self) -> Result<Vec<ModelRecord>> {
        let read = |connection: &Connection| {
            let records = connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM model_record ORDER BY model_id"))?
                .query_map([], record)?
                .collect::<rusqlite::Result<_>>()?;
            Ok(records)
        };
        self.store.read(read).await
    }

    /// Keeps a record, in place of the model's present one.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn save(&self, record: ModelRecord) -> Result<()> {
        let write = move |connection: &Connection| {
            connection.execute(
                &format!(
                    "INSERT OR REPLACE INTO model_record ({COLUMNS}) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                ),
                params![
                    record.model.0,
                    record.alias,
                    record.hidden,
                    record.sha256,
                    record.size_bytes as i64,
                    record.modified_at.0,
                ],
            )?;
            Ok(())
        };
        self.store.write(write).await
    }

    /// Forgets a model's record.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn remove(&self, model: ModelId) -> Result<()> {
        let write = move |connection: &Connection| {
            connection.execute("DELETE FROM model_record WHERE model_id = ?1", [model.0])?;
            Ok(())
        };
        self.store.write(write).await
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<ModelRecord> {
    let size_bytes: i64 = row.get(4)?;
    Ok(ModelRecord {
        model: ModelId(row.get(0)?),
        alias: row.get(1)?,
        hidden: row.get(2)?,
        sha256: row.get(3)?,
        size_bytes: size_bytes as u64,
        modified_at: Timestamp(row.get(5)?),
    })
}
