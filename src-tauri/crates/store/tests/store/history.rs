//! Runs, from their start to their end, and what a person adds.

use crate::fixture::{a_run, ended, new, number, open, recorded};
use nopenai_domain::{
    Code, Error, Facet, ModeId, ModeRef, ModelId, Outcome, PageRequest, Run, RunFacets, RunFilter,
    RunQuery, RunSort,
};
use nopenai_store::StoreError;
use std::fs;

#[tokio::test]
async fn a_run_is_read_back_as_it_was_written() {
    let (_folder, store) = new();
    let history = store.history();
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
    let (_folder, store) = new();
    let run = a_run(5);
    store.history().start(run.clone()).await.unwrap();
    store.history().append(run.id, 0, "x".to_owned());
    store.history().finish(ended(&run, "x")).await.unwrap();
    assert_eq!(number(&store, "SELECT count(*) FROM answer_piece").await, 0);
}

#[tokio::test]
async fn a_cursor_of_somebody_else_is_bad_input() {
    let (_folder, store) = new();
    let history = store.history();
    for time in 0..3 {
        recorded(&history, time, "a", "b").await;
    }
    let page = |query: RunQuery, after: &str| {
        history.page(query, PageRequest { limit: 1, after: Some(after.to_owned()) })
    };
    let by_time = RunQuery::default();
    let first = history.page(by_time.clone(), PageRequest { limit: 1, after: None }).await.unwrap();
    let next = first.next.unwrap();
    assert!(page(by_time.clone(), &next).await.is_ok());

    let by_latency = RunQuery { sort: RunSort::TotalMs, ..RunQuery::default() };
    let upwards = RunQuery { ascending: true, ..RunQuery::default() };
    let mut refused = vec![(by_latency.clone(), next.clone()), (upwards, next.clone())];
    for cursor in ["", "x", "1.2", "time-down~1~2", "time-down~~x", "time-down~~1~", "~~~~"] {
        refused.push((by_time.clone(), cursor.to_owned()));
    }
    for cursor in ["totalms-down~NaN~1", "totalms-down~x~1", "1.'; DROP TABLE prompt_history; --"] {
        refused.push((by_latency.clone(), cursor.to_owned()));
    }
    for (query, cursor) in refused {
        let error = Error::from(page(query, &cursor).await.unwrap_err());
        assert_eq!(error.code, Code::InvalidInput, "{cursor}");
        assert_eq!(error.details["field"], "after");
    }
}

#[tokio::test]
async fn a_write_that_fails_takes_no_other_with_it() {
    let (_folder, store) = new();
    let run = a_run(1);
    let history = store.history();
    let same = run.clone();
    let (first, second, third) =
        tokio::join!(history.start(run.clone()), history.start(same), history.start(a_run(2)),);
    assert!(first.is_ok() && third.is_ok());
    assert!(second.is_err(), "the identifier is taken");
    assert_eq!(
        history.page(RunQuery::default(), PageRequest::default()).await.unwrap().items.len(),
        2
    );
}

#[tokio::test]
async fn a_row_of_the_list_says_what_the_run_says() {
    let (_folder, store) = new();
    let history = store.history();
    let prompt = format!("{}\u{0}end", "é".repeat(198));
    let run = recorded(&history, 7, &prompt, "An answer").await;
    history.rate(run.id, Some(4)).await.unwrap();
    history.tag(run.id, vec!["b".to_owned(), "a".to_owned()]).await.unwrap();

    let page = history.page(RunQuery::default(), PageRequest::default()).await.unwrap();
    let [row] = page.items.as_slice() else { panic!("one row, not {}", page.items.len()) };
    assert_eq!(row.id, run.id);
    assert_eq!(row.started_at, run.started_at);
    assert_eq!(row.model, run.model);
    assert_eq!(row.model_name, run.model_name);
    assert_eq!(row.mode, run.mode);
    assert_eq!(row.prompt_start, format!("{}\u{0}e", "é".repeat(198)));
    assert_eq!(row.outcome, run.outcome);
    assert_eq!(row.measures, run.measures);
    assert_eq!(row.cost, run.cost);
    assert_eq!(row.rating, Some(4));
    assert_eq!(row.tags, ["a", "b"]);
    assert!(page.next.is_none());
}

#[tokio::test]
async fn a_rating_is_one_to_five_and_can_be_taken_away() {
    let (_folder, store) = new();
    let history = store.history();
    let run = recorded(&history, 1, "a", "b").await;
    for rating in [Some(1), Some(5), None] {
        history.rate(run.id, rating).await.unwrap();
        assert_eq!(history.get(run.id).await.unwrap().rating, rating);
    }
    for rating in [0, 6] {
        let error = Error::from(history.rate(run.id, Some(rating)).await.unwrap_err());
        assert_eq!(error.code, Code::InvalidInput);
        assert_eq!(error.details["field"], "rating");
    }
    let other = history.rate(a_run(1).id, Some(1)).await;
    assert!(matches!(other, Err(StoreError::NotFound(_))));
    let bad = RunFilter { min_rating: Some(6), ..RunFilter::default() };
    let error = Error::from(history.count(bad).await.unwrap_err());
    assert_eq!(error.details["field"], "min_rating");
}

#[tokio::test]
async fn tags_are_trimmed_sorted_once_each_and_bounded() {
    let (_folder, store) = new();
    let history = store.history();
    let run = recorded(&history, 1, "a", "b").await;
    let tag =
        |tags: &[&str]| history.tag(run.id, tags.iter().map(|tag| (*tag).to_owned()).collect());
    tag(&[" beta", "Alpha ", "beta", "جيد", "a'b\"c"]).await.unwrap();
    let tags = history.get(run.id).await.unwrap().tags;
    assert_eq!(tags, ["Alpha", "a'b\"c", "beta", "جيد"]);
    assert_eq!(history.facets().await.unwrap().tags, tags);
    assert_eq!(number(&store, "SELECT count(*) FROM run_tag").await, 4);

    tag(&["beta", &"é".repeat(40)]).await.unwrap();
    assert_eq!(number(&store, "SELECT count(*) FROM run_tag").await, 2);
    tag(&[]).await.unwrap();
    assert_eq!(history.get(run.id).await.unwrap().tags, [""; 0]);
    assert_eq!(number(&store, "SELECT count(*) FROM run_tag").await, 0);

    let many: Vec<String> = (0..17).map(|number| number.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    tag(&many[..16]).await.unwrap();
    for tags in [&many[..], &[" "], &["é".repeat(41).as_str()]] {
        let error = Error::from(tag(tags).await.unwrap_err());
        assert_eq!(error.code, Code::InvalidInput);
        assert_eq!(error.details["field"], "tags");
    }
    assert_eq!(history.get(run.id).await.unwrap().tags.len(), 16);
}

#[tokio::test]
async fn filters_choose_from_what_there_is_by_its_latest_name() {
    let (_folder, store) = new();
    let history = store.history();
    assert_eq!(history.facets().await.unwrap(), RunFacets::default());
    for (time, model, name, mode) in [
        (1, "b.gguf", "Old name", Some("fast")),
        (9, "b.gguf", "New name", Some("expert")),
        (5, "a.gguf", "Zeta", None),
    ] {
        let mode = mode.map(|mode| ModeRef { id: ModeId(mode.into()), name: mode.to_uppercase() });
        let model = ModelId(model.to_owned());
        let run = Run { model, model_name: name.to_owned(), mode, ..a_run(time) };
        history.start(run).await.unwrap();
    }
    let facet = |id: &str, name: &str| Facet { id: id.to_owned(), name: name.to_owned() };
    let facets = history.facets().await.unwrap();
    assert_eq!(facets.models, [facet("b.gguf", "New name"), facet("a.gguf", "Zeta")]);
    assert_eq!(facets.modes, [facet("expert", "EXPERT"), facet("fast", "FAST")]);
}

#[tokio::test]
async fn runs_of_one_microsecond_take_the_next_free_positions() {
    let (_folder, store) = new();
    let history = store.history();
    for time in [5, 5, 6, 5, -3] {
        history.start(a_run(time)).await.unwrap();
    }
    let positions = "SELECT group_concat(position, ' ') FROM \
                     (SELECT position FROM prompt_history ORDER BY position)";
    let positions: String = store
        .read(move |connection| Ok(connection.query_row(positions, [], |row| row.get(0))?))
        .await
        .unwrap();
    assert_eq!(positions, "-3 5 6 7 8");
}
