//! Filters, orders and pages against a list in memory.

use crate::fixture::{a_run, all, new};
use nopenai_domain::{
    Measures, ModeId, ModeRef, ModelId, Outcome, Run, RunFilter, RunId, RunQuery, RunSort,
    Timestamp,
};
use nopenai_store::History;
use proptest::{collection::vec, option, prelude::*, sample::select};
use std::{cmp::Ordering, collections::BTreeSet};

const SORTS: [RunSort; 6] = [
    RunSort::Time,
    RunSort::TotalMs,
    RunSort::TtftMs,
    RunSort::TokensPerS,
    RunSort::TokensOut,
    RunSort::Rating,
];
const OUTCOMES: [Outcome; 4] =
    [Outcome::Completed, Outcome::Stopped, Outcome::Failed, Outcome::Interrupted];
const WORDS: [&str; 5] = ["alpha", "alphabet", "beta", "Gamma", "delta"];
const TAGS: [&str; 3] = ["one", "two", "three"];

/// A run with few different values, so that many are equal or absent.
fn some_run() -> impl Strategy<Value = Run> {
    let measure = || option::of((0..3_u8).prop_map(|value| f64::from(value) * 1.5 - 1.0));
    (
        (0..30_i64, 0..3_u8, option::of(0..3_u8), select(&OUTCOMES[..])),
        (measure(), measure(), measure(), option::of(0..3_u32)),
        (option::of(1..=5_u8), vec(select(&TAGS[..]), 0..3), vec(select(&WORDS[..]), 0..4)),
        any::<bool>(),
    )
        .prop_map(
            |((time, model, mode, outcome), measures, (rating, tags, words), deleted)| Run {
                model: ModelId(format!("model-{model}")),
                mode: mode
                    .map(|mode| ModeRef { id: ModeId(format!("mode-{mode}")), name: "M".into() }),
                outcome,
                measures: Measures {
                    total_ms: measures.0,
                    ttft_ms: measures.1,
                    tokens_per_s: measures.2,
                    tokens_in: None,
                    tokens_out: measures.3,
                    cache: None,
                },
                rating,
                tags: tags
                    .into_iter()
                    .map(str::to_owned)
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .collect(),
                prompt: words.join(" "),
                // Marks those that are deleted before they are asked for.
                model_name: if deleted { "deleted" } else { "kept" }.to_owned(),
                ..a_run(time)
            },
        )
}

fn some_query() -> impl Strategy<Value = RunQuery> {
    let search = option::weighted(0.4, vec(select(&["al", "alpha", "b", "gam", "x"][..]), 1..3));
    (
        (search, vec(0..3_u8, 0..3), vec(0..3_u8, 0..2), vec(select(&OUTCOMES[..]), 0..3)),
        (option::weighted(0.3, 1..=5_u8), vec(select(&TAGS[..]), 0..2)),
        (option::weighted(0.3, 0..40_i64), option::weighted(0.3, 0..40_i64)),
        (select(&SORTS[..]), any::<bool>()),
    )
        .prop_map(
            |((search, models, modes, outcomes), (min_rating, tags), (from, until), order)| {
                RunQuery {
                    filter: RunFilter {
                        search: search.map(|words| words.join(" ")),
                        models: models
                            .iter()
                            .map(|model| ModelId(format!("model-{model}")))
                            .collect(),
                        modes: modes.iter().map(|mode| ModeId(format!("mode-{mode}"))).collect(),
                        outcomes,
                        min_rating,
                        tags: tags.into_iter().map(str::to_owned).collect(),
                        from: from.map(Timestamp),
                        until: until.map(Timestamp),
                    },
                    sort: order.0,
                    ascending: order.1,
                }
            },
        )
}

/// Whether a run at a position meets a filter, word by word.
fn meets(filter: &RunFilter, run: &Run, position: i64) -> bool {
    let any = |none: bool, some: bool| none || some;
    let words: Vec<String> = run.prompt.split_whitespace().map(str::to_lowercase).collect();
    let sought: Vec<&str> = filter.search.iter().flat_map(|text| text.split(' ')).collect();
    let found = sought.iter().enumerate().all(|(at, text)| {
        let last = at + 1 == sought.len();
        words.iter().any(|word| word == text || (last && word.starts_with(text)))
    });
    let mode = run.mode.as_ref().map(|mode| &mode.id);
    found
        && any(filter.models.is_empty(), filter.models.contains(&run.model))
        && any(filter.modes.is_empty(), mode.is_some_and(|mode| filter.modes.contains(mode)))
        && any(filter.outcomes.is_empty(), filter.outcomes.contains(&run.outcome))
        && filter.min_rating.is_none_or(|least| run.rating.is_some_and(|rating| rating >= least))
        && any(filter.tags.is_empty(), filter.tags.iter().any(|tag| run.tags.contains(tag)))
        && filter.from.is_none_or(|from| position >= from.0)
        && filter.until.is_none_or(|until| position < until.0)
}

fn value(sort: RunSort, run: &Run) -> Option<f64> {
    match sort {
        RunSort::Time => None,
        RunSort::TotalMs => run.measures.total_ms,
        RunSort::TtftMs => run.measures.ttft_ms,
        RunSort::TokensPerS => run.measures.tokens_per_s,
        RunSort::TokensOut => run.measures.tokens_out.map(f64::from),
        RunSort::Rating => run.rating.map(f64::from),
    }
}

fn expected(query: &RunQuery, runs: &[(i64, Run)]) -> Vec<RunId> {
    let mut chosen: Vec<_> = runs
        .iter()
        .filter(|(position, run)| meets(&query.filter, run, *position))
        .map(|(position, run)| (value(query.sort, run), *position, run.id))
        .collect();
    chosen.sort_by(|a, b| {
        let turn = |order: Ordering| if query.ascending { order } else { order.reverse() };
        let values = match (a.0, b.0) {
            (Some(a), Some(b)) => turn(a.total_cmp(&b)),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        values.then(turn(a.1.cmp(&b.1)))
    });
    chosen.into_iter().map(|(_, _, run)| run).collect()
}

/// Records the runs, and gives those that are kept by position.
async fn record(history: &History, runs: Vec<Run>) -> Vec<(i64, Run)> {
    let mut taken = BTreeSet::new();
    let (mut kept, mut deleted) = (Vec::new(), Vec::new());
    for run in runs {
        let position = (run.started_at.0..).find(|position| taken.insert(*position)).unwrap();
        let started = Run { outcome: Outcome::Running, ..run.clone() };
        history.start(started).await.unwrap();
        history.finish(run.clone()).await.unwrap();
        if run.model_name == "deleted" {
            deleted.push(run.id);
        } else {
            kept.push((position, run));
        }
    }
    history.delete(deleted).await.unwrap();
    kept
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn pages_hold_every_run_once_in_order(
        runs in vec(some_run(), 0..60),
        queries in vec(some_query(), 24),
        limit in 1..7_u32,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (_folder, store) = new();
            let history = store.history();
            let kept = record(&history, runs).await;
            for query in &queries {
                let expected = expected(query, &kept);
                assert_eq!(all(&history, query, limit).await, expected, "{query:?}");
                let count = history.count(query.filter.clone()).await.unwrap();
                assert_eq!((count.count, count.at_least), (expected.len() as u64, false));
            }
            // What a filter deletes is what it finds.
            let found = expected(&queries[0], &kept).len() as u64;
            let deletion = history.delete_matching(queries[0].filter.clone()).await.unwrap();
            assert_eq!(deletion.runs, found);
            assert_eq!(history.count(RunFilter::default()).await.unwrap().count, kept.len() as u64 - found);
        });
    }
}
