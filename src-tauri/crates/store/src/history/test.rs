//! Whether single runs meet conditions.

use super::source::Source;
use crate::Result;
use rusqlite::{CachedStatement, Connection, params_from_iter, types::Value};

/// Conditions on a row of `prompt_history`, in SQL that its index of facts
/// answers. Searches are not among them.
#[derive(Clone)]
pub struct Facts {
    sql: String,
    values: Vec<Value>,
}

impl Facts {
    /// Each of `conditions` that is not a search, and the range of positions;
    /// parameters are numbered from `first` on.
    pub fn new(conditions: &[Vec<Source>], range: (i64, i64), first: usize) -> Self {
        let mut values = vec![Value::Integer(range.0), Value::Integer(range.1)];
        let mut sql = format!("position BETWEEN ?{first} AND ?{}", first + 1);
        for sources in conditions {
            let mut tests = Vec::new();
            for source in sources {
                let number = first + values.len();
                if let Some(test) = source.test(number) {
                    tests.push(test);
                    values.extend(source.value());
                }
            }
            if !tests.is_empty() {
                sql.push_str(&format!(" AND ({})", tests.join(" OR ")));
            }
        }
        Self { sql, values }
    }

    /// Whether the run at the position that `position` names meets them and is
    /// not deleted, in SQL.
    pub fn sql(&self, position: &str) -> String {
        format!(
            "EXISTS (SELECT 1 FROM prompt_history INDEXED BY prompt_history_facts \
             WHERE deletion IS NULL AND position = {position} AND {})",
            self.sql
        )
    }

    /// The parameters.
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

/// Asks of one run after the other.
pub struct Test<'c> {
    statement: CachedStatement<'c>,
    /// The position, and the values of the facts.
    values: Vec<Value>,
}

impl<'c> Test<'c> {
    /// Asks for each of `conditions` that is not a search.
    pub fn new(connection: &'c Connection, conditions: &[Vec<Source>]) -> Result<Self> {
        let facts = Facts::new(conditions, (i64::MIN, i64::MAX), 2);
        let mut values = vec![Value::Null];
        values.extend_from_slice(facts.values());
        let statement = connection.prepare_cached(&format!("SELECT {}", facts.sql("?1")))?;
        Ok(Self { statement, values })
    }

    /// Whether the run at this position is not deleted and meets them.
    pub fn passes(&mut self, position: i64) -> Result<bool> {
        self.values[0] = Value::Integer(position);
        Ok(self.statement.query_row(params_from_iter(&self.values), |row| row.get(0))?)
    }
}
