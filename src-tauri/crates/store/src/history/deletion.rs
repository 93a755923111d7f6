//! Deletion in two steps: marked, so that it can be undone, and removed after
//! the next start.

use super::{filter::Conditions, source::Direction};
use crate::Result;
use nopenai_domain::{Clock, RunId, Timestamp};
use rusqlite::{Connection, params};
use std::sync::atomic::{AtomicI64, Ordering};

/// Runs marked or restored by one write: others wait no longer than that.
pub const MARKED_AT_ONCE: usize = 500;

/// Runs removed by one write: each takes its words out of the index.
const REMOVED_AT_ONCE: u32 = 50;

/// Names of deletions.
pub struct Deletions {
    /// The last name an earlier process gave: what it marked is being removed.
    earlier: i64,
    last: AtomicI64,
}

impl Deletions {
    /// Goes on from the names in the database.
    pub fn of(connection: &Connection) -> Result<Self> {
        let last: Option<i64> =
            connection
                .query_row("SELECT max(deletion) FROM prompt_history", [], |row| row.get(0))?;
        let earlier = last.unwrap_or(i64::MIN);
        Ok(Self { earlier, last: AtomicI64::new(earlier) })
    }

    /// The present moment, or later: no name is given twice.
    pub fn name(&self, clock: &dyn Clock) -> Timestamp {
        let now = clock.now().0;
        let later = |last: i64| Some(now.max(last.saturating_add(1)));
        // The closure always gives a value.
        let last = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, later);
        Timestamp(later(last.unwrap_or_else(|last| last)).unwrap_or(now))
    }

    /// Whether `deletion` can still be undone.
    pub fn undoable(&self, deletion: Timestamp) -> bool {
        deletion.0 > self.earlier
    }

    /// What the writer does while nothing else is to do: removes what an
    /// earlier process marked. Gives whether there is more.
    pub fn removal(&self) -> impl FnMut(&Connection) -> Result<bool> + Send + 'static {
        let earlier = self.earlier;
        move |connection| {
            let removed = connection.execute(
                "DELETE FROM prompt_history WHERE position IN \
                 (SELECT position FROM prompt_history WHERE deletion <= ?1 LIMIT ?2)",
                params![earlier, REMOVED_AT_ONCE],
            )?;
            Ok(removed > 0)
        }
    }
}

/// Marks runs; those under way, and those marked before, are passed over.
pub fn mark(connection: &Connection, runs: &[RunId], deletion: Timestamp) -> Result<u64> {
    let mut statement = connection.prepare_cached(
        "UPDATE prompt_history SET deletion = ?2 \
         WHERE id = ?1 AND deletion IS NULL AND outcome <> 'running'",
    )?;
    let mut marked = 0;
    for run in runs {
        marked += statement.execute(params![run.to_string(), deletion.0])? as u64;
    }
    Ok(marked)
}

/// Marks the next runs that meet `conditions` behind the position `after`.
/// Gives how many, and the last position looked at, none at the end.
pub fn mark_matching(
    connection: &Connection,
    conditions: &Conditions,
    after: Option<i64>,
    deletion: Timestamp,
) -> Result<(u64, Option<i64>)> {
    let direction = Direction::Descending;
    let positions = conditions.matches(connection, direction, after)?.take(MARKED_AT_ONCE)?;
    let mut statement = connection.prepare_cached(
        "UPDATE prompt_history SET deletion = ?2 WHERE position = ?1 AND outcome <> 'running'",
    )?;
    let mut marked = 0;
    for position in &positions {
        marked += statement.execute(params![position, deletion.0])? as u64;
    }
    let more = positions.len() == MARKED_AT_ONCE;
    Ok((marked, positions.last().copied().filter(|_| more)))
}

/// Takes the mark off the next runs that bear it.
pub fn unmark(connection: &Connection, deletion: Timestamp) -> Result<u64> {
    let restored = connection.execute(
        "UPDATE prompt_history SET deletion = NULL WHERE position IN \
         (SELECT position FROM prompt_history WHERE deletion = ?1 LIMIT ?2)",
        params![deletion.0, MARKED_AT_ONCE as i64],
    )?;
    Ok(restored as u64)
}
