//! Runs: table `prompt_history` with its words and tags and, while a run is
//! under way, `answer_piece`.

mod arabic;
mod cursor;
mod deletion;
mod facet;
mod filter;
mod letters;
mod matches;
mod merged;
mod ordered;
#[cfg(test)]
mod plans;
mod row;
mod sort;
mod source;
mod stream;
mod test;
mod text;

pub use deletion::Deletions;
pub use text::Tokenizer;

use crate::{
    Result, Store, StoreError,
    value::{from_word, json},
};
use deletion::MARKED_AT_ONCE;
use filter::Conditions;
use nopenai_domain::{
    ContextUse, Deletion, Error, Page, PageRequest, Run, RunCount, RunFacets, RunFilter, RunId,
    RunQuery, RunSummary, Timestamp,
};
use ordered::Ordered;
use rusqlite::{Connection, params};
use source::Direction;
use std::{collections::BTreeSet, ops::ControlFlow, sync::Arc};

/// Counting ends here.
const MAX_COUNT: u64 = 10_000;

/// The most tags of a run, and the longest one in characters.
const MAX_TAGS: usize = 16;
const MAX_TAG: usize = 40;

/// The runs of a [`Store`].
#[derive(Clone)]
pub struct History {
    store: Store,
}

impl History {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Records that `run` has started.
    ///
    /// # Errors
    /// When it could not be written: nothing should be computed then.
    pub async fn start(&self, run: Run) -> Result<()> {
        self.store.write(move |connection| row::insert(connection, &run)).await
    }

    /// Appends a piece to the answer of a run under way, without waiting.
    /// A failure is logged only: [`History::finish`] writes the whole answer.
    pub fn append(&self, run: RunId, sequence: u64, text: String) {
        self.store.write_later(
            move |connection| {
                connection
                    .prepare_cached("INSERT INTO answer_piece VALUES (?1, ?2, ?3)")?
                    .execute(params![run.to_string(), sequence as i64, text])?;
                Ok(())
            },
            move |result| {
                if let Err(error) = result {
                    tracing::warn!(%run, %error, "a piece of an answer was not stored");
                }
            },
        );
    }

    /// Records what was left out of the conversation of a run under way, without
    /// waiting. A failure is logged only: [`History::finish`] writes it again.
    pub fn note_context(&self, run: RunId, context: ContextUse) {
        self.store.write_later(
            move |connection| {
                connection
                    .prepare_cached("UPDATE prompt_history SET context = ?2 WHERE id = ?1")?
                    .execute(params![run.to_string(), json(&context)?])?;
                Ok(())
            },
            move |result| {
                if let Err(error) = result {
                    tracing::warn!(%run, %error, "what was left out of a run was not stored");
                }
            },
        );
    }

    /// Records how `run` ended, in place of what was recorded at its start,
    /// and makes its words findable. Rating and tags stay as they are.
    ///
    /// # Errors
    /// When it could not be written; the pieces are still there then.
    pub async fn finish(&self, run: Run) -> Result<()> {
        self.store.write(move |connection| row::complete(connection, &run)).await
    }

    /// One page of the runs of `query`, in its order.
    ///
    /// Runs stand by their position: the microsecond they started, or the next
    /// one that was free; so do the filter's times. Every order and every
    /// filter is followed along an index, and a page costs the same wherever it
    /// is. Two kinds cost time that grows with the history: a search sorted by
    /// something else than time reads every run that it finds, and filters that
    /// many runs meet each, but few together, are read through.
    ///
    /// # Errors
    /// [`StoreError::Cursor`] for a cursor of another order, or none of ours;
    /// [`StoreError::Input`] for a limit or rating out of range.
    pub async fn page(&self, query: RunQuery, request: PageRequest) -> Result<Page<RunSummary>> {
        request.validate()?;
        let after = request.after.as_deref().map(|text| cursor::read(&query, text)).transpose()?;
        let limit = request.limit as usize;
        self.read(query.filter.clone(), move |connection, conditions| {
            let mut ordered = Ordered::open(connection, &query, conditions, after)?;
            let mut places = Vec::with_capacity(limit + 1);
            // One place more than asked for tells whether there is a following page.
            while places.len() <= limit
                && let Some(place) = ordered.next()?
            {
                places.push(place);
            }
            let more = places.len() > limit;
            places.truncate(limit);
            let next = places.last().filter(|_| more).map(|place| cursor::write(&query, *place));
            let positions: Vec<i64> = places.iter().map(|place| place.position).collect();
            let items = row::summaries(connection, &positions)?;
            Ok(Page { items, next })
        })
        .await
    }

    /// One run, whole.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get(&self, run: RunId) -> Result<Run> {
        self.store.read(move |connection| row::by_id(connection, run)).await
    }

    /// How many runs meet `filter`, counted up to 10,000.
    ///
    /// # Errors
    /// [`StoreError::Input`] for a rating out of range.
    pub async fn count(&self, filter: RunFilter) -> Result<RunCount> {
        self.read(filter, |connection, conditions| {
            let mut count = 0;
            let mut matches = conditions.matches(connection, Direction::Descending, None)?;
            while matches.next()?.is_some() {
                if count == MAX_COUNT {
                    return Ok(RunCount { count, at_least: true });
                }
                count += 1;
            }
            Ok(RunCount { count, at_least: false })
        })
        .await
    }

    /// What the filters can choose from.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn facets(&self) -> Result<RunFacets> {
        self.read(RunFilter::default(), |connection, _| facet::all(connection)).await
    }

    /// Sets a run's rating, 1 to 5, or takes it away.
    ///
    /// # Errors
    /// [`StoreError::Input`] for another rating, [`StoreError::NotFound`].
    pub async fn rate(&self, run: RunId, rating: Option<u8>) -> Result<()> {
        if rating.is_some_and(|rating| !(1..=5).contains(&rating)) {
            return Err(Error::invalid("rating", "A rating is 1 to 5.").into());
        }
        self.change(run, "rating", rating).await
    }

    /// Sets a run's tags in place of those it had, trimmed, each once, sorted.
    ///
    /// # Errors
    /// [`StoreError::Input`] for a tag that is empty or longer than 40
    /// characters, and for more than 16 of them; [`StoreError::NotFound`].
    pub async fn tag(&self, run: RunId, tags: Vec<String>) -> Result<()> {
        let tags: BTreeSet<&str> = tags.iter().map(|tag| tag.trim()).collect();
        if tags.iter().any(|tag| !(1..=MAX_TAG).contains(&tag.chars().count())) {
            return Err(Error::invalid("tags", "A tag has 1 to 40 characters.").into());
        }
        if tags.len() > MAX_TAGS {
            return Err(Error::invalid("tags", "A run has at most 16 tags.").into());
        }
        self.change(run, "tags", json(&tags)?).await
    }

    async fn change<V>(&self, run: RunId, column: &'static str, value: V) -> Result<()>
    where
        V: rusqlite::ToSql + Send + 'static,
    {
        let write = move |connection: &Connection| {
            let changed = connection
                .prepare_cached(&format!(
                    "UPDATE prompt_history SET {column} = ?2 WHERE id = ?1 AND deletion IS NULL"
                ))?
                .execute(params![run.to_string(), value])?;
            if changed == 1 { Ok(()) } else { Err(row::not_found(run)) }
        };
        self.store.write(write).await
    }

    /// Takes runs out of the history. They are kept until the next
    /// [`Store::open`], so that [`History::restore`] can undo it. Runs under
    /// way, and those that are not there (any more), are passed over.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn delete(&self, runs: Vec<RunId>) -> Result<Deletion> {
        let deletion = self.store.new_deletion();
        let mut deleted = 0;
        for some in runs.chunks(MARKED_AT_ONCE) {
            let some = some.to_vec();
            let marked =
                self.store.write(move |connection| deletion::mark(connection, &some, deletion));
            deleted += self.or_undo(marked.await, deletion).await?;
        }
        Ok(Deletion { deletion, runs: deleted })
    }

    /// Takes the runs that meet `filter` out of the history, as
    /// [`History::delete`] does. Many are taken in several steps: what ends the
    /// application between them leaves the rest in the history.
    ///
    /// # Errors
    /// [`StoreError::Input`] for a rating out of range; when it could not be
    /// written, with everything as it was, if that could be.
    pub async fn delete_matching(&self, filter: RunFilter) -> Result<Deletion> {
        let conditions = self.read(filter, |_, conditions| Ok(conditions)).await?;
        let deletion = self.store.new_deletion();
        let conditions = Arc::new(conditions);
        let (mut runs, mut after) = (0, None);
        loop {
            let conditions = conditions.clone();
            let marked = self.store.write(move |connection| {
                deletion::mark_matching(connection, &conditions, after, deletion)
            });
            let (marked, last) = self.or_undo(marked.await, deletion).await?;
            runs += marked;
            match last {
                Some(_) => after = last,
                None => return Ok(Deletion { deletion, runs }),
            }
        }
    }

    async fn or_undo<T>(&self, result: Result<T>, deletion: Timestamp) -> Result<T> {
        if result.is_err()
            && let Err(error) = self.restore(deletion).await
        {
            tracing::warn!(%error, "a deletion that failed could not be undone");
        }
        result
    }

    /// Undoes a deletion of this process; gives how many runs are back. None
    /// are when there is no such deletion, or it is undone already.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn restore(&self, deletion: Timestamp) -> Result<u64> {
        if !self.store.inner.deletions.undoable(deletion) {
            return Ok(0);
        }
        let mut restored = 0;
        loop {
            let some =
                self.store.write(move |connection| deletion::unmark(connection, deletion)).await?;
            restored += some;
            if some < MARKED_AT_ONCE as u64 {
                return Ok(restored);
            }
        }
    }

    /// Hands every run of `query` to `each`, whole and in order, until it
    /// breaks off; gives how many it was handed. All are as they were at one
    /// moment, and one is in memory at a time (and, sorted by a measure, the
    /// positions of those that match: 8 bytes each).
    ///
    /// # Errors
    /// When they could not be read; some were handed over then.
    pub async fn export(
        &self,
        query: RunQuery,
        mut each: impl FnMut(Run) -> ControlFlow<()> + Send + 'static,
    ) -> Result<u64> {
        self.read(query.filter.clone(), move |connection, conditions| {
            let mut ordered = Ordered::open(connection, &query, conditions, None)?;
            let mut handed = 0;
            while let Some(place) = ordered.next()? {
                handed += 1;
                if each(row::at(connection, place.position)?).is_break() {
                    break;
                }
            }
            Ok(handed)
        })
        .await
    }

    /// Reads with a filter taken apart, everything at one moment.
    async fn read<T, F>(&self, filter: RunFilter, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, Conditions) -> Result<T> + Send + 'static,
    {
        let inner = self.store.inner.clone();
        self.store
            .read(move |connection| {
                let snapshot = connection.unchecked_transaction()?;
                let conditions = Conditions::of(&filter, &inner.tokenizer, &snapshot)?;
                work(&snapshot, conditions)
            })
            .await
    }
}

/// The run of an identifier; `None` when it is not there (any more).
pub(crate) fn run_of(connection: &Connection, run: &str) -> Result<Option<Run>> {
    match row::by_id(connection, from_word(run)?) {
        Err(StoreError::NotFound(_)) => Ok(None),
        found => found.map(Some),
    }
}

/// Closes what an earlier process left: its runs under way become interrupted
/// ones with the answer as far as it came.
pub fn recover(connection: &mut Connection) -> Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(
        "UPDATE prompt_history SET outcome = 'interrupted', answer = coalesce(
             (SELECT group_concat(text, '') FROM
                 (SELECT text FROM answer_piece WHERE run_id = id ORDER BY sequence)), '')
         WHERE outcome = 'running' AND deletion IS NULL;
         DELETE FROM answer_piece;",
    )?;
    transaction.commit()?;
    Ok(())
}
