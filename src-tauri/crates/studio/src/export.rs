//! Runs, written to a file.

use crate::tasks::Begun;
use nopenai_domain::{Code, Error, Message, Outcome, Result, Role, Run, RunQuery, Timestamp};
use nopenai_store::Store;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Rows between two reports of progress.
const REPORT_EVERY: u64 = 500;

/// How runs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// RFC 4180, UTF-8 with a byte order mark, one row per run with all its
    /// columns. Texts that a spreadsheet would take for a formula begin with an
    /// apostrophe.
    Csv,
    /// One JSON object per line, `{"messages": […]}` with roles system, user
    /// and assistant, ready for training. Only completed runs.
    JsonlChat,
}

/// Writes the runs of `query` to `path`, in place of what is there only when
/// all are written, and returns how many.
///
/// # Errors
/// [`Code::FileUnavailable`] when the file can't be written,
/// [`Code::Cancelled`], or the store's.
pub(crate) async fn export(
    store: &Store,
    query: RunQuery,
    format: ExportFormat,
    path: &Path,
    task: Arc<Begun>,
) -> Result<u64> {
    if !path.is_absolute() {
        return Err(Error::invalid("path", "The file's path must be absolute."));
    }
    let total = store.history().count(query.filter.clone()).await?;
    let total = Some(total.count).filter(|_| !total.at_least);
    let partial = partial_path(path);
    let writer = RunWriter::create(&partial, format).map_err(|error| unwritable(path, &error))?;
    let state = Arc::new(Mutex::new(State { writer: Some(writer), failure: None, rows: 0 }));
    let shared = state.clone();
    let progress = task.clone();
    let read = store
        .history()
        .export(query, move |run| {
            let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
            state.write(&run, &progress, total)
        })
        .await;
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let written = read.map_err(Error::from).and_then(|_| state.finish(&partial, path, &task));
    if written.is_err() {
        // Best effort: what is left is a file beside the one asked for.
        let _ = fs::remove_file(&partial);
    }
    written
}

struct State {
    writer: Option<RunWriter>,
    failure: Option<io::Error>,
    rows: u64,
}

impl State {
    fn write(&mut self, run: &Run, task: &Begun, total: Option<u64>) -> ControlFlow<()> {
        if task.cancel.is_cancelled() {
            return ControlFlow::Break(());
        }
        let Some(writer) = &mut self.writer else { return ControlFlow::Break(()) };
        match writer.write(run) {
            Ok(rows) => self.rows += rows,
            Err(error) => {
                self.failure = Some(error);
                return ControlFlow::Break(());
            }
        }
        if self.rows.is_multiple_of(REPORT_EVERY) {
            task.progress(self.rows, total);
        }
        ControlFlow::Continue(())
    }

    fn finish(&mut self, partial: &Path, path: &Path, task: &Begun) -> Result<u64> {
        if let Some(error) = self.failure.take() {
            return Err(unwritable(path, &error));
        }
        if task.cancel.is_cancelled() {
            return Err(Error::new(Code::Cancelled, "The export was cancelled."));
        }
        let finished = self.writer.take().map_or(Ok(()), RunWriter::finish);
        finished
            .and_then(|()| fs::rename(partial, path))
            .map_err(|error| unwritable(path, &error))?;
        Ok(self.rows)
    }
}

/// Beside the file asked for, so that the last step is a rename.
pub(crate) fn partial_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::new(
        Code::FileUnavailable,
        format!(
            "{} can't be written: {error}. Choose another place, or free some space.",
            path.display()
        ),
    )
    .with("path", path.display().to_string())
}

enum RunWriter {
    Csv(Box<csv::Writer<File>>),
    Jsonl(BufWriter<File>),
}

impl RunWriter {
    fn create(path: &Path, format: ExportFormat) -> io::Result<Self> {
        let mut file = File::create(path)?;
        match format {
            ExportFormat::Csv => {
                file.write_all("\u{feff}".as_bytes())?;
                let mut writer = csv::Writer::from_writer(file);
                writer.write_record(COLUMNS)?;
                Ok(Self::Csv(Box::new(writer)))
            }
            ExportFormat::JsonlChat => Ok(Self::Jsonl(BufWriter::new(file))),
        }
    }

    /// How many rows it wrote: none for a run the format leaves out.
    fn write(&mut self, run: &Run) -> io::Result<u64> {
        match self {
            Self::Csv(writer) => writer.write_record(record(run))?,
            Self::Jsonl(_) if run.outcome != Outcome::Completed => return Ok(0),
            Self::Jsonl(writer) => {
                serde_json::to_writer(&mut *writer, &chat(run))?;
                writer.write_all(b"\n")?;
            }
        }
        Ok(1)
    }

    fn finish(self) -> io::Result<()> {
        let file = match self {
            Self::Csv(writer) => writer.into_inner().map_err(|error| error.into_error())?,
            Self::Jsonl(writer) => writer.into_inner().map_err(|error| error.into_error())?,
        };
        file.sync_all()
    }
}

const COLUMNS: [&str; 24] = [
    "id",
    "started_at",
    "model",
    "model_name",
    "mode",
    "outcome",
    "finish_reason",
    "prompt",
    "answer",
    "system_prompt",
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "repetition_penalty",
    "max_tokens",
    "seed",
    "total_ms",
    "ttft_ms",
    "tokens_per_s",
    "tokens_in",
    "tokens_out",
    "rating",
    "tags",
];

fn record(run: &Run) -> [String; 24] {
    let measures = &run.measures;
    let parameters = &run.parameters;
    [
        run.id.to_string(),
        moment(run.started_at),
        cell(&run.model.0),
        cell(&run.model_name),
        run.mode.as_ref().map(|mode| cell(&mode.name)).unwrap_or_default(),
        word(&run.outcome),
        run.finish_reason.as_ref().map(word).unwrap_or_default(),
        cell(&run.prompt),
        cell(&run.answer),
        cell(&parameters.system_prompt),
        parameters.temperature.to_string(),
        parameters.top_p.to_string(),
        parameters.top_k.to_string(),
        parameters.min_p.to_string(),
        parameters.repetition_penalty.to_string(),
        parameters.max_tokens.to_string(),
        optional(parameters.seed),
        optional(measures.total_ms),
        optional(measures.ttft_ms),
        optional(measures.tokens_per_s),
        optional(measures.tokens_in),
        optional(measures.tokens_out),
        optional(run.rating),
        cell(&run.tags.join(" ")),
    ]
}

/// RFC 3339, UTC.
fn moment(at: Timestamp) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1000)
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// Against formula injection (OWASP, "CSV Injection").
pub(crate) fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

pub(crate) fn optional(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

#[derive(Serialize)]
struct Chat {
    messages: Vec<Message>,
}

fn chat(run: &Run) -> Chat {
    let message = |role, content: &str| Message { role, content: content.to_owned() };
    let system = &run.parameters.system_prompt;
    let mut messages = Vec::with_capacity(3);
    if !system.is_empty() {
        messages.push(message(Role::System, system));
    }
    messages.push(message(Role::User, &run.prompt));
    messages.push(message(Role::Assistant, &run.answer));
    Chat { messages }
}
