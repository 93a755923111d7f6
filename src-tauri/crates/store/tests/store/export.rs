//! Export: everything, in order, at one moment.

use crate::fixture::{all, new, recorded};
use nopenai_domain::{RunFilter, RunQuery, RunSort};
use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex, mpsc},
};

#[tokio::test]
async fn runs_are_handed_over_whole_and_in_the_order_of_the_list() {
    let (_folder, store) = new();
    let history = store.history();
    for time in 0..700 {
        let word = if time % 7 == 0 { "seventh" } else { "other" };
        recorded(&history, time, word, "answer").await;
    }
    let search = Some("seventh".to_owned());
    for (sort, ascending, search) in [
        (RunSort::Time, false, None),
        (RunSort::Time, true, search.clone()),
        (RunSort::TotalMs, true, None),
        (RunSort::Rating, false, search),
    ] {
        let filter = RunFilter { search, ..RunFilter::default() };
        let query = RunQuery { filter, sort, ascending };
        let listed = all(&history, &query, 500).await;
        let exported = Arc::new(Mutex::new(Vec::new()));
        let keep = exported.clone();
        let each = move |run| {
            keep.lock().unwrap().push(run);
            ControlFlow::Continue(())
        };
        let count = history.export(query, each).await.unwrap();
        let exported = std::mem::take(&mut *exported.lock().unwrap());
        assert_eq!(count, exported.len() as u64);
        assert_eq!(exported.iter().map(|run| run.id).collect::<Vec<_>>(), listed);
        assert_eq!(exported[3], history.get(listed[3]).await.unwrap());
    }
}

#[tokio::test]
async fn breaking_off_ends_it() {
    let (_folder, store) = new();
    let history = store.history();
    for time in 0..10 {
        recorded(&history, time, "a", "b").await;
    }
    let mut left = 3;
    let each = move |_| {
        left -= 1;
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    assert_eq!(history.export(RunQuery::default(), each).await.unwrap(), 3);
}

#[tokio::test]
async fn what_happens_meanwhile_is_not_in_it() {
    let (_folder, store) = new();
    let history = store.history();
    let mut runs = Vec::new();
    for time in 0..5 {
        runs.push(recorded(&history, time, "a", "b").await.id);
    }
    let (begun, has_begun) = mpsc::channel();
    let (go, may_go) = mpsc::channel();
    let exporting = history.clone();
    let export = tokio::spawn(async move {
        let mut first = true;
        let each = move |_| {
            if std::mem::take(&mut first) {
                begun.send(()).unwrap();
                may_go.recv().unwrap();
            }
            ControlFlow::Continue(())
        };
        exporting.export(RunQuery::default(), each).await.unwrap()
    });
    tokio::task::spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
    history.delete(vec![runs[0], runs[1]]).await.unwrap();
    recorded(&history, -1, "late", "late").await;
    go.send(()).unwrap();
    assert_eq!(export.await.unwrap(), 5);
    assert_eq!(all(&history, &RunQuery::default(), 10).await.len(), 4);
}
