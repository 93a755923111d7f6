//! The runs that meet several conditions.

use super::{
    source::{Direction, Source},
    stream::{Found, Stream},
    test::Test,
};
use crate::Result;
use rusqlite::Connection;

/// A condition that so many times more runs meet than the rarest one is not
/// followed, but asked for each run.
const FREQUENT: f64 = 4.0;

/// The positions of runs that meet every condition: each condition is met by
/// any of its sources. The rare conditions are followed together, each skipping
/// to where the furthest stands; the frequent ones are asked for what is left.
pub struct Matches<'c> {
    followed: Vec<Vec<Stream<'c>>>,
    asked: Option<Test<'c>>,
    direction: Direction,
    /// The least key that may come next; none at the end.
    next: Option<i64>,
    /// The last key.
    last: i64,
}

impl<'c> Matches<'c> {
    /// Follows `conditions`, at least one, between the positions `lowest` and
    /// `highest`, behind `after` or from the first on.
    pub fn open(
        connection: &'c Connection,
        conditions: &[Vec<Source>],
        (lowest, highest): (i64, i64),
        direction: Direction,
        after: Option<i64>,
    ) -> Result<Self> {
        let keys = (direction.key(lowest), direction.key(highest));
        let (first, last) = (keys.0.min(keys.1), keys.0.max(keys.1));
        let next = match after {
            Some(after) => direction.key(after).checked_add(1).map(|next| next.max(first)),
            None => Some(first),
        };
        let next = next.filter(|_| lowest <= highest);
        let mut matches = Self { followed: Vec::new(), asked: None, direction, next, last };
        if let Some(first) = next {
            matches.choose(connection, conditions, first)?;
        }
        Ok(matches)
    }

    /// Decides by what comes first which conditions are followed.
    fn choose(
        &mut self,
        connection: &'c Connection,
        conditions: &[Vec<Source>],
        first: i64,
    ) -> Result<()> {
        let mut opened = Vec::new();
        for sources in conditions {
            let mut streams = sources
                .iter()
                .map(|source| Stream::open(connection, source, self.direction))
                .collect::<Result<Vec<_>>>()?;
            seek(&mut streams, first)?;
            let density: f64 = streams.iter().map(Stream::density).sum();
            opened.push((sources, streams, density));
        }
        let rarest = opened.iter().map(|(_, _, density)| *density).fold(f64::INFINITY, f64::min);
        let mut asked = Vec::new();
        for (sources, streams, density) in opened {
            let text = sources.iter().any(|source| matches!(source, Source::Text(_)));
            if density > rarest * FREQUENT && !text {
                asked.push(sources.clone());
            } else {
                self.followed.push(streams);
            }
        }
        if !asked.is_empty() {
            self.asked = Some(Test::new(connection, &asked)?);
        }
        Ok(())
    }

    /// The next position.
    pub fn next(&mut self) -> Result<Option<i64>> {
        while let Some(position) = self.next_followed()? {
            let passes = match &mut self.asked {
                Some(test) => test.passes(position)?,
                None => true,
            };
            if passes {
                return Ok(Some(position));
            }
        }
        Ok(None)
    }

    fn next_followed(&mut self) -> Result<Option<i64>> {
        let Some(mut candidate) = self.next else { return Ok(None) };
        self.next = None;
        // Round and round, until as many in a row agree as there are.
        let all = self.followed.len();
        let (mut agreed, mut turn) = (0, 0);
        while agreed < all {
            match seek(&mut self.followed[turn % all], candidate)? {
                Found::At(key) if key == candidate => agreed += 1,
                Found::At(key) if key <= self.last => (candidate, agreed) = (key, 1),
                Found::NotBefore(key) if key <= self.last => (candidate, agreed) = (key, 0),
                _ => return Ok(None),
            }
            turn += 1;
        }
        if candidate > self.last {
            return Ok(None);
        }
        self.next = candidate.checked_add(1);
        Ok(Some(self.direction.key(candidate)))
    }

    /// The next positions, at most so many.
    pub fn take(&mut self, count: usize) -> Result<Vec<i64>> {
        std::iter::from_fn(|| self.next().transpose()).take(count).collect()
    }
}

/// The first key of several streams.
fn seek(condition: &mut [Stream<'_>], least: i64) -> Result<Found> {
    let mut first = Found::End;
    for stream in condition {
        first = match (first, stream.seek(least)?) {
            (Found::End, found) | (found, Found::End) => found,
            (Found::At(a), Found::At(b)) => Found::At(a.min(b)),
            (Found::NotBefore(a), Found::NotBefore(b)) => Found::NotBefore(a.min(b)),
            (Found::At(at), Found::NotBefore(bound)) | (Found::NotBefore(bound), Found::At(at)) => {
                if at <= bound {
                    Found::At(at)
                } else {
                    Found::NotBefore(bound)
                }
            }
        };
    }
    Ok(first)
}
