use super::{Column, ColumnType, SyncedTable};
use crate::{Result, StoreError};
use rusqlite::{
    ToSql,
    types::{ToSqlOutput, ValueRef},
};

/// A column's value in transit.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Absent.
    Null,
    /// A whole number, or a flag.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// A text.
    Text(String),
}

impl Value {
    /// As JSON; absent for a number that JSON doesn't have.
    pub fn to_json(&self) -> Option<serde_json::Value> {
        Some(match self {
            Self::Null => serde_json::Value::Null,
            Self::Integer(number) => (*number).into(),
            Self::Real(number) => serde_json::Number::from_f64(*number)?.into(),
            Self::Text(text) => text.clone().into(),
        })
    }

    /// What a column has in JSON.
    ///
    /// # Errors
    /// [`StoreError::Value`] for a value of another type.
    pub fn of_json(column: &Column, json: &serde_json::Value) -> Result<Self> {
        use serde_json::Value as Json;
        let found = match (column.kind, json) {
            (_, Json::Null) if column.nullable => Some(Self::Null),
            (ColumnType::Text(_) | ColumnType::LongText, Json::String(text)) => {
                Some(Self::Text(text.clone()))
            }
            (ColumnType::Integer | ColumnType::Flag, number) => number.as_i64().map(Self::Integer),
            (ColumnType::Real, number) => number.as_f64().map(Self::Real),
            _ => None,
        };
        found.ok_or_else(|| StoreError::Value(format!("{} is not of its type", column.name)))
    }

    /// How many bytes it takes, about.
    pub fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len() + 8,
            _ => 8,
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Real(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// A value as SQLite has it. A text that isn't UTF-8 is kept as near as it can be.
pub(super) fn of_sqlite(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Value::Text(String::from_utf8_lossy(bytes).into_owned())
        }
    }
}

impl SyncedTable {
    /// The change log's key of a row's values.
    pub fn key(&self, values: &[Value]) -> String {
        match values {
            [Value::Text(text), ..] if self.is_text_key() => text.clone(),
            _ => {
                let parts: Vec<_> = values[..self.key].iter().map(Value::to_json).collect();
                serde_json::json!(parts).to_string()
            }
        }
    }

    /// The values of a change log's key.
    ///
    /// # Errors
    /// [`StoreError::Value`] for a key that is none of this table.
    pub fn key_values(&self, key: &str) -> Result<Vec<Value>> {
        if self.is_text_key() {
            return Ok(vec![Value::Text(key.to_owned())]);
        }
        let parts: Vec<serde_json::Value> = crate::value::from_json(key)?;
        if parts.len() != self.key {
            return Err(StoreError::Value(format!("{key} is no key of {}", self.local)));
        }
        self.key_columns()
            .iter()
            .zip(&parts)
            .map(|(column, part)| Value::of_json(column, part))
            .collect()
    }

    /// A row as a JSON array of its columns.
    pub fn to_json(&self, values: &[Value]) -> serde_json::Value {
        values.iter().map(Value::to_json).collect::<Option<Vec<_>>>().unwrap_or_default().into()
    }

    /// A row out of a JSON array of its columns.
    ///
    /// # Errors
    /// [`StoreError::Value`] for anything else.
    pub fn of_json(&self, row: &serde_json::Value) -> Result<Vec<Value>> {
        let values = row.as_array().map_or(&[][..], Vec::as_slice);
        if values.len() != self.columns.len() {
            return Err(StoreError::Value(format!("this is no row of {}", self.local)));
        }
        self.columns.iter().zip(values).map(|(column, json)| Value::of_json(column, json)).collect()
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}
