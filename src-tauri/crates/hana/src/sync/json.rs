//! Rows as JSON parameters, and texts that no database takes as they are.

use nopenai_store::sync::{ColumnType, SyncedTable, Value};
use std::{borrow::Cow, io::Write};

/// Stands before what is written in another way.
const ESCAPE: char = '\u{241B}';
/// Stands for U+0000, which databases refuse.
const NUL: char = '\u{2400}';

/// A text without U+0000, from which [`unescaped`] makes it again: `␛␀` for it,
/// and `␛␛` for `␛`.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', ESCAPE]) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\0' => escaped.extend([ESCAPE, NUL]),
            ESCAPE => escaped.extend([ESCAPE, ESCAPE]),
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
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
        Value::Text(text) => Value::Text(escaped(text).into_owned()),
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

/// Objects in arrays of JSON, each no longer than so many bytes.
pub struct Documents {
    longest: usize,
    full: Vec<Vec<u8>>,
    open: Vec<u8>,
}

impl Documents {
    /// None yet.
    pub fn new(longest: usize) -> Self {
        Self { longest, full: Vec::new(), open: vec![b'['] }
    }

    /// Adds an object of members; gives whether it did, for one that is too long
    /// alone is left out.
    pub fn add<'a>(&mut self, members: impl Iterator<Item = (&'a str, &'a Value)>) -> bool {
        let before = self.open.len();
        if before > 1 {
            self.open.push(b',');
        }
        write_object(&mut self.open, members);
        // The bracket that ends it is a byte too.
        if self.open.len() < self.longest {
            return true;
        }
        let object = self.open.split_off(before + usize::from(before > 1));
        self.open.truncate(before);
        if object.len() + 2 > self.longest {
            return false;
        }
        if before > 1 {
            self.full.push(std::mem::replace(&mut self.open, vec![b'[']));
        }
        self.open.extend(object);
        true
    }

    /// The arrays; none without an object.
    pub fn finish(mut self) -> Vec<String> {
        if self.open.len() > 1 {
            self.full.push(self.open);
        }
        let text = |mut document: Vec<u8>| {
            document.push(b']');
            String::from_utf8(document).expect("JSON of texts is a text")
        };
        self.full.into_iter().map(text).collect()
    }
}

fn write_object<'a>(json: &mut Vec<u8>, members: impl Iterator<Item = (&'a str, &'a Value)>) {
    json.push(b'{');
    for (index, (name, value)) in members.enumerate() {
        if index > 0 {
            json.push(b',');
        }
        // Names are those of columns, which need no escape.
        json.push(b'"');
        json.extend(name.as_bytes());
        json.extend(b"\":");
        write_value(json, value);
    }
    json.push(b'}');
}

fn write_value(json: &mut Vec<u8>, value: &Value) {
    const MEMORY: &str = "memory takes what is written";
    match value {
        Value::Null => json.extend(b"null"),
        Value::Integer(number) => write!(json, "{number}").expect(MEMORY),
        Value::Real(number) => serde_json::to_writer(json, number).expect(MEMORY),
        Value::Text(text) => serde_json::to_writer(json, &escaped(text)).expect(MEMORY),
    }
}

/// Whether a text is longer for the server than that. No byte of it becomes more
/// than two units, which nearly always says it.
fn is_longer(text: &str, most: usize) -> bool {
    text.len() * 2 > most && length(text) > most
}

/// How long a text is for the server: UTF-16 units, escaped.
pub fn length(text: &str) -> usize {
    text.chars().map(|c| if matches!(c, '\0' | ESCAPE) { 2 } else { c.len_utf16() }).sum()
}

/// Why a row can't be sent as it is; none when it can.
pub fn problem(table: &SyncedTable, key: &str, values: Option<&[Value]>) -> Option<String> {
    if is_longer(key, 2500) {
        return Some("The row's key is longer than the server takes.".to_owned());
    }
    table.columns.iter().zip(values?).find_map(|(column, value)| match (column.kind, value) {
        (ColumnType::Text(most), Value::Text(text)) if is_longer(text, usize::from(most)) => {
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
            prop_assert_eq!(unescaped(sent.into_owned()), text);
        }
    }

    #[test]
    fn documents_are_no_longer_than_they_may_be_and_hold_every_row_but_the_longest() {
        let texts = ["a", "\"bb\"\0", "c".repeat(60).as_str(), "ü", ""].map(str::to_owned);
        let mut documents = Documents::new(50);
        let mut apart = Vec::new();
        for text in &texts {
            let row = [("n", Value::Integer(-7)), ("x", Value::Text(text.clone()))];
            if !documents.add(row.iter().map(|(name, value)| (*name, value))) {
                apart.push(text.as_str());
            }
        }
        let documents = documents.finish();
        assert!(documents.len() > 1 && documents.iter().all(|json| json.len() <= 50));
        let rows: Vec<serde_json::Value> = documents
            .iter()
            .flat_map(|json| serde_json::from_str::<Vec<serde_json::Value>>(json).unwrap())
            .collect();
        let found: Vec<&str> = rows.iter().map(|row| row["x"].as_str().unwrap()).collect();
        assert_eq!(found, ["a", "\"bb\"␛␀", "ü", ""]);
        assert_eq!(rows[0]["n"], -7);
        assert_eq!(apart, [texts[2].as_str()]);
        assert_eq!(Documents::new(50).finish(), Vec::<String>::new());
    }
}
