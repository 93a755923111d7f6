//! Rows of synced tables, read and written by their registration.

use super::{SyncedTable, Value, value::of_sqlite};
use crate::Result;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use std::{cell::RefCell, collections::HashMap, rc::Rc};

fn where_key(table: &SyncedTable) -> String {
    let parts: Vec<String> = table
        .key_columns()
        .iter()
        .enumerate()
        .map(|(index, column)| format!("{} = ?{}", column.name, index + 1))
        .collect();
    parts.join(" AND ")
}

fn names(table: &SyncedTable) -> String {
    table.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

/// The statements of tables, put together once for many rows.
#[derive(Default)]
pub struct Texts(RefCell<HashMap<&'static str, Rc<Text>>>);

/// The statements of one table.
struct Text {
    read: String,
    write: String,
}

impl Texts {
    fn of(&self, table: &SyncedTable) -> Rc<Text> {
        let mut texts = self.0.borrow_mut();
        let text = texts
            .entry(table.local)
            .or_insert_with(|| Rc::new(Text { read: reading(table), write: writing(table) }));
        text.clone()
    }
}

fn reading(table: &SyncedTable) -> String {
    format!(
        "SELECT {} FROM {} WHERE {} AND {}",
        names(table),
        table.local,
        where_key(table),
        table.is_live(table.local)
    )
}

/// A row that is for others, when it is here.
pub fn read(
    connection: &Connection,
    texts: &Texts,
    table: &SyncedTable,
    key: &str,
) -> Result<Option<Vec<Value>>> {
    let columns = table.columns.len();
    let row = connection
        .prepare_cached(&texts.of(table).read)?
        .query_row(params_from_iter(table.key_values(key)?), |row| {
            (0..columns).map(|index| Ok(of_sqlite(row.get_ref(index)?))).collect()
        })
        .optional()?;
    Ok(row)
}

/// Writes a row in place of the one of its key.
pub fn write(
    connection: &Connection,
    texts: &Texts,
    table: &SyncedTable,
    values: &[Value],
) -> rusqlite::Result<()> {
    let text = texts.of(table);
    connection.prepare_cached(&text.write)?.execute(params_from_iter(values))?;
    Ok(())
}

fn writing(table: &SyncedTable) -> String {
    let number = |name: &str| table.columns.iter().position(|column| column.name == name);
    let derived = table.derived.iter().map(|(_, expression)| with_numbers(expression, number));
    let given = (1..=table.columns.len()).map(|index| format!("?{index}"));
    let all: Vec<String> = given.chain(derived).collect();
    let mut columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    columns.extend(table.derived.iter().map(|(name, _)| *name));
    let key: Vec<&str> = table.key_columns().iter().map(|column| column.name).collect();
    // A row's place among the others stays what it was.
    let mut changes: Vec<String> = columns[table.key..]
        .iter()
        .filter(|name| **name != "position" || number("position").is_some())
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    changes.extend(table.replaced.map(str::to_owned));
    format!(
        "INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}",
        table.local,
        columns.join(", "),
        all.join(", "),
        key.join(", "),
        changes.join(", ")
    )
}

/// `:name` becomes the number of that column's parameter.
fn with_numbers(expression: &str, number: impl Fn(&str) -> Option<usize>) -> String {
    let mut parts = expression.split(':');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        let index = number(name).expect("a derived column names synced ones");
        text.push_str(&format!("?{}{rest}", index + 1));
    }
    text
}

/// Removes a row, for good; one that isn't here is as good.
pub fn remove(connection: &Connection, table: &SyncedTable, key: &str) -> Result<()> {
    let sql = format!("DELETE FROM {} WHERE {}", table.local, where_key(table));
    connection.prepare_cached(&sql)?.execute(params_from_iter(table.key_values(key)?))?;
    Ok(())
}

/// The key of another row that has the name already.
pub fn same_name(
    connection: &Connection,
    table: &SyncedTable,
    column: &str,
    name: &Value,
    key: &str,
) -> Result<Option<String>> {
    let id = table.columns[0].name;
    let sql = format!(
        "SELECT {id} FROM {local} WHERE {column} = ?1 COLLATE NOCASE AND {id} <> ?2 AND {live}",
        local = table.local,
        live = table.is_live(table.local)
    );
    let found = connection
        .prepare_cached(&sql)?
        .query_row(rusqlite::params![name, key], |row| row.get(0))
        .optional()?;
    Ok(found)
}

/// Gives a row another name.
pub fn rename(
    connection: &Connection,
    table: &SyncedTable,
    column: &str,
    key: &str,
    name: &str,
) -> Result<()> {
    let sql =
        format!("UPDATE {} SET {column} = ?1 WHERE {} = ?2", table.local, table.columns[0].name);
    connection.prepare_cached(&sql)?.execute([name, key])?;
    Ok(())
}
