//! Positions of runs, read from an index in their order, piece by piece.

use super::source::{Direction, Source};
use crate::Result;
use rusqlite::{CachedStatement, Connection, params_from_iter, types::Value};

/// Positions of the first piece: a page of usual length and one more.
const FIRST_PIECE: usize = 64;

/// Positions of the largest piece.
const LARGEST_PIECE: usize = 4096;

/// Of a piece this share is used, or the next ones are smaller.
const USED: usize = 8;

/// Positions of a search that are read in the time in which a search for them is
/// begun anew: the smallest piece of them.
const BEGUN: usize = 512;

/// Positions of a search that are read in the time in which one run's text is
/// looked through.
const ASKED: i64 = 30;

/// What a stream has at a key or behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The first key.
    At(i64),
    /// Nothing before this key.
    NotBefore(i64),
    /// Nothing.
    End,
}

/// The positions of one source.
pub struct Stream<'c> {
    connection: &'c Connection,
    statement: CachedStatement<'c>,
    source: Source,
    value: Option<Value>,
    direction: Direction,
    /// Keys that were read; those before `at` are behind.
    piece: Vec<i64>,
    at: usize,
    /// How often the piece had what was looked for.
    used: usize,
    size: usize,
    ended: bool,
    /// The last key that was asked for, and whether it is there.
    asked: Option<(i64, bool)>,
}

impl<'c> Stream<'c> {
    /// Opens it; nothing is read yet.
    pub fn open(connection: &'c Connection, source: &Source, direction: Direction) -> Result<Self> {
        Ok(Self {
            connection,
            statement: connection.prepare_cached(&source.sql(direction))?,
            source: source.clone(),
            value: source.value(),
            direction,
            piece: Vec::new(),
            at: 0,
            used: 0,
            size: FIRST_PIECE,
            ended: false,
            asked: None,
        })
    }

    /// What is at `least` or behind it. `least` never goes back.
    pub fn seek(&mut self, least: i64) -> Result<Found> {
        self.at += self.piece[self.at..].partition_point(|key| *key < least);
        if self.at == self.piece.len() && !self.ended {
            if self.is_far(least) {
                return self.ask(least);
            }
            self.read(least)?;
        }
        self.used += 1;
        Ok(self.piece.get(self.at).map_or(Found::End, |key| Found::At(*key)))
    }

    /// How near its positions stand, by the first ones, per microsecond; 0 when
    /// these are all.
    pub fn density(&self) -> f64 {
        match (self.piece.first(), self.piece.last()) {
            (Some(first), Some(last)) if !self.ended => {
                self.piece.len() as f64 / (*last as f64 - *first as f64).max(1.0)
            }
            _ => 0.0,
        }
    }

    fn is_text(&self) -> bool {
        matches!(self.source, Source::Text(_))
    }

    /// Whether so many of a search's positions would be read until `least` that
    /// looking through that one's text costs less.
    fn is_far(&self, least: i64) -> bool {
        let (Some(first), Some(last)) = (self.piece.first(), self.piece.last()) else {
            return false;
        };
        let from = self.asked.map_or(*last, |(key, _)| key.max(*last));
        let between = (last.saturating_sub(*first) / self.piece.len() as i64).max(1);
        self.is_text() && least.saturating_sub(from) / between > ASKED
    }

    fn ask(&mut self, key: i64) -> Result<Found> {
        let there = match (self.asked, &self.source) {
            (Some((asked, there)), _) if asked == key => there,
            (_, Source::Text(search)) => search.finds(self.connection, self.direction.key(key))?,
            _ => false,
        };
        self.asked = Some((key, there));
        Ok(if there { Found::At(key) } else { Found::NotBefore(key.saturating_add(1)) })
    }

    fn read(&mut self, least: i64) -> Result<()> {
        self.fit();
        let direction = self.direction;
        let from = Value::Integer(direction.key(least));
        let count = Value::Integer(self.size as i64);
        let parameters = [Some(from), Some(count), self.value.clone()];
        let mut rows = self.statement.query(params_from_iter(parameters.into_iter().flatten()))?;
        self.piece.clear();
        (self.at, self.used) = (0, 0);
        while let Some(row) = rows.next()? {
            self.piece.push(direction.key(row.get(0)?));
        }
        self.ended = self.piece.len() < self.size;
        Ok(())
    }

    /// Larger pieces while their positions are used, smaller ones while most
    /// are passed over.
    fn fit(&mut self) {
        if self.piece.is_empty() {
            return;
        }
        let size = if self.used < self.size.div_ceil(USED) {
            self.size / 4
        } else {
            (self.size * 4).min(LARGEST_PIECE)
        };
        self.size = size.max(if self.is_text() { BEGUN } else { 1 });
    }
}
