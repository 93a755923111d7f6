//! That SQLite follows each statement along its index, and sorts nothing.

use super::{
    sort::Measure,
    source::{Column, Direction, Source},
    text::{Search, Tokenizer},
};
use crate::migration;
use nopenai_domain::RunSort;
use rusqlite::{Connection, types::Value};
use std::sync::Arc;

const DIRECTIONS: [Direction; 2] = [Direction::Ascending, Direction::Descending];

const SORTS: [RunSort; 5] =
    [RunSort::TotalMs, RunSort::TtftMs, RunSort::TokensPerS, RunSort::TokensOut, RunSort::Rating];

fn statements(connection: &Connection, direction: Direction) -> Vec<String> {
    let columns = [Column::Model, Column::Mode, Column::Outcome, Column::Rating];
    let tokenizer = Arc::new(Tokenizer::new().unwrap());
    let search = Search::of("word", &tokenizer, connection).unwrap().unwrap();
    let mut sources =
        vec![Source::Live, Source::Tag("tag".to_owned()), Source::Text(Arc::new(search))];
    sources.extend(columns.map(|column| Source::Column(column, Value::Null)));
    let mut statements = Vec::new();
    for sort in SORTS {
        // Only the order of time is no measure.
        let Some(measure) = Measure::of(sort, direction) else { continue };
        statements.extend(measure.statements());
        sources.extend(measure.without(&[measure.stands_by_model().then(String::new)]));
    }
    statements.extend(sources.iter().map(|source| source.sql(direction)));
    statements
}

#[test]
fn nothing_is_scanned_or_sorted() {
    let mut connection = Connection::open_in_memory().unwrap();
    migration::apply(&mut connection, &migration::Schema::CURRENT).unwrap();
    for statement in DIRECTIONS.into_iter().flat_map(|way| statements(&connection, way)) {
        let sql = format!("EXPLAIN QUERY PLAN {statement}");
        let mut plan = connection.prepare(&sql).unwrap();
        let parameters = vec![Value::Integer(1); plan.parameter_count()];
        let steps: Vec<String> = plan
            .query_map(rusqlite::params_from_iter(parameters), |row| row.get("detail"))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(!steps.is_empty());
        for step in &steps {
            let along = step.starts_with("SEARCH prompt_history USING ")
                || step.starts_with("SEARCH run_tag USING PRIMARY KEY")
                || step.starts_with("SCAN run_text VIRTUAL TABLE INDEX")
                // What these gave is passed through once.
                || ["CO-ROUTINE place", "SCAN place"].contains(&step.as_str())
                || step.starts_with("CORRELATED SCALAR SUBQUERY");
            assert!(along, "{statement}: {steps:#?}");
        }
    }
}
