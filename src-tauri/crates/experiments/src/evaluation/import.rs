//! A person's prompt sets, read from files.

mod row;

use nopenai_domain::{Code, Error, PromptSetItem, Result};
use row::Row;
use serde_json::{Map, Value, json};
use std::{fs::File, io::Read, path::Path};

/// The largest file that is read, bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// The most items of a set.
const MAX_ITEMS: usize = 20_000;

/// The most lines whose problems are told.
const MAX_PROBLEMS: usize = 20;

/// How a prompt set is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetFormat {
    /// RFC 4180, UTF-8, the columns named by the first row.
    Csv,
    /// A JSON object per line, its fields being the columns.
    Jsonl,
}

impl SetFormat {
    /// By a file's extension.
    fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_lowercase();
        match extension.as_str() {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            _ => None,
        }
    }
}

/// Reads a prompt set from a file: see [`parse_set`].
///
/// # Errors
/// [`Code::FileUnavailable`] when it can't be read; [`Code::InvalidInput`]
/// naming `path` for a file of another kind or of more than 64 MiB, and those
/// of [`parse_set`].
pub fn read_set(path: &Path) -> Result<Vec<PromptSetItem>> {
    let Some(format) = SetFormat::of(path).filter(|_| path.is_absolute()) else {
        let message = "A prompt set is a file .csv or .jsonl, named by its absolute path.";
        return Err(Error::invalid("path", message));
    };
    let unreadable = |error: std::io::Error| {
        let message = format!("{} can't be read: {error}.", path.display());
        Error::new(Code::FileUnavailable, message).with("field", "path")
    };
    let mut text = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(Error::invalid("path", "The file has more than 64 MiB: split it."));
    }
    parse_set(&text, format)
}

/// Reads a prompt set. Each row has the columns
/// - `prompt`, and perhaps `system`, with `{{name}}` for the row's column of
///   that name;
/// - `kind` and `expected`, where the answer must be like something: `exact`,
///   `contains`, `regex`, `json_schema` (a schema), `multiple_choice` (a
///   letter) or `judge` (a criterion);
/// - `case_sensitive`, `true` or `false`, for `exact` and `contains`.
///
/// # Errors
/// [`Code::InvalidInput`] with what is wrong in which line, up to 20 of them,
/// in `details.problems`; nothing of the file is used then.
pub fn parse_set(text: &[u8], format: SetFormat) -> Result<Vec<PromptSetItem>> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let mut reading = Reading::default();
    match format {
        SetFormat::Csv => reading.csv(text)?,
        SetFormat::Jsonl => reading.jsonl(text),
    }
    reading.end()
}

#[derive(Default)]
struct Reading {
    items: Vec<PromptSetItem>,
    problems: Vec<(u64, String)>,
}

impl Reading {
    fn csv(&mut self, text: &[u8]) -> Result<()> {
        let mut reader = csv::ReaderBuilder::new().from_reader(text);
        let header = reader.headers().map_err(|error| refused(vec![(1, said(&error))]))?;
        let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        if let Some(twice) = (1..names.len()).find(|index| names[..*index].contains(&names[*index]))
        {
            let message = format!("The column {:?} stands there twice.", names[twice]);
            return Err(refused(vec![(1, message)]));
        }
        for record in reader.records() {
            if self.is_full() {
                break;
            }
            match record {
                Ok(record) => {
                    let line = record.position().map_or(0, csv::Position::line);
                    let cells = record.iter().map(Value::from);
                    self.add(line, names.iter().cloned().zip(cells).collect());
                }
                Err(error) => {
                    let line = error.position().map_or(0, csv::Position::line);
                    self.problems.push((line, said(&error)));
                }
            }
        }
        Ok(())
    }

    fn jsonl(&mut self, text: &[u8]) {
        for (line, text) in (1..).zip(text.split(|byte| *byte == b'\n')) {
            if self.is_full() {
                break;
            }
            if text.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match serde_json::from_slice::<Map<String, Value>>(text) {
                Ok(columns) => self.add(line, columns),
                Err(error) => self.problems.push((line, format!("It is no JSON object: {error}."))),
            }
        }
    }

    fn add(&mut self, line: u64, columns: Map<String, Value>) {
        let position = self.items.len() as u32 + 1;
        match Row(columns).item(position) {
            Ok(_) if self.items.len() == MAX_ITEMS => {
                self.problems.push((line, "A set has at most 20,000 prompts.".to_owned()));
            }
            Ok(item) => self.items.push(item),
            Err(problem) => self.problems.push((line, problem)),
        }
    }

    fn is_full(&self) -> bool {
        self.problems.len() >= MAX_PROBLEMS || self.items.len() > MAX_ITEMS
    }

    fn end(self) -> Result<Vec<PromptSetItem>> {
        if !self.problems.is_empty() {
            return Err(refused(self.problems));
        }
        if self.items.is_empty() {
            return Err(Error::invalid("path", "The file has no prompts."));
        }
        Ok(self.items)
    }
}

fn said(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("It has {len} columns, and the first line {expected_len}.")
        }
        csv::ErrorKind::Utf8 { .. } => "It is not UTF-8.".to_owned(),
        _ => format!("{error}."),
    }
}

fn refused(problems: Vec<(u64, String)>) -> Error {
    let lines: Vec<String> =
        problems.iter().map(|(line, problem)| format!("Line {line}: {problem}")).collect();
    let details: Vec<Value> = problems
        .iter()
        .map(|(line, message)| json!({ "line": line, "message": message }))
        .collect();
    Error::invalid("path", format!("The file was not imported. {}", lines.join(" ")))
        .with("problems", details)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nopenai_domain::Expectation;
    use proptest::prelude::*;

    fn csv(text: &str) -> Result<Vec<PromptSetItem>> {
        parse_set(text.as_bytes(), SetFormat::Csv)
    }

    fn jsonl(text: &str) -> Result<Vec<PromptSetItem>> {
        parse_set(text.as_bytes(), SetFormat::Jsonl)
    }

    fn lines(result: Result<Vec<PromptSetItem>>) -> Vec<u64> {
        let error = result.unwrap_err();
        assert_eq!(error.code, Code::InvalidInput);
        let problems = error.details["problems"].as_array().unwrap();
        problems.iter().map(|problem| problem["line"].as_u64().unwrap()).collect()
    }

    #[test]
    fn both_formats_say_the_same() {
        let from_csv = csv("\u{feff}prompt,system,kind,expected,case_sensitive,country\n\
             \"Capital of {{country}}, {{ not this }}?\",Be brief about {{country}}.,contains,Paris,true,France\n\
             Say hello.,,,,,\n\"two\nlines\",,judge,Is it polite?,,\n")
        .unwrap();
        let from_jsonl = jsonl(
            "{\"prompt\":\"Capital of {{country}}, {{ not this }}?\",\"system\":\"Be brief about {{country}}.\",\
             \"kind\":\"contains\",\"expected\":\"Paris\",\"case_sensitive\":true,\"country\":\"France\"}\n\n\
             {\"prompt\":\"Say hello.\"}\r\n{\"prompt\":\"two\\nlines\",\"kind\":\"judge\",\"expected\":\"Is it polite?\"}",
        )
        .unwrap();
        assert_eq!(from_csv, from_jsonl);
        assert_eq!(from_csv[0].prompt, "Capital of France, {{ not this }}?");
        assert_eq!(from_csv[0].system.as_deref(), Some("Be brief about France."));
        let expected = Expectation::Contains { text: "Paris".to_owned(), case_sensitive: true };
        assert_eq!(from_csv[0].expectation, Some(expected));
        assert_eq!((from_csv[1].position, &from_csv[1].expectation), (2, &None));
    }

    #[test]
    fn every_kind_is_read() {
        let items = jsonl(
            r#"{"prompt":"p","kind":"exact","expected":"x"}
               {"prompt":"p","kind":"regex","expected":"^x$"}
               {"prompt":"p","kind":"json_schema","expected":{"type":"object"}}
               {"prompt":"p","kind":"json_schema","expected":"{\"type\":\"object\"}"}
               {"prompt":"p","kind":"multiple_choice","expected":"c"}
               {"prompt":"p {{n}}","kind":"judge","expected":"ok?","n":1.5}"#,
        )
        .unwrap();
        assert_eq!(items[2].expectation, items[3].expectation);
        assert_eq!(items[4].expectation, Some(Expectation::MultipleChoice { letter: 'C' }));
        assert_eq!(items[5].prompt, "p 1.5");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let wrong = r#"{"prompt":"fine"}
            {"prompt":" "}
            ["no object"]
            {"prompt":"p","kind":"exact"}
            {"prompt":"p","expected":"x"}
            {"prompt":"p","kind":"magic","expected":"x"}
            {"prompt":"p","kind":"regex","expected":"("}
            {"prompt":"p","kind":"json_schema","expected":{"$ref":"x"}}
            {"prompt":"p","kind":"multiple_choice","expected":"AB"}
            {"prompt":"p {{missing}}"}
            {"prompt":3}
            {"prompt":"p","kind":"exact","expected":"x","case_sensitive":"maybe"}
            {"prompt":"p","kind":"exact","expected":" \u200f"}
            {"prompt":"p {{list}}","list":[1]}"#;
        assert_eq!(lines(jsonl(wrong)), (2..=14).collect::<Vec<_>>());
        assert_eq!(lines(csv("prompt,a\nfine,1\nshort\n\"p\",1,2\n")), [3, 4]);
        assert_eq!(lines(csv("prompt,prompt\na,b\n")), [1]);
        let not_utf8 = parse_set(b"prompt\nfine\n\xff\xfe\n", SetFormat::Csv);
        assert_eq!(lines(not_utf8), [3]);
        assert_eq!(lines(jsonl(&"x\n".repeat(1000))).len(), MAX_PROBLEMS);
        assert_eq!(jsonl("\n").unwrap_err().details["field"], "path");
    }

    #[test]
    fn sets_are_bounded() {
        let many = "{\"prompt\":\"p\"}\n".repeat(MAX_ITEMS);
        assert_eq!(jsonl(&many).unwrap().len(), MAX_ITEMS);
        assert_eq!(lines(jsonl(&(many + "{\"prompt\":\"p\"}"))), [MAX_ITEMS as u64 + 1]);
        let long = format!("prompt\n{}\n", "x".repeat(1024 * 1024 + 1));
        assert_eq!(lines(csv(&long)), [2]);
        // A value that names itself is not filled in again and again.
        let bomb = jsonl(r#"{"prompt":"{{a}}{{a}}","a":"{{a}}{{a}}"}"#).unwrap();
        assert_eq!(bomb[0].prompt, "{{a}}{{a}}{{a}}{{a}}");
        let grown =
            format!(r#"{{"prompt":"{}","a":"{}"}}"#, "{{a}}".repeat(2000), "y".repeat(2000));
        assert_eq!(lines(jsonl(&grown)), [1], "bounded with its variables filled in");
    }

    #[test]
    fn files_of_other_kinds_are_refused() {
        for path in ["/tmp/set.xlsx", "set.csv", "/tmp/set"] {
            assert_eq!(read_set(path.as_ref()).unwrap_err().details["field"], "path", "{path}");
        }
        let missing = read_set("/no/such/set.csv".as_ref()).unwrap_err();
        assert_eq!(missing.code, Code::FileUnavailable);
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_reading(text in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse_set(&text, SetFormat::Csv);
            let _ = parse_set(&text, SetFormat::Jsonl);
        }
    }
}
