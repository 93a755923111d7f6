//! A disk without room: said clearly, and nothing is lost that was
//! acknowledged. SQLite itself answers SQLITE_FULL beyond a number of pages.

use crate::fixture::{a_run, all, ended, new, number, open, place};
use nopenai_domain::{Code, Error, Run, RunFilter, RunQuery, Settings};
use nopenai_store::{Store, StoreError};
use rusqlite::Connection;
use std::sync::mpsc;

/// No page more than there are, and so many.
async fn fill(store: &Store, room: i64) {
    let limit = move |connection: &Connection| {
        let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
        let most = pages + room;
        connection.pragma_update_and_check(None, "max_page_count", most, |_| Ok(()))?;
        Ok(())
    };
    store.write(limit).await.unwrap();
}

async fn empty(store: &Store) {
    let limit = |connection: &Connection| {
        connection
            .pragma_update_and_check(None, "max_page_count", i64::from(i32::MAX), |_| Ok(()))?;
        Ok(())
    };
    store.write(limit).await.unwrap();
}

fn says_that_the_disk_is_full(error: StoreError) {
    let error = Error::from(error);
    assert_eq!(error.code, Code::StoreUnavailable, "{error}");
    assert!(error.message.starts_with("The disk is full: free some space"), "{error}");
}

#[tokio::test]
async fn every_write_says_so_and_goes_on_when_there_is_room() {
    let (_folder, path) = place();
    let store = open(&path).unwrap();
    let history = store.history();
    let kept = a_run(1);
    history.start(kept.clone()).await.unwrap();
    for sequence in 0..3 {
        history.append(kept.id, sequence, format!("{sequence} "));
    }
    fill(&store, 0).await;

    let long = "x ".repeat(500_000);
    let big = Run { prompt: long.clone(), ..a_run(2) };
    says_that_the_disk_is_full(history.start(big.clone()).await.unwrap_err());
    says_that_the_disk_is_full(history.finish(ended(&kept, &long)).await.unwrap_err());
    let settings = Settings {
        models_folder: Some(format!("/{}", "x".repeat(100_000))),
        ..Settings::default()
    };
    says_that_the_disk_is_full(store.settings().set(settings.clone()).await.unwrap_err());
    assert_eq!(history.get(kept.id).await.unwrap(), kept, "it is still under way");
    assert_eq!(number(&store, "SELECT count(*) FROM answer_piece").await, 3);
    assert_eq!(store.settings().get().await.unwrap(), Settings::default());

    empty(&store).await;
    history.finish(ended(&kept, &long)).await.unwrap();
    history.start(big.clone()).await.unwrap();
    drop((history, store));
    let store = open(&path).unwrap();
    let history = store.history();
    assert_eq!(all(&history, &RunQuery::default(), 9).await, [big.id, kept.id]);
    assert_eq!(history.get(kept.id).await.unwrap(), ended(&kept, &long));
    let search = Some("x".to_owned());
    let found = history.count(RunFilter { search, ..RunFilter::default() }).await.unwrap();
    assert_eq!(found.count, 2);
}

/// On a full disk SQLite gives up the whole transaction for some writes: those
/// that were committed together with one must not be taken for kept.
#[tokio::test]
async fn a_transaction_that_is_given_up_is_told_to_all_it_held() {
    let (_folder, store) = new();
    fill(&store, 0).await;
    let (begun, has_begun) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let wait = move |_: &Connection| {
        begun.send(()).unwrap();
        may_go.recv().unwrap();
        Ok(())
    };
    store.write_later(wait, |result| result.unwrap());
    has_begun.recv().unwrap();
    let (heard, hears) = mpsc::channel();
    // All three wait, so that one transaction takes them.
    for (name, length) in [("before", 1), ("big", 1_000_000), ("after", 1)] {
        let put = move |connection: &Connection| {
            let value = "x".repeat(length);
            connection.execute("INSERT INTO setting VALUES (?1, ?2)", (name, value))?;
            Ok(())
        };
        let heard = heard.clone();
        store.write_later(put, move |result| heard.send(result).unwrap());
    }
    go.send(()).unwrap();
    let results = tokio::task::spawn_blocking(move || hears.iter().take(3).collect::<Vec<_>>());
    let [before, big, after] = results.await.unwrap().try_into().unwrap();
    says_that_the_disk_is_full(before.unwrap_err());
    says_that_the_disk_is_full(big.unwrap_err());
    after.unwrap();
    let kept = "SELECT count(*) FROM setting WHERE name = 'after'";
    assert_eq!(number(&store, kept).await, 1);
    assert_eq!(number(&store, "SELECT count(*) FROM setting").await, 1, "and no other");
}
