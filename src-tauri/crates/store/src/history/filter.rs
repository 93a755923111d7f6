//! A filter as conditions that indexes answer.

use super::{
    matches::Matches,
    source::{Column, Direction, Source},
    stream::Stream,
    test::Facts,
    text::{Search, Tokenizer},
};
use crate::{Result, value::word};
use nopenai_domain::{Error, RunFilter};
use rusqlite::{Connection, types::Value};
use std::sync::Arc;

/// The best rating.
const BEST_RATING: u8 = 5;

/// A filter, taken apart. A run meets it when each condition has a source that
/// holds the run's position, and the position is in the range.
#[derive(Clone)]
pub struct Conditions {
    /// All must be met, each by any of its sources.
    pub all: Vec<Vec<Source>>,
    /// The lowest and highest position, both included.
    pub range: (i64, i64),
}

impl Conditions {
    /// Takes `filter` apart.
    ///
    /// # Errors
    /// [`StoreError::Input`] for a rating out of range.
    pub fn of(
        filter: &RunFilter,
        tokenizer: &Arc<Tokenizer>,
        connection: &Connection,
    ) -> Result<Self> {
        let text = |value: &String| Value::Text(value.clone());
        let outcomes = filter.outcomes.iter().map(word).collect::<Result<Vec<_>>>()?;
        let mut all: Vec<Vec<Source>> = vec![
            sources(Column::Model, filter.models.iter().map(|model| text(&model.0))),
            sources(Column::Mode, filter.modes.iter().map(|mode| text(&mode.0))),
            sources(Column::Outcome, outcomes.iter().map(text)),
            sources(Column::Rating, ratings(filter.min_rating)?),
            distinct(filter.tags.iter().cloned().map(Source::Tag)),
        ];
        if let Some(search) = &filter.search
            && let Some(search) = Search::of(search, tokenizer, connection)?
        {
            all.push(vec![Source::Text(Arc::new(search))]);
        }
        all.retain(|sources| !sources.is_empty());
        Ok(Self { all, range: range(filter) })
    }

    /// The positions of the runs that meet them and are not deleted, in this
    /// direction, behind `after` or from the first on.
    pub fn matches<'c>(
        &self,
        connection: &'c Connection,
        direction: Direction,
        after: Option<i64>,
    ) -> Result<Matches<'c>> {
        let live = |sources: &Vec<Source>| !sources.iter().any(Source::holds_deleted);
        if self.all.iter().any(live) {
            return Matches::open(connection, &self.all, self.range, direction, after);
        }
        let mut all = self.all.clone();
        all.push(vec![Source::Live]);
        Matches::open(connection, &all, self.range, direction, after)
    }

    /// The positions of the runs that meet them, perhaps with deleted ones,
    /// ascending; no more than `most`.
    pub fn list(&self, connection: &Connection, most: usize) -> Result<Vec<i64>> {
        let direction = Direction::Ascending;
        if self.all.is_empty() {
            return self.matches(connection, direction, None)?.take(most);
        }
        Matches::open(connection, &self.all, self.range, direction, None)?.take(most)
    }

    /// What of them a row's facts answer: all but a search. Parameters are
    /// numbered from `first` on.
    pub fn facts(&self, first: usize) -> Facts {
        Facts::new(&self.all, self.range, first)
    }

    /// Whether every run meets them.
    pub fn always(&self) -> bool {
        self.all.is_empty() && self.range == (i64::MIN, i64::MAX)
    }

    /// The full-text search among them.
    pub fn search(&self) -> Option<&Arc<Search>> {
        self.all.iter().flatten().find_map(|source| match source {
            Source::Text(search) => Some(search),
            _ => None,
        })
    }

    /// Only the search, or only the others.
    pub fn of_search(&self, search: bool) -> Self {
        let text = |source: &Source| matches!(source, Source::Text(_));
        let chosen = |sources: &&Vec<Source>| sources.iter().any(text) == search;
        Self { all: self.all.iter().filter(chosen).cloned().collect(), range: self.range }
    }

    /// Takes out the condition on a column; gives its values.
    pub fn take(&mut self, column: Column) -> Option<Vec<Value>> {
        let of_column = |source: &Source| match source {
            Source::Column(other, value) if *other == column => Some(value.clone()),
            _ => None,
        };
        let at = self
            .all
            .iter()
            .position(|sources| sources.iter().any(|source| of_column(source).is_some()))?;
        Some(self.all.remove(at).iter().filter_map(of_column).collect())
    }

    /// Which share of all runs meets the rarest of them, by how near those stand
    /// that are first in the range; 1 when there are none.
    pub fn rarest(&self, connection: &Connection) -> Result<f64> {
        let direction = Direction::Descending;
        let density = |source: &Source| -> Result<f64> {
            let mut stream = Stream::open(connection, source, direction)?;
            stream.seek(direction.key(self.range.1))?;
            Ok(stream.density())
        };
        let all = density(&Source::Live)?;
        let mut rarest = 1.0_f64;
        for sources in &self.all {
            let dense: f64 = sources.iter().map(density).sum::<Result<f64>>()?;
            rarest = rarest.min(dense / all);
        }
        Ok(rarest)
    }
}

fn range(filter: &RunFilter) -> (i64, i64) {
    let lowest = filter.from.map_or(i64::MIN, |from| from.0);
    match filter.until {
        // Nothing is before the first moment there is.
        Some(until) => until.0.checked_sub(1).map_or((1, 0), |highest| (lowest, highest)),
        None => (lowest, i64::MAX),
    }
}

fn ratings(least: Option<u8>) -> Result<Vec<Value>> {
    match least {
        None => Ok(Vec::new()),
        Some(least) if (1..=BEST_RATING).contains(&least) => {
            Ok((least..=BEST_RATING).map(|rating| Value::Integer(rating.into())).collect())
        }
        Some(_) => Err(Error::invalid("min_rating", "A rating is 1 to 5.").into()),
    }
}

fn sources(column: Column, values: impl IntoIterator<Item = Value>) -> Vec<Source> {
    distinct(values.into_iter().map(|value| Source::Column(column, value)))
}

fn distinct(sources: impl Iterator<Item = Source>) -> Vec<Source> {
    let mut distinct: Vec<Source> = Vec::new();
    for source in sources {
        if !distinct.iter().any(|other| other.value() == source.value()) {
            distinct.push(source);
        }
    }
    distinct
}
