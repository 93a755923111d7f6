//! A run as a row of `prompt_history`, and back.

use crate::{
    Result, StoreError,
    value::{from_json, from_word, json, word},
};
use nopenai_domain::{
    ChatId, ContextUse, Cost, Error, FinishReason, Measures, ModeId, ModeRef, ModelId, Run, RunId,
    RunSummary, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

/// Characters of the prompt in a list's row.
const PROMPT_START: usize = 200;

/// The columns of a list's row, by number below: looking for their names would
/// take longer than reading them.
const SUMMARY: &str = "id, started_at, model_id, model_name, mode_id, mode_name, outcome, \
    total_ms, ttft_ms, tokens_per_s, tokens_in, tokens_out, cost_amount, cost_currency, \
    cost_priced_at, rating, tags, prompt_start, cache";

/// What a whole run has beyond.
const BEYOND: &str = "prompt, answer, parameters, finish_reason, error, streamed, chat_id, context, \
    runtime, likelihoods, chat_template, remote";

/// Writes a run that has started, at the first free position from its time.
pub fn insert(connection: &Connection, run: &Run) -> Result<()> {
    let position = free_position(connection, run.started_at)?;
    connection
        .prepare_cached(
            "INSERT INTO prompt_history (position, id, started_at, model_id, model_name, \
             mode_id, mode_name, streamed, outcome, rating, tags, prompt_start, parameters, \
             prompt, chat_id, chat_template) VALUES (:position, :id, :started_at, :model_id, :model_name, \
             :mode_id, :mode_name, :streamed, :outcome, :rating, :tags, :prompt_start, \
             :parameters, :prompt, :chat_id, :chat_template)",
        )?
        .execute(named_params! {
            ":position": position,
            ":id": run.id.to_string(),
            ":started_at": run.started_at.0,
            ":model_id": run.model.0,
            ":model_name": run.model_name,
            ":mode_id": run.mode.as_ref().map(|mode| &mode.id.0),
            ":mode_name": run.mode.as_ref().map(|mode| &mode.name),
            ":streamed": run.streamed,
            ":outcome": word(&run.outcome)?,
            ":rating": run.rating,
            ":tags": json(&run.tags)?,
            ":prompt_start": run.prompt.chars().take(PROMPT_START).collect::<String>(),
            ":parameters": json(&run.parameters)?,
            ":chat_id": run.chat.map(|chat| chat.to_string()),
            ":chat_template": run.chat_template,
            ":prompt": run.prompt,
        })?;
    Ok(())
}

fn free_position(connection: &Connection, started_at: Timestamp) -> Result<i64> {
    let mut statement = connection.prepare_cached(
        "WITH RECURSIVE taken (position) AS (SELECT ?1 UNION ALL SELECT position + 1 FROM taken \
         WHERE EXISTS (SELECT 1 FROM prompt_history WHERE position = taken.position)) \
         SELECT max(position) FROM taken",
    )?;
    Ok(statement.query_row([started_at.0], |row| row.get(0))?)
}

/// Writes how a run ended.
pub fn complete(connection: &Connection, run: &Run) -> Result<()> {
    let changed = connection
        .prepare_cached(
            "UPDATE prompt_history SET answer = :answer, outcome = :outcome, \
             finish_reason = :finish_reason, error = :error, total_ms = :total_ms, \
             ttft_ms = :ttft_ms, tokens_per_s = :tokens_per_s, tokens_in = :tokens_in, \
             tokens_out = :tokens_out, cost_amount = :cost_amount, \
             cost_currency = :cost_currency, cost_priced_at = :cost_priced_at, cache = :cache, \
             context = :context, runtime = :runtime, likelihoods = :likelihoods, \
             remote = :remote WHERE id = :id",
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
            ":cost_amount": run.cost.as_ref().map(|cost| cost.amount),
            ":cost_currency": run.cost.as_ref().map(|cost| &cost.currency),
            ":cost_priced_at": run.cost.as_ref().map(|cost| cost.priced_at.0),
            ":cache": run.measures.cache.as_ref().map(word).transpose()?,
            ":context": run.context.as_ref().map(json).transpose()?,
            ":runtime": run.runtime.as_ref().map(word).transpose()?,
            ":likelihoods": run.likelihoods.as_ref().map(json).transpose()?,
            ":remote": run.remote.as_ref().map(json).transpose()?,
        })?;
    if changed == 0 {
        return Err(not_found(run.id));
    }
    connection
        .prepare_cached("DELETE FROM answer_piece WHERE run_id = ?1")?
        .execute(params![run.id.to_string()])?;
    Ok(())
}

/// The run of an identifier, unless deleted.
pub fn by_id(connection: &Connection, run: RunId) -> Result<Run> {
    connection
        .prepare_cached(&format!(
            "SELECT {SUMMARY}, {BEYOND} FROM prompt_history WHERE id = ?1 AND deletion IS NULL"
        ))?
        .query_row([run.to_string()], |row| Ok(whole(row)))
        .optional()?
        .unwrap_or_else(|| Err(not_found(run)))
}

/// The run at a position that is known to be taken.
pub fn at(connection: &Connection, position: i64) -> Result<Run> {
    connection
        .prepare_cached(&format!(
            "SELECT {SUMMARY}, {BEYOND} FROM prompt_history WHERE position = ?1"
        ))?
        .query_row([position], |row| Ok(whole(row)))?
}

/// The list's rows of positions that are known to be taken.
pub fn summaries(connection: &Connection, positions: &[i64]) -> Result<Vec<RunSummary>> {
    let sql = format!("SELECT {SUMMARY} FROM prompt_history WHERE position = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    positions
        .iter()
        .map(|position| statement.query_row([position], |row| Ok(summary(row)))?)
        .collect()
}

fn summary(row: &Row<'_>) -> Result<RunSummary> {
    Ok(RunSummary {
        id: from_word(text(row, 0)?)?,
        started_at: Timestamp(row.get(1)?),
        model: ModelId(row.get(2)?),
        model_name: row.get(3)?,
        mode: mode(row)?,
        prompt_start: row.get(17)?,
        outcome: from_word(text(row, 6)?)?,
        measures: measures(row)?,
        cost: cost(row)?,
        rating: row.get(15)?,
        tags: from_json(text(row, 16)?)?,
    })
}

fn whole(row: &Row<'_>) -> Result<Run> {
    Ok(Run {
        id: from_word(text(row, 0)?)?,
        started_at: Timestamp(row.get(1)?),
        model: ModelId(row.get(2)?),
        model_name: row.get(3)?,
        prompt: row.get(19)?,
        answer: row.get(20)?,
        parameters: from_json(text(row, 21)?)?,
        outcome: from_word(text(row, 6)?)?,
        finish_reason: text_or_null(row, 22)?.map(from_word::<FinishReason>).transpose()?,
        error: text_or_null(row, 23)?.map(from_json::<Error>).transpose()?,
        measures: measures(row)?,
        runtime: text_or_null(row, 27)?.map(from_word).transpose()?,
        mode: mode(row)?,
        chat: text_or_null(row, 25)?.map(from_word::<ChatId>).transpose()?,
        context: text_or_null(row, 26)?.map(from_json::<ContextUse>).transpose()?,
        streamed: row.get(24)?,
        cost: cost(row)?,
        rating: row.get(15)?,
        tags: from_json(text(row, 16)?)?,
        likelihoods: text_or_null(row, 28)?.map(from_json).transpose()?,
        chat_template: row.get(29)?,
        remote: text_or_null(row, 30)?.map(from_json).transpose()?,
    })
}

fn measures(row: &Row<'_>) -> Result<Measures> {
    Ok(Measures {
        total_ms: row.get(7)?,
        ttft_ms: row.get(8)?,
        tokens_per_s: row.get(9)?,
        tokens_in: row.get(10)?,
        tokens_out: row.get(11)?,
        cache: text_or_null(row, 18)?.map(from_word).transpose()?,
    })
}

fn mode(row: &Row<'_>) -> Result<Option<ModeRef>> {
    let id: Option<String> = row.get(4)?;
    let Some(id) = id else { return Ok(None) };
    Ok(Some(ModeRef { id: ModeId(id), name: row.get(5)? }))
}

fn cost(row: &Row<'_>) -> Result<Option<Cost>> {
    let amount: Option<f64> = row.get(12)?;
    let Some(amount) = amount else { return Ok(None) };
    Ok(Some(Cost { amount, currency: row.get(13)?, priced_at: Timestamp(row.get(14)?) }))
}

/// A text that is there.
pub fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str> {
    row.get_ref(column)?.as_str().map_err(|error| StoreError::Value(error.to_string()))
}

fn text_or_null<'r>(row: &'r Row<'_>, column: usize) -> Result<Option<&'r str>> {
    row.get_ref(column)?.as_str_or_null().map_err(|error| StoreError::Value(error.to_string()))
}

/// What is said of a run that is not there.
pub fn not_found(run: RunId) -> StoreError {
    StoreError::NotFound(format!("run {run} in the history"))
}
