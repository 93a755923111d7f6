//! Comparisons a person saved: table `comparison`.

use crate::{
    Result, Store, StoreError,
    value::{from_json, from_word, json, word},
};
use nopenai_domain::{Comparison, Page, PageRequest, Timestamp};
use rusqlite::{Connection, Row, named_params, params};

/// The comparisons of a [`Store`].
#[derive(Clone)]
pub struct Comparisons {
    store: Store,
}

impl Comparisons {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Keeps a comparison, in place of the one of its identifier, and gives it
    /// back as it is kept: a fraction read from JSON may differ in its last
    /// bit from the one that was written.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn save(&self, saved: Comparison) -> Result<Comparison> {
        let write = move |connection: &Connection| {
            connection.query_row(
                "INSERT OR REPLACE INTO comparison (id, at, run_a, run_b, model_a, model_b, \
                 prompt, weights, score, winner, overridden, note) VALUES (:id, :at, :run_a, \
                 :run_b, :model_a, :model_b, :prompt, :weights, :score, :winner, :overridden, \
                 :note) RETURNING *",
                named_params! {
                    ":id": saved.id.to_string(),
                    ":at": saved.at.0,
                    ":run_a": saved.run_a.to_string(),
                    ":run_b": saved.run_b.to_string(),
                    ":model_a": saved.model_a,
                    ":model_b": saved.model_b,
                    ":prompt": saved.prompt,
                    ":weights": json(&saved.weights)?,
                    ":score": json(&saved.score)?,
                    ":winner": saved.winner.as_ref().map(word).transpose()?,
                    ":overridden": saved.overridden,
                    ":note": saved.note,
                },
                |row| Ok(comparison(row)),
            )?
        };
        self.store.write(write).await
    }

    /// One page, newest first.
    ///
    /// # Errors
    /// [`StoreError::Cursor`] for a cursor that is none of ours;
    /// [`StoreError::Input`] for a limit out of range.
    pub async fn page(&self, request: PageRequest) -> Result<Page<Comparison>> {
        request.validate()?;
        let (at, id) = match request.after.as_deref() {
            Some(text) => cursor(text)?,
            // Behind every identifier.
            None => (i64::MAX, "~".to_owned()),
        };
        let limit = request.limit as usize;
        let read = move |connection: &Connection| {
            let mut items = connection
                .prepare_cached(
                    "SELECT * FROM comparison WHERE (at, id) < (?1, ?2) \
                     ORDER BY at DESC, id DESC LIMIT ?3",
                )?
                .query_map(params![at, id, limit as i64 + 1], |row| Ok(comparison(row)))?
                .map(|comparison| comparison?)
                .collect::<Result<Vec<_>>>()?;
            let more = items.len() > limit;
            items.truncate(limit);
            let next =
                items.last().filter(|_| more).map(|last| format!("{}~{}", last.at.0, last.id));
            Ok(Page { items, next })
        };
        self.store.read(read).await
    }
}

fn cursor(text: &str) -> Result<(i64, String)> {
    let parsed = text.split_once('~').and_then(|(at, id)| {
        let id: nopenai_domain::RunId = from_word(id).ok()?;
        Some((at.parse().ok()?, id.to_string()))
    });
    parsed.ok_or_else(|| StoreError::Cursor(text.chars().take(64).collect()))
}

fn comparison(row: &Row<'_>) -> Result<Comparison> {
    let text = |column: &str| row.get::<_, String>(column);
    let winner: Option<String> = row.get("winner")?;
    Ok(Comparison {
        id: from_word::<nopenai_domain::RunId>(&text("id")?)?.0,
        at: Timestamp(row.get("at")?),
        run_a: from_word(&text("run_a")?)?,
        run_b: from_word(&text("run_b")?)?,
        model_a: text("model_a")?,
        model_b: text("model_b")?,
        prompt: text("prompt")?,
        weights: from_json(&text("weights")?)?,
        score: from_json(&text("score")?)?,
        winner: winner.as_deref().map(from_word).transpose()?,
        overridden: row.get("overridden")?,
        note: text("note")?,
    })
}
