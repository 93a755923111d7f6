//! Conditions that an index answers, each in SQL.

use super::text::Search;
use rusqlite::types::Value;
use std::sync::Arc;

/// In which order positions are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Oldest first.
    Ascending,
    /// Newest first.
    Descending,
}

impl Direction {
    /// A position as a key that grows in this direction, and back.
    pub fn key(self, position: i64) -> i64 {
        match self {
            Self::Ascending => position,
            Self::Descending => !position,
        }
    }

    /// The position right behind another; none behind the last.
    pub fn behind(self, position: i64) -> Option<i64> {
        self.key(position).checked_add(1).map(|key| self.key(key))
    }

    /// "At this position or behind it", and the order.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Ascending => (">=", "ASC"),
            Self::Descending => ("<=", "DESC"),
        }
    }
}

/// One condition that an index answers.
#[derive(Clone)]
pub enum Source {
    /// Not deleted.
    Live,
    /// A column of the runs, and its value; not deleted.
    Column(Column, Value),
    /// Without a value in this column, one that runs are sorted by, and of this
    /// model where the column's index stands by model; not deleted.
    Without(&'static str, Option<String>),
    /// Bears this tag; perhaps deleted.
    Tag(String),
    /// Meets this search; perhaps deleted.
    Text(Arc<Search>),
}

/// A column with an index of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Model,
    Mode,
    Outcome,
    Rating,
}

impl Column {
    fn name_and_index(self) -> (&'static str, &'static str) {
        match self {
            Self::Model => ("model_id", "prompt_history_by_model"),
            Self::Mode => ("mode_id", "prompt_history_by_mode"),
            Self::Outcome => ("outcome", "prompt_history_by_outcome"),
            Self::Rating => ("rating", "prompt_history_by_rating"),
        }
    }
}

impl Source {
    /// The statement: ?1 the position it starts at, ?2 how many, ?3 the value.
    pub fn sql(&self, direction: Direction) -> String {
        let (from, order) = direction.words();
        match self {
            Self::Live => format!(
                "SELECT position FROM prompt_history INDEXED BY prompt_history_facts \
                 WHERE deletion IS NULL AND position {from} ?1 ORDER BY position {order} LIMIT ?2"
            ),
            Self::Column(column, _) => {
                let (column, index) = column.name_and_index();
                format!(
                    "SELECT position FROM prompt_history INDEXED BY {index} \
                     WHERE deletion IS NULL AND {column} = ?3 AND position {from} ?1 \
                     ORDER BY position {order} LIMIT ?2"
                )
            }
            Self::Without(column, model) => {
                let model = if model.is_some() { "model_id = ?3 AND" } else { "" };
                format!(
                    "SELECT position FROM prompt_history INDEXED BY prompt_history_by_{column} \
                     WHERE deletion IS NULL AND {model} {column} IS NULL \
                     AND position {from} ?1 ORDER BY position {order} LIMIT ?2"
                )
            }
            Self::Tag(_) => format!(
                "SELECT position FROM run_tag WHERE tag = ?3 AND position {from} ?1 \
                 ORDER BY position {order} LIMIT ?2"
            ),
            Self::Text(_) => format!(
                "SELECT rowid FROM run_text WHERE run_text MATCH ?3 AND rowid {from} ?1 \
                 ORDER BY rowid {order} LIMIT ?2"
            ),
        }
    }

    /// Whether a row of `prompt_history` is among its positions, in SQL; the
    /// value is parameter `number`. A search is not asked in SQL.
    pub fn test(&self, number: usize) -> Option<String> {
        Some(match self {
            Self::Live => "TRUE".to_owned(),
            Self::Column(column, _) => format!("{} = ?{number}", column.name_and_index().0),
            Self::Without(column, None) => format!("{column} IS NULL"),
            Self::Without(column, Some(_)) => {
                format!("({column} IS NULL AND model_id = ?{number})")
            }
            Self::Tag(_) => format!(
                "EXISTS (SELECT 1 FROM run_tag \
                 WHERE run_tag.position = prompt_history.position AND tag = ?{number})"
            ),
            Self::Text(_) => return None,
        })
    }

    /// Whether deleted runs are among its positions.
    pub fn holds_deleted(&self) -> bool {
        matches!(self, Self::Tag(_) | Self::Text(_))
    }

    /// What the statement takes as its value.
    pub fn value(&self) -> Option<Value> {
        match self {
            Self::Live | Self::Without(_, None) => None,
            Self::Column(_, value) => Some(value.clone()),
            Self::Without(_, Some(text)) | Self::Tag(text) => Some(Value::Text(text.clone())),
            Self::Text(search) => Some(Value::Text(search.expression().to_owned())),
        }
    }
}
