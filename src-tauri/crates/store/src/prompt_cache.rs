//! Which prompts come again: table `prompt_cache`.

use crate::{Result, Store, history::run_of};
use nopenai_domain::{Run, RunId};
use rusqlite::{Connection, params};

/// Prompts that are remembered; those that were not used for longest go.
const REMEMBERED: u32 = 4096;

/// SHA-256 of all that decides an answer.
pub type CacheKey = [u8; 32];

/// The prompts of a [`Store`] that the prompt cache was asked for.
#[derive(Clone)]
pub struct PromptCache {
    store: Store,
}

impl PromptCache {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Notes that `key` was asked for and that `run` has its answer, without
    /// waiting. A failure costs a warm start, and is logged only.
    pub fn used(&self, key: CacheKey, run: RunId) {
        let now = self.store.clock().now();
        let write = move |connection: &Connection| {
            connection
                .prepare_cached(
                    "INSERT INTO prompt_cache (key, run_id, uses, used_at) VALUES (?1, ?2, 1, ?3) \
                     ON CONFLICT (key) DO UPDATE \
                     SET run_id = ?2, uses = uses + 1, used_at = ?3",
                )?
                .execute(params![key, run.to_string(), now.0])?;
            Ok(())
        };
        self.store.write_later(write, |result| {
            if let Err(error) = result {
                tracing::warn!(%error, "the use of a cached prompt was not stored");
            }
        });
    }

    /// The prompts that were asked most often, with the runs that have their
    /// answers, as far as those are still in the history.
    ///
    /// # Errors
    /// When they could not be read.
    pub async fn most_used(&self, most: u32) -> Result<Vec<(CacheKey, Run)>> {
        self.forget_old().await?;
        let read = move |connection: &Connection| {
            let mut statement = connection.prepare_cached(
                "SELECT key, run_id FROM prompt_cache ORDER BY uses DESC, used_at DESC LIMIT ?1",
            )?;
            let rows = statement.query_map([most], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let mut found = Vec::new();
            for row in rows {
                let (key, run): (CacheKey, String) = row?;
                found.extend(run_of(connection, &run)?.map(|run| (key, run)));
            }
            Ok(found)
        };
        self.store.read(read).await
    }

    async fn forget_old(&self) -> Result<()> {
        let write = |connection: &Connection| {
            connection.execute(
                "DELETE FROM prompt_cache WHERE key NOT IN \
                 (SELECT key FROM prompt_cache ORDER BY used_at DESC LIMIT ?1)",
                [REMEMBERED],
            )?;
            Ok(())
        };
        self.store.write(write).await
    }
}
