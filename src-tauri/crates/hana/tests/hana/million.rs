//! A first exchange of many rows, whose process is killed and whose connections
//! are cut: it goes on where it was.

use crate::{
    fixture::{SOON, Workstation},
    postgres::{PASSWORD, Postgres, SCHEMA},
    reached::of,
};
use nopenai_domain::SystemClock;
use nopenai_hana::{
    Limits, Pool, SessionFactory, deploy,
    sync::{Engine, Remote, Server, Step},
};
use serde_json::json;
use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Instant,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Names the data folder and the server's port to the process that is killed.
const FOLDER: &str = "NOPENAI_TEST_FOLDER";
const PORT: &str = "NOPENAI_TEST_PORT";

/// How many rows; fewer without.
const ROWS: &str = "NOPENAI_SOAK_ROUNDS";
/// Where the figures go.
const RESULT: &str = "NOPENAI_SOAK_RESULT";

/// A commit has at most so many.
const BATCH: u64 = 4000;

/// Exchanges once, and says how many rows moved at each step. Without a folder it
/// is named to no one and ends at once.
#[tokio::test(flavor = "multi_thread")]
async fn exchanges_once_unless_it_is_killed() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let port = env::var(PORT).unwrap().parse().unwrap();
    let factory = SessionFactory::new(of(Postgres::profile_at(port), PASSWORD));
    let server: Arc<dyn Server> = Arc::new(Remote::new(Pool::new(factory, Limits::default())));
    let person = Workstation::at(Path::new(&folder));
    let on_step = |step: Step| {
        if let Step::Pushed(rows) | Step::Pulled(rows) = step {
            writeln!(std::io::stderr().lock(), "\n@{rows}").unwrap();
        }
    };
    let engine = Engine::new(person.store.clone(), server, SOON);
    engine.cycle(&CancellationToken::new(), &on_step).await.unwrap();
}

#[derive(Debug, Clone, Copy)]
enum Harm {
    Kill,
    Cut,
    None,
}

/// A process, harmed after so many rows moved; gives how many did in all.
fn process(folder: &Path, postgres: &Postgres, mut harm: Harm, after: u64) -> u64 {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "million::exchanges_once_unless_it_is_killed", "--nocapture"])
        .env(FOLDER, folder)
        .env(PORT, postgres.port.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut moved = 0;
    for line in BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok) {
        moved += line.strip_prefix('@').and_then(|rows| rows.parse::<u64>().ok()).unwrap_or(0);
        if moved < after {
            continue;
        }
        match harm {
            Harm::Kill => child.kill().unwrap(),
            Harm::Cut => postgres.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'team'",
            ),
            Harm::None => {}
        }
        harm = Harm::None;
    }
    child.wait().unwrap();
    moved
}

struct Exchanged {
    /// Rows that moved until each of the interruptions, and after the last one.
    parts: Vec<u64>,
    seconds: f64,
}

/// Moves all rows in spite of two kills and a cut.
fn exchange(folder: &Path, postgres: &Postgres, rows: u64) -> Exchanged {
    let began = Instant::now();
    let harms = [(Harm::Kill, rows / 10), (Harm::Kill, rows / 5), (Harm::Cut, rows / 5)];
    let mut parts: Vec<u64> =
        harms.iter().map(|(harm, after)| process(folder, postgres, *harm, *after)).collect();
    parts.push(process(folder, postgres, Harm::None, 0));
    let all: u64 = parts.iter().sum();
    assert!((1..rows / 2).contains(&parts[0]), "{parts:?}: not stopped on the way");
    // A step that was not told of moves again, and no more.
    let again = harms.len() as u64 * BATCH;
    let expected = rows.saturating_sub(again)..=rows + again;
    assert!(expected.contains(&all), "{parts:?}: it did not go on where it was");
    Exchanged { parts, seconds: began.elapsed().as_secs_f64() }
}

async fn fill(person: &Workstation, rows: u64) {
    person
        .store
        .write(move |connection| {
            connection.execute(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
                 INSERT INTO inference_metric (id, at, workstation, model_id, outcome, total_ms, \
                 tokens_in) SELECT printf('m%d', i), i, 'w', 'folder/model-q4_k_m.gguf', \
                 'completed', i * 0.37, i % 900 FROM n",
                [rows as i64],
            )?;
            Ok(())
        })
        .await
        .unwrap();
}

/// What a database has of them: how many, of what, and how many wait.
async fn digest(person: &Workstation) -> (i64, i64, i64, i64) {
    person
        .store
        .write(|connection| {
            let sql = "SELECT count(*), sum(at * (tokens_in + 1) % 1000003), \
                       sum(CAST(total_ms * 100 AS INTEGER)), \
                       (SELECT count(*) FROM sync_row WHERE pending = 1) FROM inference_metric";
            Ok(connection.query_row(sql, [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?)
        })
        .await
        .unwrap()
}

#[test]
fn a_first_exchange_of_many_rows_goes_on_after_each_interruption() {
    let rows: u64 = env::var(ROWS).map_or(40_000, |rows| rows.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let postgres = Postgres::start();
    deploy(&postgres.session(), SCHEMA, &SystemClock).unwrap();
    let folders: [TempDir; 2] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let person = Workstation::at(folders[0].path());
    runtime.block_on(fill(&person, rows));
    drop(person);
    let push = exchange(folders[0].path(), &postgres, rows);
    let pull = exchange(folders[1].path(), &postgres, rows);
    let digests = folders.each_ref().map(|folder| {
        let person = Workstation::at(folder.path());
        runtime.block_on(digest(&person))
    });
    assert_eq!(digests[0], digests[1]);
    assert_eq!((digests[0].0, digests[0].3), (rows as i64, 0));
    let counts = postgres.remote().counts().unwrap();
    let there = counts.iter().find(|(table, _)| table.local == "inference_metric").unwrap();
    assert_eq!(there.1, rows);
    if let Some(file) = env::var_os(RESULT) {
        let figures = json!({
            "rows": rows,
            "kills": 4,
            "cut_connections": 2,
            "rows_pushed_by_each_process": push.parts,
            "push_seconds": push.seconds.round(),
            "rows_pulled_by_each_process": pull.parts,
            "pull_seconds": pull.seconds.round(),
            "missing": 0,
        });
        fs::write(file, format!("{figures:#}\n")).unwrap();
    }
}
