//! What every test needs.

use nopenai_domain::{
    CacheUse, Clock, Cost, FinishReason, Likely, Measures, ModeId, ModeRef, ModelId, Outcome,
    PageRequest, Parameters, RemoteUse, Run, RunId, RunQuery, Runtime, Timestamp, TokenLikelihood,
};
use nopenai_store::{History, Store, StoreError};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};
use tempfile::TempDir;

/// Moves one microsecond at each look.
#[derive(Default)]
pub struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// A folder with a path for a database.
pub fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("studio.db");
    (folder, path)
}

/// Opens a store whose clock begins at 0.
pub fn open(path: &Path) -> Result<Store, StoreError> {
    Store::open(path, Arc::new(Ticking::default()))
}

/// A store in a folder of its own.
pub fn new() -> (TempDir, Store) {
    let (folder, path) = place();
    let store = open(&path).unwrap();
    (folder, store)
}

/// A run that has started.
pub fn a_run(started_at: i64) -> Run {
    Run {
        id: RunId::generate(),
        started_at: Timestamp(started_at),
        model: ModelId("folder/model.gguf".to_owned()),
        model_name: "A model".to_owned(),
        prompt: "Wer? ما؟ 谁\u{0}?".to_owned(),
        answer: String::new(),
        parameters: Parameters {
            seed: Some((1 << 53) - 1),
            stop: vec!["\n\n".to_owned()],
            ..Parameters::default()
        },
        outcome: Outcome::Running,
        finish_reason: None,
        error: None,
        measures: Measures::default(),
        runtime: None,
        chat_template: Some("{{ messages }}".to_owned()),
        likelihoods: None,
        remote: None,
        mode: Some(ModeRef { id: ModeId("fast".to_owned()), name: "Fast".to_owned() }),
        chat: None,
        context: None,
        streamed: true,
        cost: None,
        rating: None,
        tags: Vec::new(),
    }
}

/// That run with its answer.
pub fn ended(run: &Run, answer: &str) -> Run {
    Run {
        answer: answer.to_owned(),
        outcome: Outcome::Completed,
        finish_reason: Some(FinishReason::Stop),
        runtime: Some(Runtime::LlamaCpp),
        likelihoods: Some(vec![TokenLikelihood {
            drawn: Likely { text: "\u{fffd}\"".to_owned(), logprob: -0.25 },
            alternatives: vec![Likely { text: " a".to_owned(), logprob: -0.125 }],
        }]),
        remote: Some(RemoteUse {
            host: "api.example:8443".to_owned(),
            left_out: vec!["top_k".to_owned()],
        }),
        measures: Measures {
            total_ms: Some(812.5),
            ttft_ms: Some(95.0),
            tokens_per_s: Some(41.25),
            tokens_in: Some(42),
            tokens_out: Some(30),
            cache: Some(CacheUse::Miss),
        },
        cost: Some(Cost { amount: 0.000_42, currency: "EUR".to_owned(), priced_at: Timestamp(-1) }),
        ..run.clone()
    }
}

/// Records a run with prompt and answer; gives it as recorded.
pub async fn recorded(history: &History, started_at: i64, prompt: &str, answer: &str) -> Run {
    let run = Run { prompt: prompt.to_owned(), ..a_run(started_at) };
    history.start(run.clone()).await.unwrap();
    let run = ended(&run, answer);
    history.finish(run.clone()).await.unwrap();
    run
}

/// The runs of a query, page by page, each with so many rows.
pub async fn all(history: &History, query: &RunQuery, limit: u32) -> Vec<RunId> {
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = history.page(query.clone(), PageRequest { limit, after }).await.unwrap();
        assert!(page.items.len() <= limit as usize);
        seen.extend(page.items.iter().map(|run| run.id));
        match page.next {
            Some(next) => after = Some(next),
            None => return seen,
        }
    }
}

/// One number out of the database.
pub async fn number(store: &Store, sql: &'static str) -> i64 {
    store
        .read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?))
        .await
        .unwrap()
}
