//! Runs in the order of a measure: values along its index, runs without one
//! last, equal values by position.

use super::{
    source::{Direction, Source},
    test::Facts,
};
use crate::Result;
use nopenai_domain::RunSort;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, types::Value};
use std::cmp::Ordering;

/// Where a run stands in an order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// What it is sorted by; none in the order of time, and without a value.
    pub value: Option<f64>,
    /// Its position.
    pub position: i64,
}

impl Place {
    /// Which of two places comes first; those without a value come last.
    pub fn compare(&self, other: &Self, direction: Direction) -> Ordering {
        let positions = direction.key(self.position).cmp(&direction.key(other.position));
        match (self.value, other.value) {
            (Some(a), Some(b)) => {
                let values = a.total_cmp(&b);
                let values =
                    if direction == Direction::Ascending { values } else { values.reverse() };
                values.then(positions)
            }
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => positions,
        }
    }
}

/// A column runs are sorted by, and in which direction.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    column: &'static str,
    direction: Direction,
}

/// Places by position. The statement is prepared once: to find it again among
/// all there are takes longer than to read a row.
pub struct Places<'c> {
    statement: CachedStatement<'c>,
}

impl Places<'_> {
    /// The place of a run with a value that is not deleted.
    pub fn at(&mut self, position: i64) -> Result<Option<Place>> {
        let value =
            self.statement.query_row([position], |row| row.get::<_, Option<f64>>(0)).optional()?;
        Ok(value.flatten().map(|value| Place { value: Some(value), position }))
    }
}

/// A part of an order that one range of the index holds.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// Every run with a value.
    Every,
    /// Those with this value, from this position on.
    Equal(f64, i64),
    /// Those with a value behind this one.
    Behind(f64),
}

/// The number of the first parameter of the facts.
pub const FIRST_VALUE: usize = 5;

impl Measure {
    /// The column of `sort`; none for time, which is the position itself.
    pub fn of(sort: RunSort, direction: Direction) -> Option<Self> {
        let column = match sort {
            RunSort::Time => return None,
            RunSort::TotalMs => "total_ms",
            RunSort::TtftMs => "ttft_ms",
            RunSort::TokensPerS => "tokens_per_s",
            RunSort::TokensOut => "tokens_out",
            RunSort::Rating => "rating",
        };
        Some(Self { column, direction })
    }

    /// Whether its index holds each model's runs for themselves.
    pub fn stands_by_model(self) -> bool {
        !self.is_rating()
    }

    /// Whether it is the rating, which can be filtered by as well.
    pub fn is_rating(self) -> bool {
        self.column == "rating"
    }

    /// In which direction.
    pub fn direction(self) -> Direction {
        self.direction
    }

    /// The runs without a value, of each model where the index stands so.
    pub fn without(self, models: &[Option<String>]) -> Vec<Source> {
        models.iter().map(|model| Source::Without(self.column, model.clone())).collect()
    }

    /// At most `count` places with a value behind `after`, or from the first
    /// on, of a model where the index stands so; and whether `facts`, with
    /// parameters from the fifth on, holds for each.
    pub fn behind(
        self,
        connection: &Connection,
        model: Option<&str>,
        after: Option<Place>,
        count: usize,
        facts: Option<&Facts>,
    ) -> Result<Vec<(Place, bool)>> {
        let parts = match after {
            Some(Place { value: Some(value), position }) => [
                self.direction.behind(position).map(|next| Part::Equal(value, next)),
                Some(Part::Behind(value)),
            ],
            _ => [Some(Part::Every), None],
        };
        let mut places = Vec::new();
        for part in parts.into_iter().flatten() {
            if places.len() < count {
                let count = count - places.len();
                self.read(connection, model, part, count, facts, &mut places)?;
            }
        }
        Ok(places)
    }

    /// Looks places up, one after the other.
    pub fn places(self, connection: &Connection) -> Result<Places<'_>> {
        Ok(Places { statement: connection.prepare_cached(&self.place_sql())? })
    }

    /// The places with a value within a range of positions, in no order; no
    /// more than `most`. A fifth of what looking each of them up takes.
    pub fn within(
        self,
        connection: &Connection,
        (first, last): (i64, i64),
        most: usize,
    ) -> Result<Vec<Place>> {
        let place = |row: &Row<'_>| Ok(Place { position: row.get(0)?, value: Some(row.get(1)?) });
        let mut statement = connection.prepare_cached(&self.within_sql())?;
        let places = statement.query_map((first, last, most as i64), place)?;
        Ok(places.collect::<Result<_, _>>()?)
    }

    fn within_sql(self) -> String {
        format!(
            "SELECT position, {0} FROM prompt_history INDEXED BY prompt_history_facts \
             WHERE deletion IS NULL AND position BETWEEN ?1 AND ?2 AND {0} IS NOT NULL LIMIT ?3",
            self.column
        )
    }

    fn place_sql(self) -> String {
        format!(
            "SELECT {} FROM prompt_history INDEXED BY prompt_history_facts \
             WHERE deletion IS NULL AND position = ?1",
            self.column
        )
    }

    fn read(
        self,
        connection: &Connection,
        model: Option<&str>,
        part: Part,
        count: usize,
        facts: Option<&Facts>,
        places: &mut Vec<(Place, bool)>,
    ) -> Result<()> {
        let sql = self.sql(model.is_some(), part, facts);
        let mut statement = connection.prepare_cached(&sql)?;
        let (value, position) = match part {
            Part::Every => (None, None),
            Part::Equal(value, position) => (Some(value), Some(position)),
            Part::Behind(value) => (Some(value), None),
        };
        let values = [
            Some(Value::Integer(count as i64)),
            model.map(|model| Value::Text(model.to_owned())),
            value.map(Value::Real),
            position.map(Value::Integer),
        ];
        for (index, value) in values.into_iter().enumerate() {
            // A statement without facts has as many parameters as it needs.
            if index < statement.parameter_count() {
                statement.raw_bind_parameter(index + 1, value)?;
            }
        }
        for (index, value) in facts.map(Facts::values).unwrap_or_default().iter().enumerate() {
            statement.raw_bind_parameter(FIRST_VALUE + index, value)?;
        }
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let place = Place { position: row.get(0)?, value: row.get(1)? };
            places.push((place, row.get(2)?));
        }
        Ok(())
    }

    /// Parameters: ?1 how many, ?2 the model, ?3 and ?4 where the part begins,
    /// then those of the facts.
    fn sql(self, of_model: bool, part: Part, facts: Option<&Facts>) -> String {
        let Self { column, direction } = self;
        let (from, order) = direction.words();
        let behind = from.trim_end_matches('=');
        let model = if of_model { "model_id = ?2 AND " } else { "" };
        let condition = match part {
            Part::Every => format!("{column} IS NOT NULL"),
            Part::Equal(..) => format!("{column} = ?3 AND position {from} ?4"),
            Part::Behind(_) => format!("{column} {behind} ?3"),
        };
        let holds = facts.map_or_else(|| "TRUE".to_owned(), |facts| facts.sql("place.position"));
        format!(
            "SELECT place.position, place.value, {holds} FROM (\
             SELECT position, {column} AS value FROM prompt_history \
             INDEXED BY prompt_history_by_{column} \
             WHERE deletion IS NULL AND {model}{condition} \
             ORDER BY {column} {order}, position {order} LIMIT ?1) AS place"
        )
    }

    /// Every statement it reads its index with.
    #[cfg(test)]
    pub fn statements(self) -> Vec<String> {
        let parts = [Part::Every, Part::Equal(0.0, 0), Part::Behind(0.0)];
        let facts = Facts::new(&[], (0, 0), FIRST_VALUE);
        let mut statements = vec![self.place_sql(), self.within_sql()];
        for part in parts {
            for facts in [None, Some(&facts)] {
                statements.push(self.sql(self.stands_by_model(), part, facts));
            }
        }
        statements
    }
}
