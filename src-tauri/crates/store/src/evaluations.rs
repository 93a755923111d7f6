//! Prompt sets, asked of models: tables `evaluation` and `evaluation_result`.

use crate::{
    Result, Store, StoreError, prompt_sets,
    value::{from_json, from_word, json, word},
};
use nopenai_domain::{
    EvaluatedItem, Evaluation, EvaluationId, EvaluationResult, EvaluationState, ModeId, ModeRef,
    ModelId, Page, PageRequest, PromptSetId, RunId, Tally, Timestamp, Verdict,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

/// Evaluations of sets that are not deleted.
const EVALUATIONS: &str = "SELECT e.* FROM evaluation e JOIN prompt_set s ON s.id = e.set_id \
     AND s.deletion IS NULL";

/// An item's columns, and those of its result, absent while there is none.
const ITEMS: &str = "SELECT i.position, i.prompt, i.system, i.expectation, r.verdict, r.reason, \
     r.detail, r.run_id, r.judge_run_id, r.answer FROM evaluation e JOIN prompt_set_item i \
     ON i.set_id = e.set_id AND i.revision = e.set_revision LEFT JOIN evaluation_result r \
     ON r.evaluation_id = e.id AND r.position = i.position WHERE e.id = ?1 AND i.position > ?2";

/// The evaluations of a [`Store`].
#[derive(Clone)]
pub struct Evaluations {
    store: Store,
}

impl Evaluations {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Records evaluations that begin, all or none.
    ///
    /// # Errors
    /// When they could not be written.
    pub async fn begin(&self, evaluations: Vec<Evaluation>) -> Result<()> {
        let write = move |connection: &Connection| {
            evaluations.iter().try_for_each(|evaluation| insert(connection, evaluation))
        };
        self.store.write(write).await
    }

    /// One evaluation.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get(&self, id: EvaluationId) -> Result<Evaluation> {
        let read = move |connection: &Connection| {
            connection
                .prepare_cached(&format!("{EVALUATIONS} WHERE e.id = ?1"))?
                .query_row([id.to_string()], |row| Ok(evaluation(connection, row)))
                .optional()?
                .unwrap_or_else(|| Err(StoreError::NotFound(format!("evaluation {id}"))))
        };
        self.store.read(read).await
    }

    /// One page, newest first, of one set or of all.
    ///
    /// # Errors
    /// [`StoreError::Cursor`] for a cursor that is none of ours;
    /// [`StoreError::Input`] for a limit out of range.
    pub async fn page(
        &self,
        set: Option<PromptSetId>,
        request: PageRequest,
    ) -> Result<Page<Evaluation>> {
        request.validate()?;
        let (at, id) = match request.after.as_deref() {
            Some(text) => cursor(text)?,
            // Behind every identifier.
            None => (i64::MAX, "~".to_owned()),
        };
        let limit = request.limit as usize;
        let of_set = if set.is_some() { "e.set_id = ?4" } else { "?4 IS NULL" };
        let sql = format!(
            "{EVALUATIONS} WHERE (e.started_at, e.id) < (?1, ?2) AND {of_set} \
             ORDER BY e.started_at DESC, e.id DESC LIMIT ?3"
        );
        let read = move |connection: &Connection| {
            let set = set.map(|set| set.0);
            let mut items = connection
                .prepare_cached(&sql)?
                .query_map(params![at, id, limit as i64 + 1, set], |row| {
                    Ok(evaluation(connection, row))
                })?
                .map(|evaluation| evaluation?)
                .collect::<Result<Vec<_>>>()?;
            let more = items.len() > limit;
            items.truncate(limit);
            let next = items
                .last()
                .filter(|_| more)
                .map(|last| format!("{}~{}", last.started_at.0, last.id));
            Ok(Page { items, next })
        };
        self.store.read(read).await
    }

    /// The last completed evaluation of each model with each set, of the items
    /// the set has now.
    ///
    /// # Errors
    /// When they could not be read.
    pub async fn latest(&self) -> Result<Vec<Evaluation>> {
        let read = |connection: &Connection| {
            // SQLite takes the other columns from the row that has the maximum.
            connection
                .prepare_cached(
                    "SELECT e.*, max(e.ended_at) FROM evaluation e JOIN prompt_set s \
                     ON s.id = e.set_id AND s.deletion IS NULL AND s.revision = e.set_revision \
                     WHERE e.state = 'completed' GROUP BY e.model_id, e.set_id \
                     ORDER BY e.model_name COLLATE NOCASE, e.model_id, s.rowid",
                )?
                .query_map([], |row| Ok(evaluation(connection, row)))?
                .map(|evaluation| evaluation?)
                .collect()
        };
        self.store.read(read).await
    }

    /// Records how far an evaluation has come: its state, and since when it is
    /// no longer under way.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn set_state(
        &self,
        id: EvaluationId,
        state: EvaluationState,
        problem: Option<nopenai_domain::Error>,
    ) -> Result<()> {
        let now = self.store.clock().now();
        let ended_at = (state != EvaluationState::Running).then_some(now.0);
        let write = move |connection: &Connection| {
            connection.execute(
                "UPDATE evaluation SET state = ?2, problem = ?3, ended_at = ?4 WHERE id = ?1",
                params![
                    id.to_string(),
                    word(&state)?,
                    problem.as_ref().map(json).transpose()?,
                    ended_at,
                ],
            )?;
            Ok(())
        };
        self.store.write(write).await
    }

    /// Records what became of an item, in place of its waiting for the judge.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn record(&self, id: EvaluationId, result: EvaluationResult) -> Result<()> {
        let write = move |connection: &Connection| {
            connection
                .prepare_cached(
                    "INSERT INTO evaluation_result (evaluation_id, position, verdict, reason, \
                     detail, run_id, judge_run_id, answer) \
                     VALUES (:id, :position, :verdict, :reason, :detail, :run, :judge_run, \
                     :answer) ON CONFLICT DO UPDATE SET verdict = :verdict, reason = :reason, \
                     detail = :detail, judge_run_id = :judge_run WHERE verdict = 'waiting'",
                )?
                .execute(named_params! {
                    ":id": id.to_string(),
                    ":position": result.position,
                    ":verdict": word(&result.verdict)?,
                    ":reason": word(&result.reason)?,
                    ":detail": result.detail,
                    ":run": result.run.map(|run| run.to_string()),
                    ":judge_run": result.judge_run.map(|run| run.to_string()),
                    ":answer": result.answer,
                })?;
            Ok(())
        };
        self.store.write(write).await
    }

    /// One page of an evaluation's items with what became of them, in their
    /// order; of one verdict, or all.
    ///
    /// # Errors
    /// [`StoreError::Cursor`] for a cursor that is none of ours;
    /// [`StoreError::Input`] for a limit out of range.
    pub async fn items(
        &self,
        id: EvaluationId,
        verdict: Option<Verdict>,
        request: PageRequest,
    ) -> Result<Page<EvaluatedItem>> {
        request.validate()?;
        let after = prompt_sets::position(request.after.as_deref())?;
        let limit = request.limit as usize;
        let verdict = verdict.as_ref().map(word).transpose()?;
        let read = move |connection: &Connection| {
            let mut items = connection
                .prepare_cached(&format!(
                    "{ITEMS} AND (?4 IS NULL OR r.verdict = ?4) ORDER BY i.position LIMIT ?3"
                ))?
                .query_map(params![id.to_string(), after, limit as i64 + 1, verdict], |row| {
                    Ok(evaluated(row))
                })?
                .map(|item| item?)
                .collect::<Result<Vec<_>>>()?;
            let more = items.len() > limit;
            items.truncate(limit);
            let next = items.last().filter(|_| more).map(|last| last.item.position.to_string());
            Ok(Page { items, next })
        };
        self.store.read(read).await
    }

    /// The first item behind `after` that is still to do: to be asked, or, of
    /// those that wait, to be judged.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn next(
        &self,
        id: EvaluationId,
        after: u32,
        waiting: bool,
    ) -> Result<Option<EvaluatedItem>> {
        let open = if waiting { "r.verdict = 'waiting'" } else { "r.verdict IS NULL" };
        let sql = format!("{ITEMS} AND {open} ORDER BY i.position LIMIT 1");
        let read = move |connection: &Connection| {
            connection
                .prepare_cached(&sql)?
                .query_row(params![id.to_string(), after], |row| Ok(evaluated(row)))
                .optional()?
                .transpose()
        };
        self.store.read(read).await
    }
}

/// Closes what an earlier process left under way.
pub fn recover(connection: &Connection) -> Result<()> {
    connection
        .execute("UPDATE evaluation SET state = 'interrupted' WHERE state = 'running'", [])?;
    Ok(())
}

fn insert(connection: &Connection, evaluation: &Evaluation) -> Result<()> {
    connection.execute(
        "INSERT INTO evaluation (id, set_id, set_name, set_revision, items, model_id, model_name, \
         mode_id, mode_name, judge_id, parameters, state, started_at) VALUES (:id, :set_id, \
         :set_name, :set_revision, :items, :model_id, :model_name, :mode_id, :mode_name, \
         :judge_id, :parameters, :state, :started_at)",
        named_params! {
            ":id": evaluation.id.to_string(),
            ":set_id": evaluation.set.0,
            ":set_name": evaluation.set_name,
            ":set_revision": evaluation.set_revision,
            ":items": evaluation.items,
            ":model_id": evaluation.model.0,
            ":model_name": evaluation.model_name,
            ":mode_id": evaluation.mode.as_ref().map(|mode| &mode.id.0),
            ":mode_name": evaluation.mode.as_ref().map(|mode| &mode.name),
            ":judge_id": evaluation.judge.as_ref().map(|judge| &judge.0),
            ":parameters": json(&evaluation.parameters)?,
            ":state": word(&evaluation.state)?,
            ":started_at": evaluation.started_at.0,
        },
    )?;
    Ok(())
}

fn cursor(text: &str) -> Result<(i64, String)> {
    let parsed = text.split_once('~').and_then(|(at, id)| {
        let id: EvaluationId = from_word(id).ok()?;
        Some((at.parse().ok()?, id.to_string()))
    });
    parsed.ok_or_else(|| StoreError::Cursor(text.chars().take(64).collect()))
}

fn tally(connection: &Connection, id: &str) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut statement = connection.prepare_cached(
        "SELECT verdict, count(*) FROM evaluation_result WHERE evaluation_id = ?1 GROUP BY verdict",
    )?;
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        let verdict: Verdict = from_word(&row.get::<_, String>(0)?)?;
        tally.add(verdict, row.get(1)?);
    }
    Ok(tally)
}

fn evaluation(connection: &Connection, row: &Row<'_>) -> Result<Evaluation> {
    let text = |column: &str| row.get::<_, String>(column);
    let mode: Option<String> = row.get("mode_id")?;
    let mode_name: Option<String> = row.get("mode_name")?;
    let judge: Option<String> = row.get("judge_id")?;
    let problem: Option<String> = row.get("problem")?;
    let ended_at: Option<i64> = row.get("ended_at")?;
    Ok(Evaluation {
        id: from_word(&text("id")?)?,
        set: PromptSetId(text("set_id")?),
        set_name: text("set_name")?,
        set_revision: row.get("set_revision")?,
        items: row.get("items")?,
        model: ModelId(text("model_id")?),
        model_name: text("model_name")?,
        mode: mode.map(|id| ModeRef { id: ModeId(id), name: mode_name.unwrap_or_default() }),
        judge: judge.map(ModelId),
        parameters: from_json(&text("parameters")?)?,
        state: from_word(&text("state")?)?,
        problem: problem.as_deref().map(from_json).transpose()?,
        started_at: Timestamp(row.get("started_at")?),
        ended_at: ended_at.map(Timestamp),
        tally: tally(connection, &text("id")?)?,
    })
}

fn evaluated(row: &Row<'_>) -> Result<EvaluatedItem> {
    let item = prompt_sets::item(row)?;
    let verdict: Option<String> = row.get("verdict")?;
    let Some(verdict) = verdict else { return Ok(EvaluatedItem { item, result: None }) };
    let run = |column: &str| -> Result<Option<RunId>> {
        row.get::<_, Option<String>>(column)?.as_deref().map(from_word).transpose()
    };
    let result = EvaluationResult {
        position: item.position,
        verdict: from_word(&verdict)?,
        reason: from_word(&row.get::<_, String>("reason")?)?,
        detail: row.get("detail")?,
        run: run("run_id")?,
        judge_run: run("judge_run_id")?,
        answer: row.get("answer")?,
    };
    Ok(EvaluatedItem { item, result: Some(result) })
}
