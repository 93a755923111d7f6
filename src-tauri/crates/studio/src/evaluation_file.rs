//! An evaluation's items and results, written to a file.

use crate::export::{cell, optional, partial_path, unwritable, word};
use nopenai_domain::{Error, EvaluatedItem, Evaluation, Expectation, PageRequest, Result};
use nopenai_store::Evaluations;
use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

/// Items that are read at a time.
const AT_ONCE: u32 = 500;

const COLUMNS: [&str; 14] = [
    "position",
    "set",
    "model",
    "mode",
    "prompt",
    "system",
    "kind",
    "expected",
    "answer",
    "verdict",
    "reason",
    "detail",
    "run",
    "judge_run",
];

/// Writes an evaluation as CSV, in place of what is at `path` only when all is
/// written, and returns how many rows.
///
/// # Errors
/// [`nopenai_domain::Code::FileUnavailable`] when the file can't be written, or
/// the store's.
pub(crate) async fn write(
    evaluations: &Evaluations,
    evaluation: &Evaluation,
    path: &Path,
) -> Result<u64> {
    if !path.is_absolute() {
        return Err(Error::invalid("path", "The file's path must be absolute."));
    }
    let partial = partial_path(path);
    let written = write_to(evaluations, evaluation, &partial).await;
    let written =
        written.and_then(|rows| fs::rename(&partial, path).map(|()| rows).map_err(Problem::File));
    written.map_err(|problem| {
        // Best effort: what is left is a file beside the one asked for.
        let _ = fs::remove_file(&partial);
        match problem {
            Problem::File(error) => unwritable(path, &error),
            Problem::Store(error) => error.into(),
        }
    })
}

enum Problem {
    File(io::Error),
    Store(nopenai_store::StoreError),
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl From<csv::Error> for Problem {
    fn from(error: csv::Error) -> Self {
        Self::File(error.into())
    }
}

impl From<nopenai_store::StoreError> for Problem {
    fn from(error: nopenai_store::StoreError) -> Self {
        Self::Store(error)
    }
}

async fn write_to(
    evaluations: &Evaluations,
    evaluation: &Evaluation,
    path: &Path,
) -> Result<u64, Problem> {
    let mut file = File::create(path)?;
    file.write_all("\u{feff}".as_bytes())?;
    let mut writer = csv::Writer::from_writer(file);
    writer.write_record(COLUMNS)?;
    let (mut rows, mut after) = (0, None);
    loop {
        let request = PageRequest { limit: AT_ONCE, after };
        let page = evaluations.items(evaluation.id, None, request).await?;
        for item in &page.items {
            writer.write_record(record(evaluation, item))?;
            rows += 1;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    writer.into_inner().map_err(|error| error.into_error())?.sync_all()?;
    Ok(rows)
}

fn record(evaluation: &Evaluation, EvaluatedItem { item, result }: &EvaluatedItem) -> [String; 14] {
    let (kind, expected) = item.expectation.as_ref().map(expected).unwrap_or_default();
    let text = |text: Option<&String>| text.map(|text| cell(text)).unwrap_or_default();
    let result = result.as_ref();
    [
        item.position.to_string(),
        cell(&evaluation.set_name),
        cell(&evaluation.model.0),
        evaluation.mode.as_ref().map(|mode| cell(&mode.name)).unwrap_or_default(),
        cell(&item.prompt),
        text(item.system.as_ref()),
        kind.to_owned(),
        cell(&expected),
        text(result.map(|result| &result.answer)),
        result.map(|result| word(&result.verdict)).unwrap_or_default(),
        result.map(|result| word(&result.reason)).unwrap_or_default(),
        text(result.and_then(|result| result.detail.as_ref())),
        optional(result.and_then(|result| result.run)),
        optional(result.and_then(|result| result.judge_run)),
    ]
}

/// As a file that is imported has it.
fn expected(expectation: &Expectation) -> (&'static str, String) {
    match expectation {
        Expectation::Exact { text, .. } => ("exact", text.clone()),
        Expectation::Contains { text, .. } => ("contains", text.clone()),
        Expectation::Regex { pattern } => ("regex", pattern.clone()),
        Expectation::JsonSchema { schema } => ("json_schema", schema.to_string()),
        Expectation::MultipleChoice { letter } => ("multiple_choice", letter.to_string()),
        Expectation::Judge { criterion } => ("judge", criterion.clone()),
    }
}
