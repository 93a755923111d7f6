//! The sync against loading the same rows in other ways, with a PostgreSQL of its
//! own: prints one JSON object of figures.
#![allow(clippy::unwrap_used, reason = "a benchmark ends where it fails")]
#![allow(dead_code, reason = "the tests use the rest of the fixtures")]

#[path = "../tests/hana/fixture.rs"]
mod fixture;
#[path = "../tests/hana/postgres.rs"]
mod postgres;
#[path = "../tests/hana/reached.rs"]
mod reached;

use fixture::a_run;
use nopenai_domain::{Outcome, Run, SystemClock};
use nopenai_hana::{
    Backoff, Param, deploy,
    sync::{Cycle, Engine, Server},
};
use nopenai_store::{
    Store,
    sync::{SyncedTable, Value, table},
};
use postgres::{Postgres, SCHEMA};
use serde_json::json;
use std::{collections::BTreeMap, fs, path::Path, process::Stdio, sync::Arc, time::Instant};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Rows that are sent and brought.
const ROWS: usize = 100_000;

/// Rows that are inserted one by one: their rate doesn't depend on how many.
const SINGLE: usize = 3000;

/// Runs whose recording is compared, in each of the rounds.
const RUNS: usize = 2000;

/// Everything is done so often; a figure is the median of its ratios.
const ROUNDS: usize = 7;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    println!("{}", runtime.block_on(measure()));
}

async fn measure() -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    let mut rounds: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for _ in 0..ROUNDS {
        for (name, figure) in round().await {
            rounds.entry(name).or_default().push(figure);
        }
    }
    rounds.insert("local_write_overhead", local_write_overhead(folder.path()).await);
    rounds.into_iter().map(|(name, figures)| (name.to_owned(), json!(median(figures)))).collect()
}

/// Everything once, with a server and databases of its own.
async fn round() -> [(&'static str, f64); 8] {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start();
    deploy(&postgres.session(), SCHEMA, &SystemClock).unwrap();
    let server: Arc<dyn Server> = Arc::new(postgres.remote());
    let (one, two) = (open(folder.path(), "one.db"), open(folder.path(), "two.db"));
    fill(&one).await;
    let rows = one.sync().contents(metrics()).await.unwrap();
    let rows: Vec<Vec<Value>> = rows.into_iter().map(|(_, row)| row).collect();
    assert_eq!(rows.len(), ROWS);

    let began = Instant::now();
    assert_eq!(exchange(&one, &server).await.pushed, ROWS as u64);
    let push = rate(ROWS, began);
    let began = Instant::now();
    assert_eq!(exchange(&two, &server).await.pulled, ROWS as u64);
    let pull = rate(ROWS, began);

    create_plain(&postgres);
    let single = single_inserts(&postgres, &rows[..SINGLE]);
    let copy = copies(&postgres, folder.path(), &rows);
    [
        ("push_rows_per_s", push),
        ("pull_rows_per_s", pull),
        ("push_over_single_insert", push / single),
        ("push_over_copy", push / copy.plain),
        ("pull_over_copy", pull / copy.plain),
        ("pull_over_copy_out", pull / copy.out),
        ("push_over_copy_synced", push / copy.synced),
        ("copy_synced_over_single_insert", copy.synced / single),
    ]
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn metrics() -> &'static SyncedTable {
    table("inference_metric").unwrap()
}

fn rate(rows: usize, began: Instant) -> f64 {
    rows as f64 / began.elapsed().as_secs_f64()
}

fn open(folder: &Path, name: &str) -> Store {
    Store::open(&folder.join(name), Arc::new(SystemClock)).unwrap()
}

/// Measurements as runs leave them, the rows that come in masses.
async fn fill(store: &Store) {
    store
        .write(|connection| {
            connection.execute(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
                 INSERT INTO inference_metric (id, at, workstation, model_id, outcome, cache, \
                 total_ms, ttft_ms, tokens_per_s, tokens_in, tokens_out) \
                 SELECT printf('0190aaaa-0000-7000-8000-%012d', i), i, \
                 '0190aaaa-0000-7000-8000-000000000001', 'folder/model-q4_k_m.gguf', 'completed', \
                 'miss', i * 0.37, i * 0.011, 41.25, i % 900, i % 500 FROM n",
                [ROWS as i64],
            )?;
            Ok(())
        })
        .await
        .unwrap();
}

async fn exchange(store: &Store, server: &Arc<dyn Server>) -> Cycle {
    let engine = Engine::new(store.clone(), server.clone(), Backoff::default());
    engine.cycle(&CancellationToken::new(), &|_| {}).await.unwrap()
}

/// The same table without what the sync adds.
fn create_plain(postgres: &Postgres) {
    postgres.sql_in(
        "team",
        "CREATE TABLE plain (id varchar(64) PRIMARY KEY, at bigint, workstation varchar(64), \
         model_id varchar(1024), outcome varchar(16), cache varchar(8), total_ms float8, \
         ttft_ms float8, tokens_per_s float8, tokens_in bigint, tokens_out bigint)",
    );
    postgres.sql_in("team", "ALTER TABLE plain OWNER TO team");
}

/// One-row inserts over ODBC with bound parameters, each committed, as a client
/// without batches does it.
fn single_inserts(postgres: &Postgres, rows: &[Vec<Value>]) -> f64 {
    let session = postgres.session();
    let marks = vec!["?"; metrics().columns.len()].join(", ");
    let sql = format!("INSERT INTO public.plain VALUES ({marks})");
    let began = Instant::now();
    for row in rows {
        let columns = metrics().columns.iter().zip(row);
        let params: Vec<Param> =
            columns.map(|(column, value)| Param::of(column.kind, value)).collect();
        session.execute(&sql, &params).unwrap();
    }
    rate(rows.len(), began)
}

/// How fast PostgreSQL's own COPY from psql is, rows/s.
struct Copies {
    /// The rows into a table without what the sync adds.
    plain: f64,
    /// Out of that table.
    out: f64,
    /// The rows as the sync has them, into a table with its columns and indexes.
    synced: f64,
}

fn copies(postgres: &Postgres, folder: &Path, rows: &[Vec<Value>]) -> Copies {
    postgres.sql_in("team", "TRUNCATE plain");
    let file = folder.join("rows.tsv");
    fs::write(&file, rows.iter().map(|row| line(row)).collect::<String>()).unwrap();
    let schema = SCHEMA.replace('"', "\"\"");
    let team = format!("\"{schema}\".inference_metrics");
    postgres.sql_in("team", &format!("CREATE TABLE synced (LIKE {team} INCLUDING ALL)"));
    let (out, synced) = (folder.join("out.tsv"), folder.join("synced.tsv"));
    copy_out(postgres, &team, &synced);
    Copies {
        plain: copy_in(postgres, "plain", &file),
        out: copy_out(postgres, "plain", &out),
        synced: copy_in(postgres, "synced", &synced),
    }
}

fn line(row: &[Value]) -> String {
    let text = |value: &Value| match value {
        Value::Null => "\\N".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
    };
    row.iter().map(text).collect::<Vec<_>>().join("\t") + "\n"
}

fn copy_in(postgres: &Postgres, table: &str, file: &Path) -> f64 {
    let began = Instant::now();
    let mut psql = postgres.psql("team");
    psql.args(["-c", &format!("COPY {table} FROM STDIN")]).stdin(fs::File::open(file).unwrap());
    assert!(psql.status().unwrap().success());
    rate(ROWS, began)
}

fn copy_out(postgres: &Postgres, table: &str, file: &Path) -> f64 {
    let began = Instant::now();
    let mut psql = postgres.psql("team");
    psql.args(["-c", &format!("COPY {table} TO STDOUT")]).stdin(Stdio::null());
    psql.stdout(fs::File::create(file).unwrap());
    assert!(psql.status().unwrap().success());
    rate(ROWS, began)
}

/// What recording runs costs with the change log over what it costs without, in
/// rounds that take turns.
async fn local_write_overhead(folder: &Path) -> Vec<f64> {
    let (with, without) = (open(folder, "with.db"), open(folder, "without.db"));
    without
        .write(|connection| {
            let mut statement =
                connection.prepare("SELECT name FROM temp.sqlite_schema WHERE type = 'trigger'")?;
            let names: Vec<String> =
                statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            for name in names {
                connection.execute_batch(&format!("DROP TRIGGER temp.{name}"))?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let plain = record(&without).await;
        ratios.push(record(&with).await / plain);
    }
    ratios
}

/// Seconds to record runs, many at a time.
async fn record(store: &Store) -> f64 {
    let began = Instant::now();
    let mut all = JoinSet::new();
    for _ in 0..RUNS {
        let history = store.history();
        let run = a_run(store.clock().now().0, "Explain recursion to a child.", "A story.");
        all.spawn(async move {
            let started = Run { outcome: Outcome::Running, ..run.clone() };
            history.start(started).await.unwrap();
            history.finish(run).await.unwrap();
        });
    }
    all.join_all().await;
    began.elapsed().as_secs_f64()
}
