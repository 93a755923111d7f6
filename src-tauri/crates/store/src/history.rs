//! Runs: table `prompt_history` and, while a run is under way, `answer_piece`.

use crate::{Result, Store, StoreError};
use nopenai_domain::{
    Error, FinishReason, Measures, ModelId, Page, PageRequest, Parameters, Run, RunId, RunSummary,
    Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use serde::{Serialize, de::DeserializeOwned};

/// Characters of the prompt in a list's row.
const PROMPT_START: u32 = 200;

const SUMMARY_COLUMNS: &str = "id, started_at, model_name, substr(prompt, 1, ?1), outcome, \
    total_ms, ttft_ms, tokens_per_s, tokens_in, tokens_out";

const RUN_COLUMNS: &str = "id, started_at, model_id, model_name, prompt, answer, temperature, \
    top_p, max_tokens, seed, outcome, finish_reason, error, \
    total_ms, ttft_ms, tokens_per_s, tokens_in, tokens_out";

/// The runs of a [`Store`].
#[derive(Clone)]
pub struct History {
    store: Store,
}

impl History {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Records that `run` has started.
    ///
    /// # Errors
    /// When it could not be written: nothing should be computed then.
    pub async fn start(&self, run: Run) -> Result<()> {
        self.store.write(move |connection| insert(connection, &run)).await
    }

    /// Appends a piece to the answer of a run under way, without waiting.
    /// A failure is logged only: [`History::finish`] writes the whole answer.
    pub fn append(&self, run: RunId, sequence: u64, text: String) {
        self.store.write_later(
            move |connection| {
                connection
                    .prepare_cached("INSERT INTO answer_piece VALUES (?1, ?2, ?3)")?
                    .execute(params![run.to_string(), sequence as i64, text])?;
                Ok(())
            },
            move |result| {
                if let Err(error) = result {
                    tracing::warn!(%run, %error, "a piece of an answer was not stored");
                }
            },
        );
    }

    /// Records how `run` ended, in place of what was recorded at its start.
    ///
    /// # Errors
    /// When it could not be written; the pieces are still there then.
    pub async fn finish(&self, run: Run) -> Result<()> {
        self.store.write(move |connection| complete(connection, &run)).await
    }

    /// One page, newest first.
    ///
    /// # Errors
    /// [`StoreError::Value`] for a cursor that is none of ours.
    pub async fn page(&self, request: PageRequest) -> Result<Page<RunSummary>> {
        let after = request.after.as_deref().map(parse_cursor).transpose()?;
        let limit = request.limit;
        self.store.read(move |connection| page(connection, limit, after)).await
    }

    /// One run, whole.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get(&self, run: RunId) -> Result<Run> {
        self.store.read(move |connection| get(connection, run)).await
    }

    /// Takes a run out of the history. It is kept until the next
    /// [`Store::open`], so that [`History::restore`] can undo it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also for a run that is still under way.
    pub async fn delete(&self, run: RunId) -> Result<()> {
        let now = self.store.clock().now();
        self.mark_deleted(run, Some(now)).await
    }

    /// Undoes [`History::delete`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn restore(&self, run: RunId) -> Result<()> {
        self.mark_deleted(run, None).await
    }

    async fn mark_deleted(&self, run: RunId, at: Option<Timestamp>) -> Result<()> {
        let change = move |connection: &Connection| {
            let changed = connection.execute(
                "UPDATE prompt_history SET deleted_at = ?2 \
                 WHERE id = ?1 AND outcome <> 'running' AND (deleted_at IS NULL) = (?2 IS NOT NULL)",
                params![run.to_string(), at.map(|at| at.0)],
            )?;
            if changed == 1 { Ok(()) } else { Err(not_found(run)) }
        };
        self.store.write(change).await
    }
}

/// Closes what an earlier process left: its deleted runs go, and its runs
/// under way become interrupted ones with the answer as far as it came.
pub fn recover(connection: &mut Connection) -> Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(
        "DELETE FROM prompt_history WHERE deleted_at IS NOT NULL;
         UPDATE prompt_history SET outcome = 'interrupted', answer = coalesce(
             (SELECT group_concat(text, '') FROM
                 (SELECT text FROM answer_piece WHERE run_id = id ORDER BY sequence)), '')
         WHERE outcome = 'running';
         DELETE FROM answer_piece;",
    )?;
    transaction.commit()?;
    Ok(())
}

fn insert(connection: &Connection, run: &Run) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO prompt_history (id, started_at, model_id, model_name, prompt, \
             temperature, top_p, max_tokens, seed, outcome) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            run.id.to_string(),
            run.started_at.0,
            run.model.0,
            run.model_name,
            run.prompt,
            run.parameters.temperature,
            run.parameters.top_p,
            run.parameters.max_tokens,
            run.parameters.seed.map(|seed| seed as i64),
            word(&run.outcome)?,
        ])?;
    Ok(())
}

fn complete(connection: &Connection, run: &Run) -> Result<()> {
    let changed = connection
        .prepare_cached(
            "UPDATE prompt_history SET answer = :answer, outcome = :outcome, \
             finish_reason = :finish_reason, error = :error, total_ms = :total_ms, \
             ttft_ms = :ttft_ms, tokens_per_s = :tokens_per_s, tokens_in = :tokens_in, \
             tokens_out = :tokens_out WHERE id = :id",
        )?
        .execute(named_params! {
            ":id": run.id.to_string(),
            ":answer": run.answer,
            ":outcome": word(&run.outcome)?,
            ":finish_reason": run.finish_reason.as_ref().map(word).transpose()?,
            ":error": run.error.as_ref().map(json).transpose()?,
            ":total_ms": run.measures.total_ms,
            ":ttft_ms": run.measures.ttft_ms,
            ":tokens_per_s": run.measures.tokens_per_s,
            ":tokens_in": run.measures.tokens_in,
            ":tokens_out": run.measures.tokens_out,
        })?;
    if changed == 0 {
        return Err(not_found(run.id));
    }
    connection
        .prepare_cached("DELETE FROM answer_piece WHERE run_id = ?1")?
        .execute([run.id.to_string()])?;
    Ok(())
}

fn page(
    connection: &Connection,
    limit: u32,
    after: Option<(Timestamp, String)>,
) -> Result<Page<RunSummary>> {
    let (before_time, before_id) =
        after.map_or((i64::MAX, String::new()), |(time, id)| (time.0, id));
    let sql = format!(
        "SELECT {SUMMARY_COLUMNS} FROM prompt_history \
         WHERE deleted_at IS NULL AND (started_at, id) < (?2, ?3) \
         ORDER BY started_at DESC, id DESC LIMIT ?4"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    // One row more than asked for tells whether there is a following page.
    let rows = statement
        .query_map(params![PROMPT_START, before_time, before_id, limit + 1], |row| {
            Ok(summary(row))
        })?;
    let mut items = rows.map(|row| row?).collect::<Result<Vec<_>>>()?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next =
        items.last().filter(|_| more).map(|last| format!("{}.{}", last.started_at.0, last.id));
    Ok(Page { items, next })
}

fn get(connection: &Connection, run: RunId) -> Result<Run> {
    let sql =
        format!("SELECT {RUN_COLUMNS} FROM prompt_history WHERE id = ?1 AND deleted_at IS NULL");
    connection
        .prepare_cached(&sql)?
        .query_row([run.to_string()], |row| Ok(whole(row)))
        .optional()?
        .unwrap_or_else(|| Err(not_found(run)))
}

fn summary(row: &Row<'_>) -> Result<RunSummary> {
    Ok(RunSummary {
        id: run_id(row)?,
        started_at: Timestamp(row.get("started_at")?),
        model_name: row.get("model_name")?,
        prompt_start: row.get(3)?,
        outcome: from_word(&row.get::<_, String>("outcome")?)?,
        measures: measures(row)?,
    })
}

fn whole(row: &Row<'_>) -> Result<Run> {
    let finish_reason: Option<String> = row.get("finish_reason")?;
    let error: Option<String> = row.get("error")?;
    let seed: Option<i64> = row.get("seed")?;
    Ok(Run {
        id: run_id(row)?,
        started_at: Timestamp(row.get("started_at")?),
        model: ModelId(row.get("model_id")?),
        model_name: row.get("model_name")?,
        prompt: row.get("prompt")?,
        answer: row.get("answer")?,
        parameters: Parameters {
            temperature: row.get("temperature")?,
            top_p: row.get("top_p")?,
            max_tokens: row.get("max_tokens")?,
            seed: seed.map(|seed| seed as u64),
        },
        outcome: from_word(&row.get::<_, String>("outcome")?)?,
        finish_reason: finish_reason.as_deref().map(from_word::<FinishReason>).transpose()?,
        error: error.as_deref().map(from_json::<Error>).transpose()?,
        measures: measures(row)?,
    })
}

fn measures(row: &Row<'_>) -> Result<Measures> {
    Ok(Measures {
        total_ms: row.get("total_ms")?,
        ttft_ms: row.get("ttft_ms")?,
        tokens_per_s: row.get("tokens_per_s")?,
        tokens_in: row.get("tokens_in")?,
        tokens_out: row.get("tokens_out")?,
    })
}

fn run_id(row: &Row<'_>) -> Result<RunId> {
    let text: String = row.get("id")?;
    from_word(&text)
}

fn parse_cursor(cursor: &str) -> Result<(Timestamp, String)> {
    let parsed = cursor.split_once('.').and_then(|(time, id)| {
        let id: RunId = from_word(id).ok()?;
        Some((Timestamp(time.parse().ok()?), id.to_string()))
    });
    parsed.ok_or_else(|| StoreError::Cursor(cursor.chars().take(64).collect()))
}

fn not_found(run: RunId) -> StoreError {
    StoreError::NotFound(format!("run {run} in the history"))
}

/// The one word that a unit variant, or a text type, is in JSON.
fn word<T: Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(StoreError::Value("not a word".to_owned())),
    }
}

fn from_word<T: DeserializeOwned>(word: &str) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .map_err(|error| StoreError::Value(error.to_string()))
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Value(error.to_string()))
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Value(error.to_string()))
}
