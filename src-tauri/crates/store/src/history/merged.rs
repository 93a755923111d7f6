//! The runs of several models in the order of a measure, merged from where its
//! index holds each of them.

use super::{
    sort::{Measure, Place},
    test::Facts,
};
use crate::Result;
use rusqlite::Connection;
use std::collections::VecDeque;

/// Places read from the index at once: first, of all models together, and at
/// most.
const FIRST_PIECE: usize = 64;
const LEAST_PIECE: usize = 8;
const LARGEST_PIECE: usize = 2048;

/// What is known of the runs that are passed.
pub enum Members {
    /// All match.
    All,
    /// Those at these positions, ascending.
    Listed(Vec<i64>),
    /// Those with these facts.
    Meeting(Facts),
}

impl Members {
    fn facts(&self) -> Option<&Facts> {
        match self {
            Self::Meeting(facts) => Some(facts),
            _ => None,
        }
    }

    fn hold(&self, place: Place, meets: bool) -> bool {
        match self {
            Self::All => true,
            Self::Listed(positions) => positions.binary_search(&place.position).is_ok(),
            Self::Meeting(_) => meets,
        }
    }
}

/// The places with a value, one after the other.
pub struct Merged<'c> {
    connection: &'c Connection,
    measure: Measure,
    members: Members,
    models: Vec<OfModel>,
}

struct OfModel {
    model: Option<String>,
    /// The last place that was read.
    last: Option<Place>,
    piece: VecDeque<(Place, bool)>,
    size: usize,
    /// Whether nothing is to be read behind the piece.
    ended: bool,
}

impl<'c> Merged<'c> {
    /// From behind `after`, or from the first on.
    pub fn open(
        connection: &'c Connection,
        measure: Measure,
        models: Vec<Option<String>>,
        members: Members,
        after: Option<Place>,
    ) -> Self {
        let size = (FIRST_PIECE / models.len().max(1)).max(LEAST_PIECE);
        let of_model =
            |model| OfModel { model, last: after, piece: VecDeque::new(), size, ended: false };
        let models = models.into_iter().map(of_model).collect();
        Self { connection, measure, members, models }
    }

    /// The next place, and whether it is one of the members.
    pub fn next(&mut self) -> Result<Option<(Place, bool)>> {
        let direction = self.measure.direction();
        let mut first: Option<(usize, Place)> = None;
        for (index, model) in self.models.iter_mut().enumerate() {
            if model.piece.is_empty() {
                model.read(self.connection, self.measure, &self.members)?;
            }
            if let Some((place, _)) = model.piece.front()
                && first.is_none_or(|(_, first)| place.compare(&first, direction).is_lt())
            {
                first = Some((index, *place));
            }
        }
        Ok(first.and_then(|(index, _)| self.models[index].piece.pop_front()))
    }

    /// Goes on with these members, of what is read already too.
    pub fn set_listed(&mut self, positions: Vec<i64>) {
        self.members = Members::Listed(positions);
        for (place, holds) in self.models.iter_mut().flat_map(|model| &mut model.piece) {
            *holds = self.members.hold(*place, false);
        }
    }
}

impl OfModel {
    fn read(&mut self, connection: &Connection, measure: Measure, members: &Members) -> Result<()> {
        if self.ended {
            return Ok(());
        }
        let model = self.model.as_deref();
        let places = measure.behind(connection, model, self.last, self.size, members.facts())?;
        self.ended = places.len() < self.size;
        self.size = (self.size * 4).min(LARGEST_PIECE);
        self.last = places.last().map(|(place, _)| *place).or(self.last);
        self.piece =
            places.into_iter().map(|(place, meets)| (place, members.hold(place, meets))).collect();
        Ok(())
    }
}
