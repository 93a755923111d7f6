//! How fast runtimes were on this machine: table `runtime_speed`.

use crate::{
    Result, Store,
    value::{from_word, word},
};
use nopenai_domain::{ModelId, RuntimeSpeed, Timestamp};
use rusqlite::{Connection, Row, params};

const COLUMNS: &str = "model_id, runtime, size_bytes, modified_at, prefill_tokens_per_s, \
    decode_tokens_per_s, measured_at, device";

/// The measured speeds of a [`Store`].
#[derive(Clone)]
pub struct RuntimeSpeeds {
    store: Store,
}

impl RuntimeSpeeds {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// The latest measure of each runtime with a model, whose files may have
    /// changed since.
    ///
    /// # Errors
    /// When they could not be read.
    pub async fn of(&self, model: ModelId) -> Result<Vec<RuntimeSpeed>> {
        let read = move |connection: &Connection| {
            let sql =
                format!("SELECT {COLUMNS} FROM runtime_speed WHERE model_id = ?1 ORDER BY runtime");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([model.0])?;
            let mut speeds = Vec::new();
            while let Some(row) = rows.next()? {
                speeds.push(speed(row)?);
            }
            Ok(speeds)
        };
        self.store.read(read).await
    }

    /// Keeps a measure, in place of the one before.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn keep(&self, speed: RuntimeSpeed) -> Result<()> {
        let write = move |connection: &Connection| {
            connection.execute(
                &format!(
                    "INSERT OR REPLACE INTO runtime_speed ({COLUMNS}) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                ),
                params![
                    speed.model.0,
                    word(&speed.runtime)?,
                    speed.size_bytes as i64,
                    speed.modified_at.0,
                    speed.prefill_tokens_per_s,
                    speed.decode_tokens_per_s,
                    speed.measured_at.0,
                    speed.device,
                ],
            )?;
            Ok(())
        };
        self.store.write(write).await
    }
}

fn speed(row: &Row<'_>) -> Result<RuntimeSpeed> {
    let runtime: String = row.get(1)?;
    Ok(RuntimeSpeed {
        model: ModelId(row.get(0)?),
        runtime: from_word(&runtime)?,
        size_bytes: row.get::<_, i64>(2)? as u64,
        modified_at: Timestamp(row.get(3)?),
        prefill_tokens_per_s: row.get(4)?,
        decode_tokens_per_s: row.get(5)?,
        measured_at: Timestamp(row.get(6)?),
        device: row.get(7)?,
    })
}
