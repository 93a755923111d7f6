//! The store against real files: what survives, what is refused.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use nopenai_domain::{
    Clock, Code, Error, FinishReason, Measures, ModelId, Outcome, PageRequest, Parameters, Run,
    RunId, Timestamp,
};
use nopenai_store::{Store, StoreError};
use proptest::prelude::*;
use rusqlite::Connection;
use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// Moves one microsecond at each look.
#[derive(Default)]
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

fn open(path: &Path) -> Result<Store, StoreError> {
    Store::open(path, Arc::new(Ticking::default()))
}

fn a_run(started_at: i64) -> Run {
    Run {
        id: RunId::generate(),
        started_at: Timestamp(started_at),
        model: ModelId("folder/model.gguf".to_owned()),
        model_name: "A model".to_owned(),
        prompt: "Wer? ما؟ 谁\u{0}?".to_owned(),
        answer: String::new(),
        parameters: Parameters { seed: Some((1 << 53) - 1), ..Parameters::default() },
        outcome: Outcome::Running,
        finish_reason: None,
        error: None,
        measures: Measures::default(),
    }
}

fn ended(run: &Run, answer: &str) -> Run {
    Run {
        answer: answer.to_owned(),
        outcome: Outcome::Completed,
        finish_reason: Some(FinishReason::Stop),
        measures: Measures {
            total_ms: Some(812.5),
            ttft_ms: Some(95.0),
            tokens_per_s: Some(41.25),
            tokens_in: Some(42),
            tokens_out: Some(30),
        },
        ..run.clone()
    }
}

#[tokio::test]
async fn a_run_is_read_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(&folder.path().join("s.db")).unwrap().history();
    let run = a_run(5);
    history.start(run.clone()).await.unwrap();
    assert_eq!(history.get(run.id).await.unwrap(), run);

    let done = ended(&run, "An answer");
    history.finish(done.clone()).await.unwrap();
    assert_eq!(history.get(run.id).await.unwrap(), done);

    let failed = Run {
        outcome: Outcome::Failed,
        error: Some(Error::new(Code::EngineFailed, "killed").with("signal", 9)),
        ..done
    };
    history.finish(failed.clone()).await.unwrap();
    assert_eq!(history.get(run.id).await.unwrap(), failed);
}

#[tokio::test]
async fn what_was_streamed_before_a_kill_is_an_interrupted_run_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.db");
    let copy = folder.path().join("copy.db");
    let store = open(&path).unwrap();
    let run = a_run(5);
    store.history().start(run.clone()).await.unwrap();
    for (sequence, piece) in ["To", " be", " or"].into_iter().enumerate() {
        store.history().append(run.id, sequence as u64, piece.to_owned());
    }
    // The writer works in order: what came before is committed with this.
    store.write(|_| Ok(())).await.unwrap();
    // The files as a kill at this moment leaves them.
    fs::copy(&path, &copy).unwrap();
    fs::copy(folder.path().join("s.db-wal"), folder.path().join("copy.db-wal")).unwrap();

    let history = open(&copy).unwrap().history();
    let found = history.get(run.id).await.unwrap();
    assert_eq!(found.outcome, Outcome::Interrupted);
    assert_eq!(found.answer, "To be or");
}

#[tokio::test]
async fn a_finished_run_leaves_no_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("s.db")).unwrap();
    let run = a_run(5);
    store.history().start(run.clone()).await.unwrap();
    store.history().append(run.id, 0, "x".to_owned());
    store.history().finish(ended(&run, "x")).await.unwrap();
    let pieces: i64 = store
        .read(|connection| {
            Ok(connection.query_row("SELECT count(*) FROM answer_piece", [], |row| row.get(0))?)
        })
        .await
        .unwrap();
    assert_eq!(pieces, 0);
}

#[tokio::test]
async fn a_deleted_run_can_be_restored_until_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.db");
    let store = open(&path).unwrap();
    let history = store.history();
    let run = a_run(5);
    history.start(run.clone()).await.unwrap();
    assert!(matches!(history.delete(run.id).await, Err(StoreError::NotFound(_))), "it is running");
    history.finish(ended(&run, "")).await.unwrap();

    history.delete(run.id).await.unwrap();
    assert!(matches!(history.get(run.id).await, Err(StoreError::NotFound(_))));
    assert!(matches!(history.delete(run.id).await, Err(StoreError::NotFound(_))));
    history.restore(run.id).await.unwrap();
    assert!(history.get(run.id).await.is_ok());
    assert!(matches!(history.restore(run.id).await, Err(StoreError::NotFound(_))));

    history.delete(run.id).await.unwrap();
    drop((history, store));
    let history = open(&path).unwrap().history();
    assert!(matches!(history.restore(run.id).await, Err(StoreError::NotFound(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn paging_visits_every_run_once_newest_first(
        times in proptest::collection::vec(0..5_i64, 0..40), limit in 1..7_u32,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let history = open(&folder.path().join("s.db")).unwrap().history();
            let mut expected = BTreeSet::new();
            for time in times {
                let run = a_run(time);
                expected.insert((time, run.id.to_string()));
                history.start(run).await.unwrap();
            }
            let mut seen = Vec::new();
            let mut after = None;
            loop {
                let page = history.page(PageRequest { limit, after }).await.unwrap();
                assert!(page.items.len() <= limit as usize);
                seen.extend(page.items.iter().map(|run| (run.started_at.0, run.id.to_string())));
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
            assert_eq!(seen, expected.into_iter().rev().collect::<Vec<_>>());
        });
    }
}

#[tokio::test]
async fn a_cursor_of_somebody_else_is_bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(&folder.path().join("s.db")).unwrap().history();
    for cursor in ["", "x", "1.2", "1.'; DROP TABLE prompt_history; --"] {
        let request = PageRequest { limit: 1, after: Some(cursor.to_owned()) };
        let error = Error::from(history.page(request).await.unwrap_err());
        assert_eq!(error.code, Code::InvalidInput, "{cursor}");
        assert_eq!(error.details["field"], "after");
    }
}

#[tokio::test]
async fn a_write_that_fails_takes_no_other_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("s.db")).unwrap();
    let run = a_run(1);
    let history = store.history();
    let same = run.clone();
    let (first, second, third) =
        tokio::join!(history.start(run.clone()), history.start(same), history.start(a_run(2)),);
    assert!(first.is_ok() && third.is_ok());
    assert!(second.is_err(), "the identifier is taken");
    assert_eq!(history.page(PageRequest::default()).await.unwrap().items.len(), 2);
}

/// Opening fails with `code`, and the file stays as it is.
fn refused(path: &Path, code: Code) -> Error {
    let before = fs::read(path).unwrap();
    let error = Error::from(open(path).err().expect("the file is refused"));
    assert_eq!(error.code, code, "{error}");
    assert!(error.message.contains("studio.db") || !error.message.is_empty());
    assert_eq!(fs::read(path).unwrap(), before, "the file was changed");
    error
}

#[test]
fn files_that_are_not_ours_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("studio.db");

    fs::write(&path, "Dear diary,\n".repeat(1000)).unwrap();
    refused(&path, Code::StoreRefused);

    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    refused(&path, Code::StoreRefused);
}

#[test]
fn a_newer_schema_is_refused_by_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("studio.db");
    drop(open(&path).unwrap());
    let newer = nopenai_store::latest_version() + 1;
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", newer).unwrap();
    drop(connection);
    let error = refused(&path, Code::StoreRefused);
    assert!(error.message.contains(&format!("schema {newer}")), "{error}");
}

#[tokio::test]
async fn a_damaged_page_is_found_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("studio.db");
    let store = open(&path).unwrap();
    for time in 0..200 {
        store.history().start(a_run(time)).await.unwrap();
    }
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    refused(&path, Code::StoreRefused);
}

#[tokio::test]
async fn a_full_disk_is_said_and_costs_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("s.db")).unwrap();
    let history = store.history();
    let kept = a_run(1);
    history.start(kept.clone()).await.unwrap();
    // SQLite itself answers SQLITE_FULL beyond this size.
    store
        .write(|connection| {
            let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
            connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
            Ok(())
        })
        .await
        .unwrap();
    let big = Run { prompt: "x".repeat(1_000_000), ..a_run(2) };
    let error = Error::from(history.start(big).await.unwrap_err());
    assert_eq!(error.code, Code::StoreUnavailable);
    assert!(error.message.contains("full"), "{error}");
    assert_eq!(history.get(kept.id).await.unwrap(), kept);
    assert_eq!(history.page(PageRequest::default()).await.unwrap().items.len(), 1);
}

#[test]
fn a_folder_that_cannot_be_written_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    fs::write(&file, "").unwrap();
    let error = Error::from(open(&file.join("s.db")).err().expect("a file is no folder"));
    assert_eq!(error.code, Code::StoreUnavailable, "{error}");
}
