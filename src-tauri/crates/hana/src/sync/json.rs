//! Rows as one JSON parameter, and texts that no database takes as they are.

use nopenai_store::sync::{ColumnType, ServerRow, SyncedTable, Value};
use serde_json::{Map, Value as Json};

/// Stands before what is written in another way.
const ESCAPE: char = '\u{241B}';
/// Stands for U+0000, which databases refuse.
const NUL: char = '\u{2400}';

/// A text without U+0000, from which [`unescaped`] makes it again: `␛␀` for it,
/// and `␛␛` for `␛`.
pub fn escaped(text: &str) -> String {
    if !text.contains(['\0', ESCAPE]) {
        return text.to_owned();
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\0' => escaped.extend([ESCAPE, NUL]),
            ESCAPE => escaped.extend([ESCAPE, ESCAPE]),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The text that [`escaped`] was given.
pub fn unescaped(text: String) -> String {
    if !text.contains(ESCAPE) {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            ESCAPE => match rest.next() {
                Some(NUL) => plain.push('\0'),
                Some(other) => plain.push(other),
                None => plain.push(ESCAPE),
            },
            c => plain.push(c),
        }
    }
    plain
}

/// A value as the server is to have it.
pub fn to_server(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(escaped(text)),
        other => other.clone(),
    }
}

/// A value as the server has it, here.
pub fn from_server(value: Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(unescaped(text)),
        other => other,
    }
}

fn json(value: &Value) -> Json {
    to_server(value).to_json().unwrap_or(Json::Null)
}

/// A row's columns as members.
pub fn members(table: &SyncedTable, values: &[Value]) -> Map<String, Json> {
    let pairs = table.columns.iter().zip(values);
    pairs.map(|(column, value)| (column.name.to_owned(), json(value))).collect()
}

/// A key's columns as members.
pub fn key_members(table: &SyncedTable, key: &[Value]) -> Map<String, Json> {
    let pairs = table.key_columns().iter().zip(key);
    pairs.map(|(column, value)| (column.name.to_owned(), json(value))).collect()
}

/// The members of the columns every row has at the server.
pub fn sync_members(row: &ServerRow, number: i64) -> [(String, Json); 3] {
    [
        ("sync_number".to_owned(), number.into()),
        ("sync_clock".to_owned(), row.version.clock.into()),
        ("sync_workstation".to_owned(), row.version.workstation.to_string().into()),
    ]
}

/// How long a text is for the server: UTF-16 units, escaped.
pub fn length(text: &str) -> usize {
    text.chars().map(|c| if matches!(c, '\0' | ESCAPE) { 2 } else { c.len_utf16() }).sum()
}

/// Why a row can't be sent as it is; none when it can.
pub fn problem(table: &SyncedTable, key: &str, values: Option<&[Value]>) -> Option<String> {
    if length(key) > 2500 {
        return Some("The row's key is longer than the server takes.".to_owned());
    }
    table.columns.iter().zip(values?).find_map(|(column, value)| match (column.kind, value) {
        (ColumnType::Text(most), Value::Text(text)) if length(text) > usize::from(most) => {
            let length = length(text);
            Some(format!(
                "{} has {length} characters; the server takes {most}. Shorten it.",
                column.name
            ))
        }
        (ColumnType::Real, Value::Real(number)) if !number.is_finite() => {
            Some(format!("{} is no finite number, which the server needs.", column.name))
        }
        (_, Value::Null) if !column.nullable => Some(format!("{} is missing.", column.name)),
        _ => None,
    })
}

/// Whether a row's texts all fit a JSON parameter's columns.
pub fn fits(values: &[Value], longest: usize) -> bool {
    values.iter().all(|value| match value {
        // A UTF-16 unit has at most three bytes, and an escaped NUL two units.
        Value::Text(text) => text.len() * 2 <= longest || length(text) <= longest,
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_text_comes_back(text in "[\\x00\u{241B}\u{2400}ab\u{202E}\u{1F600}]{0,20}") {
            let sent = escaped(&text);
            prop_assert!(!sent.contains('\0'));
            prop_assert_eq!(sent.encode_utf16().count(), length(&text));
            prop_assert_eq!(unescaped(sent), text);
        }
    }
}
