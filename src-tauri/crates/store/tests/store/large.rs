//! Tens of thousands of runs: every way an order is followed, against plain
//! SQL over the whole table.

use crate::fixture::new;
use nopenai_domain::{ModelId, Outcome, PageRequest, RunFilter, RunQuery, RunSort, Timestamp};
use nopenai_store::{History, Store};

const RUNS: &str = "
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 70000)
    INSERT INTO prompt_history (position, id, started_at, model_id, model_name, mode_id,
        mode_name, streamed, outcome, total_ms, rating, tags, prompt_start, parameters, prompt)
    SELECT i, printf('00000000-0000-7000-8000-%012d', i), i,
        -- Models stand behind each other by latency, the small ones last.
        CASE WHEN i <= 24000 THEN iif(i % 2, 'half', 'other') WHEN i <= 59000 THEN 'many'
            WHEN i <= 69000 THEN 'some' ELSE 'few' END,
        'M', iif(i % 3, 'fast', NULL), iif(i % 3, 'Fast', NULL), 1,
        iif(i % 5, 'completed', 'failed'), iif(i % 5, i / 7 * 1.5, NULL),
        nullif(i * 7919 % 6, 0),
        iif(i % 10, '[]', '[\"tenth\"]'), '', '{}',
        -- The newest runs are no measure of the others.
        iif(i % 50, 'common', 'common rare') || iif(i > 66000, ' late', '')
    FROM n";

/// The first runs of a query, by pages, and by a plain statement.
async fn compare(store: &Store, query: RunQuery, condition: &'static str) {
    let order = match query.sort {
        RunSort::TotalMs => "total_ms",
        RunSort::Rating => "rating",
        _ => "NULL",
    };
    let direction = if query.ascending { "ASC" } else { "DESC" };
    let sql = format!(
        "SELECT id FROM prompt_history WHERE deletion IS NULL AND {condition} \
         ORDER BY {order} IS NULL, {order} {direction}, position {direction}"
    );
    let expected: Vec<String> = store
        .read(move |connection| {
            let mut statement = connection.prepare(&sql)?;
            let ids = statement.query_map([], |row| row.get(0))?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
        .await
        .unwrap();
    let history = store.history();
    let found = first(&history, &query, 2_500).await;
    assert!(!expected.is_empty(), "{condition}");
    assert_eq!(found, expected[..expected.len().min(found.len())], "{condition} {query:?}");
    assert_eq!(found.len(), expected.len().min(2_500), "{condition} {query:?}");
    let count = history.count(query.filter).await.unwrap();
    assert_eq!(count.count, expected.len().min(10_000) as u64);
    assert_eq!(count.at_least, expected.len() > 10_000);
}

async fn first(history: &History, query: &RunQuery, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut after = None;
    while found.len() < count {
        let page = history.page(query.clone(), PageRequest { limit: 250, after }).await.unwrap();
        found.extend(page.items.iter().map(|run| run.id.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    found
}

#[tokio::test]
async fn orders_and_filters_agree_with_plain_sql() {
    let (_folder, store) = new();
    let add = |connection: &_| Ok(rusqlite::Connection::execute_batch(connection, RUNS)?);
    store.write(add).await.unwrap();
    let deleted = RunFilter {
        from: Some(Timestamp(20_000)),
        until: Some(Timestamp(20_500)),
        ..RunFilter::default()
    };
    assert_eq!(store.history().delete_matching(deleted).await.unwrap().runs, 500);

    let none = RunFilter::default;
    let model = |id: &str| RunFilter { models: vec![ModelId(id.to_owned())], ..none() };
    let search = |text: &str| RunFilter { search: Some(text.to_owned()), ..none() };
    let failed = vec![Outcome::Failed];
    let cases = [
        (none(), "TRUE"),
        (model("half"), "model_id = 'half'"),
        (model("many"), "model_id = 'many'"),
        (model("some"), "model_id = 'some'"),
        (model("few"), "model_id = 'few'"),
        (RunFilter { outcomes: failed.clone(), ..none() }, "outcome = 'failed'"),
        (
            RunFilter { outcomes: failed, ..model("some") },
            "outcome = 'failed' AND model_id = 'some'",
        ),
        (
            RunFilter { tags: vec!["tenth".to_owned()], min_rating: Some(2), ..none() },
            "tags <> '[]' AND rating >= 2",
        ),
        (search("common"), "TRUE"),
        (search("late"), "position > 66000"),
        (
            RunFilter { search: Some("late".to_owned()), ..model("some") },
            "position > 66000 AND model_id = 'some'",
        ),
        (search("rar"), "prompt LIKE '%rare%'"),
        (RunFilter { search: Some("commo".to_owned()), ..model("few") }, "model_id = 'few'"),
        (
            RunFilter { from: Some(Timestamp(30_000)), ..search("rare") },
            "prompt LIKE '%rare%' AND position >= 30000",
        ),
    ];
    for (filter, condition) in cases {
        for sort in [RunSort::Time, RunSort::TotalMs, RunSort::Rating] {
            for ascending in [false, true] {
                let query = RunQuery { filter: filter.clone(), sort, ascending };
                compare(&store, query, condition).await;
            }
        }
    }
}
