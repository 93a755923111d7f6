//! The runs of a query in its order, however it is best followed.

use super::{
    facet,
    filter::Conditions,
    matches::Matches,
    merged::{Members, Merged},
    sort::{FIRST_VALUE, Measure, Place},
    source::{Column, Direction},
    text::Search,
};
use crate::Result;
use nopenai_domain::RunQuery;
use rusqlite::{Connection, types::Value};
use std::{collections::VecDeque, sync::Arc};

/// A search that this share of all runs meets, or more, is asked of each run
/// passed; the runs that a rarer one finds are listed.
const FREQUENT: f64 = 0.08;

/// Several conditions of which one is met by no more than this share of all runs
/// are listed; a single one is in any case.
const RARE: f64 = 0.015;

/// Runs passed before it is looked whether the conditions are rare.
const PASSED_FIRST: usize = 400;

/// Runs passed before those that match are listed however many they are, and
/// those without a value taken out: what is left stands far behind.
const PASSED_AT_MOST: usize = 20_000;

/// Runs asked for a search in vain before those that it finds are listed.
const ASKED_AT_MOST: usize = 1_500;

/// At most so many are listed of those that are frequent, or may be.
const LISTED: usize = 60_000;

/// Of so many runs listed it is looked whether they have a value.
const SAMPLE: usize = 64;

/// Up to so many that are listed are looked up and sorted one by one: an index
/// would be walked along for longer.
const SORTED: usize = 4_000;

/// Up to so many within a range of time are read and sorted.
const SORTED_WITHIN: usize = 12_000;

/// As many are, once that walk has shown to be long.
const SORTED_LATE: usize = 20_000;

/// The places of a query, one after the other: runs with a value, then those
/// without one.
pub struct Ordered<'c> {
    valued: Option<Along<'c>>,
    /// By time: all. By a measure: those without a value.
    by_position: Option<Matches<'c>>,
}

impl<'c> Ordered<'c> {
    /// Follows `query` from the place behind `after`, or from its start. The
    /// time it takes grows with what the rarest condition holds or, by a
    /// measure, with the matching runs up to a bound; two frequent conditions
    /// that hardly meet are both read through.
    pub fn open(
        connection: &'c Connection,
        query: &RunQuery,
        mut conditions: Conditions,
        after: Option<Place>,
    ) -> Result<Self> {
        let direction = if query.ascending { Direction::Ascending } else { Direction::Descending };
        let Some(measure) = Measure::of(query.sort, direction) else {
            let after = after.map(|after| after.position);
            let by_position = Some(conditions.matches(connection, direction, after)?);
            return Ok(Self { valued: None, by_position });
        };
        let models = models(connection, measure, &mut conditions)?;
        let least = if measure.is_rating() { least_rating(&mut conditions) } else { None };
        let mut ordered = Self { valued: None, by_position: None };
        if after.is_none_or(|after| after.value.is_some()) {
            let along =
                Along::open(connection, measure, models.clone(), conditions.clone(), least, after)?;
            ordered.valued = Some(along);
        }
        // A run without a rating has none of at least so much.
        if least.is_none() && !models.is_empty() {
            conditions.all.push(measure.without(&models));
            let after = after.filter(|after| after.value.is_none()).map(|after| after.position);
            ordered.by_position = Some(conditions.matches(connection, direction, after)?);
        }
        Ok(ordered)
    }

    /// The next place.
    pub fn next(&mut self) -> Result<Option<Place>> {
        if let Some(valued) = &mut self.valued {
            if let Some(place) = valued.next()? {
                return Ok(Some(place));
            }
            self.valued = None;
        }
        let Some(by_position) = &mut self.by_position else { return Ok(None) };
        Ok(by_position.next()?.map(|position| Place { value: None, position }))
    }
}

/// The models whose parts of the measure's index are merged, in place of the
/// condition on them; one part of all where the index does not stand by model.
fn models(
    connection: &Connection,
    measure: Measure,
    conditions: &mut Conditions,
) -> Result<Vec<Option<String>>> {
    if !measure.stands_by_model() {
        return Ok(vec![None]);
    }
    let text = |value| match value {
        Value::Text(text) => Some(text),
        _ => None,
    };
    Ok(match conditions.take(Column::Model) {
        Some(models) => models.into_iter().filter_map(text).map(Some).collect(),
        None => facet::models(connection)?.into_iter().map(Some).collect(),
    })
}

/// The least rating, in place of the condition on it.
fn least_rating(conditions: &mut Conditions) -> Option<f64> {
    let ratings = conditions.take(Column::Rating)?;
    let number = |value| match value {
        Value::Integer(rating) => Some(rating as f64),
        _ => None,
    };
    ratings.into_iter().filter_map(number).reduce(f64::min)
}

/// A walk along a measure's index.
struct Along<'c> {
    connection: &'c Connection,
    measure: Measure,
    models: Vec<Option<String>>,
    conditions: Conditions,
    merged: Merged<'c>,
    /// All that is left, once that is few.
    sorted: Option<VecDeque<Place>>,
    /// Asked of each run that is otherwise a match.
    search: Option<Arc<Search>>,
    asked: usize,
    /// No value is less.
    least: Option<f64>,
    /// The last place passed.
    last: Option<Place>,
    passed: usize,
    listed: bool,
}

impl<'c> Along<'c> {
    fn open(
        connection: &'c Connection,
        measure: Measure,
        models: Vec<Option<String>>,
        conditions: Conditions,
        least: Option<f64>,
        after: Option<Place>,
    ) -> Result<Self> {
        let upwards = measure.direction() == Direction::Ascending;
        let before =
            least.filter(|_| upwards).map(|least| Place { value: Some(least), position: i64::MIN });
        let last = after.or(before);
        let search = conditions.search().cloned();
        let asked_for = conditions.of_search(false);
        let members = if asked_for.always() {
            Members::All
        } else {
            Members::Meeting(asked_for.facts(FIRST_VALUE))
        };
        let mut along = Self {
            connection,
            measure,
            merged: Merged::open(connection, measure, models.clone(), members, last),
            models,
            sorted: None,
            search: None,
            asked: 0,
            conditions,
            least,
            last,
            passed: 0,
            listed: false,
        };
        if let Some(search) = search {
            along.begin(search)?;
        }
        Ok(along)
    }

    /// Whether a search is asked of each run, or what it finds listed.
    fn begin(&mut self, search: Arc<Search>) -> Result<()> {
        let share = self.conditions.of_search(true).rarest(self.connection)?;
        if share < FREQUENT && self.list(LISTED)? {
            return Ok(());
        }
        self.search = Some(search);
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Place>> {
        loop {
            let (place, holds) = match &mut self.sorted {
                Some(sorted) => match sorted.pop_front() {
                    Some(place) => (place, true),
                    None => return Ok(None),
                },
                None => match self.merged.next()? {
                    Some(next) => next,
                    None => return Ok(None),
                },
            };
            if place.value < self.least {
                return Ok(None);
            }
            self.last = Some(place);
            if !holds {
                self.pass()?;
            } else if self.says(place)? {
                return Ok(Some(place));
            }
        }
    }

    /// Whether the search finds a run that is otherwise a match.
    fn says(&mut self, place: Place) -> Result<bool> {
        let Some(search) = &self.search else { return Ok(true) };
        if search.finds(self.connection, place.position)? {
            return Ok(true);
        }
        self.asked += 1;
        if self.asked == ASKED_AT_MOST {
            self.search = None;
            self.list(usize::MAX)?;
        }
        Ok(false)
    }

    /// Decides after some runs in vain whether to go on.
    fn pass(&mut self) -> Result<()> {
        self.passed += 1;
        if self.passed == PASSED_FIRST && !self.listed {
            let matching = self.matching();
            if matching.all.len() <= 1 || matching.rarest(self.connection)? < RARE {
                self.list_asked(LISTED)?;
            }
        }
        if self.passed == PASSED_AT_MOST {
            let positions = self.matching().list(self.connection, usize::MAX)?;
            self.follow(positions, SORTED_LATE)?;
        }
        Ok(())
    }

    /// Lists what matches, search and all, unless that is more than `most`;
    /// whether it did.
    fn list(&mut self, most: usize) -> Result<bool> {
        let positions = self.conditions.list(self.connection, most)?;
        if positions.len() < most { self.follow(positions, SORTED) } else { Ok(false) }
    }

    /// Lists what matches but for the search that is asked of each.
    fn list_asked(&mut self, most: usize) -> Result<bool> {
        let matching = self.matching();
        if matching.all.is_empty() {
            let places = self.measure.within(self.connection, matching.range, SORTED_WITHIN)?;
            self.listed = places.len() < SORTED_WITHIN;
            if self.listed {
                self.sort(places);
            }
            return Ok(self.listed);
        }
        let positions = matching.list(self.connection, most)?;
        if positions.len() < most { self.follow(positions, SORTED) } else { Ok(false) }
    }

    /// What a run has to meet before the search is asked of it.
    fn matching(&self) -> Conditions {
        match self.search {
            Some(_) => self.conditions.of_search(false),
            None => self.conditions.clone(),
        }
    }

    /// Goes on with the runs listed: few are sorted at once.
    fn follow(&mut self, mut positions: Vec<i64>, few: usize) -> Result<bool> {
        self.listed = true;
        if positions.len() > few && !self.mostly_valued(&positions)? {
            self.take_out_valueless(&mut positions)?;
        }
        if positions.len() > few {
            self.merged.set_listed(positions);
            return Ok(true);
        }
        let mut places = Vec::with_capacity(positions.len());
        let mut looked_up = self.measure.places(self.connection)?;
        for position in positions {
            places.extend(looked_up.at(position)?);
        }
        self.sort(places);
        Ok(true)
    }

    /// Goes on with these places, as far as they were not passed.
    fn sort(&mut self, mut places: Vec<Place>) {
        let direction = self.measure.direction();
        let is_behind =
            |place: &Place| self.last.is_none_or(|last| last.compare(place, direction).is_lt());
        places.retain(is_behind);
        places.sort_unstable_by(|a, b| a.compare(b, direction));
        self.sorted = Some(places.into());
    }

    /// Whether runs listed have a value, by some of them: failed ones have not.
    fn mostly_valued(&self, positions: &[i64]) -> Result<bool> {
        let mut valued = 0;
        let mut looked_up = self.measure.places(self.connection)?;
        for position in positions.iter().step_by(positions.len() / SAMPLE + 1) {
            valued += usize::from(looked_up.at(*position)?.is_some());
        }
        Ok(valued * 8 > SAMPLE)
    }

    fn take_out_valueless(&self, positions: &mut Vec<i64>) -> Result<()> {
        let without = Conditions {
            all: vec![self.measure.without(&self.models)],
            range: self.conditions.range,
        };
        let without = without.list(self.connection, usize::MAX)?;
        let mut without = without.into_iter().peekable();
        positions.retain(|position| {
            while without.next_if(|other| other < position).is_some() {}
            without.next_if_eq(position).is_none()
        });
        Ok(())
    }
}
