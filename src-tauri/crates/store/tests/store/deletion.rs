//! Deletion, its undoing, and what the next start removes.

use crate::fixture::{a_run, all, ended, new, number, open, place, recorded};
use nopenai_domain::{RunFilter, RunId, RunQuery, Timestamp};
use nopenai_store::{Store, StoreError};
use rusqlite::Connection;
use std::time::Duration;

fn words(search: &str) -> RunFilter {
    RunFilter { search: Some(search.to_owned()), ..RunFilter::default() }
}

#[tokio::test]
async fn what_was_deleted_together_is_restored_together() {
    let (_folder, store) = new();
    let history = store.history();
    let mut runs = Vec::new();
    for time in 0..4 {
        runs.push(recorded(&history, time, "a prompt", "an answer").await.id);
    }
    history.tag(runs[0], vec!["kept".to_owned()]).await.unwrap();

    let first = history.delete(vec![runs[0], runs[1], runs[0]]).await.unwrap();
    assert_eq!(first.runs, 2);
    let second = history.delete(vec![runs[1], runs[2]]).await.unwrap();
    assert_eq!(second.runs, 1, "one was deleted before");
    assert!(first.deletion < second.deletion);
    assert_eq!(all(&history, &RunQuery::default(), 10).await, [runs[3]]);
    assert_eq!(history.count(words("prompt")).await.unwrap().count, 1);
    assert!(history.facets().await.unwrap().tags.is_empty());
    assert!(matches!(history.get(runs[0]).await, Err(StoreError::NotFound(_))));
    assert!(matches!(history.rate(runs[0], None).await, Err(StoreError::NotFound(_))));

    assert_eq!(history.restore(first.deletion).await.unwrap(), 2);
    assert_eq!(history.restore(first.deletion).await.unwrap(), 0);
    assert_eq!(history.restore(Timestamp(i64::MAX)).await.unwrap(), 0);
    assert_eq!(all(&history, &RunQuery::default(), 10).await, [runs[3], runs[1], runs[0]]);
    assert_eq!(history.count(words("prompt")).await.unwrap().count, 3);
    assert_eq!(history.facets().await.unwrap().tags, ["kept"]);
}

#[tokio::test]
async fn a_run_under_way_is_not_deleted() {
    let (_folder, store) = new();
    let history = store.history();
    let run = a_run(1);
    history.start(run.clone()).await.unwrap();
    assert_eq!(history.delete(vec![run.id, RunId::generate()]).await.unwrap().runs, 0);
    assert_eq!(history.delete_matching(RunFilter::default()).await.unwrap().runs, 0);
    history.finish(ended(&run, "x")).await.unwrap();
    assert_eq!(history.get(run.id).await.unwrap(), ended(&run, "x"));
}

fn add_1234(connection: &Connection) -> Result<(), StoreError> {
    connection.execute_batch(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1234)
         INSERT INTO prompt_history (position, id, started_at, model_id, model_name,
             streamed, outcome, prompt_start, parameters, prompt)
         SELECT i, 'x' || i, i, 'm', 'M', 1, 'completed', '', '{}',
             iif(i % 2, 'odd one', 'even one') FROM n",
    )?;
    Ok(())
}

#[tokio::test]
async fn a_deletion_that_fails_half_way_is_undone() {
    let (_folder, store) = new();
    let history = store.history();
    store.write(add_1234).await.unwrap();
    let fail = |connection: &Connection| {
        connection.execute_batch(
            "CREATE TEMP TRIGGER unlucky BEFORE UPDATE OF deletion ON prompt_history
             WHEN new.deletion IS NOT NULL AND new.position = 13
             BEGIN SELECT RAISE(FAIL, 'out of luck'); END",
        )?;
        Ok(())
    };
    store.write(fail).await.unwrap();
    let error = history.delete_matching(RunFilter::default()).await.unwrap_err();
    assert!(error.to_string().contains("out of luck"), "{error}");
    assert_eq!(history.count(RunFilter::default()).await.unwrap().count, 1234);
}

#[tokio::test]
async fn more_than_one_write_takes_are_deleted_by_a_filter_and_restored() {
    let (_folder, store) = new();
    let history = store.history();
    store.write(add_1234).await.unwrap();
    let odd = history.delete_matching(words("ODD")).await.unwrap();
    assert_eq!(odd.runs, 617);
    assert_eq!(history.count(words("odd")).await.unwrap().count, 0);
    assert_eq!(history.count(words("one")).await.unwrap().count, 617);
    let late = RunFilter { from: Some(Timestamp(1000)), ..RunFilter::default() };
    assert_eq!(history.delete_matching(late.clone()).await.unwrap().runs, 118);
    assert_eq!(history.restore(odd.deletion).await.unwrap(), 617);
    assert_eq!(history.count(words("odd")).await.unwrap().count, 617);
    assert_eq!(history.count(late).await.unwrap().count, 117);
}

/// The files as a process that is killed leaves them.
fn killed(store: Store) {
    std::mem::forget(store);
}

#[tokio::test]
async fn the_next_start_removes_what_was_deleted_and_nothing_else() {
    let (_folder, path) = place();
    let store = open(&path).unwrap();
    let history = store.history();
    let mut runs = Vec::new();
    for time in 0..130 {
        runs.push(recorded(&history, time, "a prompt", "an answer").await.id);
    }
    history.tag(runs[0], vec!["gone".to_owned()]).await.unwrap();
    let deletion = history.delete(runs[..120].to_vec()).await.unwrap();
    drop((history, store));

    let store = open(&path).unwrap();
    let history = store.history();
    assert_eq!(history.restore(deletion.deletion).await.unwrap(), 0, "only the same process can");
    let again = history.delete(vec![runs[125]]).await.unwrap();
    assert!(again.deletion > deletion.deletion, "the clock stands earlier than the deletion");
    let mut left = i64::MAX;
    for _ in 0..400 {
        left = number(&store, "SELECT count(*) FROM prompt_history").await;
        if left == 10 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(left, 10);
    assert_eq!(number(&store, "SELECT count(*) FROM run_tag").await, 0);
    assert_eq!(
        number(&store, "SELECT count(*) FROM run_text WHERE run_text MATCH 'prompt'").await,
        10,
        "their words are gone too"
    );
    assert_eq!(history.restore(again.deletion).await.unwrap(), 1);
    assert_eq!(history.count(words("prompt")).await.unwrap().count, 10);
    killed(store);

    let whole = Connection::open(&path).unwrap();
    whole
        .execute_batch("INSERT INTO run_text (run_text, rank) VALUES ('integrity-check', 1)")
        .unwrap();
}
