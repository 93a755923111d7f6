//! Applications that are killed, and a server whose connections are cut or that
//! stops, at any moment of pushing and pulling.

use crate::{
    fixture::Workstation,
    postgres::{PASSWORD, Postgres, SCHEMA},
    reached::of,
};
use nopenai_domain::SystemClock;
use nopenai_hana::{
    Limits, Pool, SessionFactory, deploy,
    sync::{Remote, Server},
};
use nopenai_store::{Store, sync::table};
use rand::Rng;
use serde_json::json;
use std::{
    collections::BTreeSet,
    env, fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// Names the data folder and the server's port to the process that is killed.
const FOLDER: &str = "NOPENAI_TEST_FOLDER";
const PORT: &str = "NOPENAI_TEST_PORT";

/// How many rounds; fewer without.
const ROUNDS: &str = "NOPENAI_SOAK_ROUNDS";
/// Where the figures go.
const RESULT: &str = "NOPENAI_SOAK_RESULT";

/// Writes and exchanges until it is killed, and says which runs were
/// acknowledged. Without a folder it is named to no one and ends at once.
#[tokio::test(flavor = "multi_thread")]
async fn exchanges_until_it_is_killed() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let port = env::var(PORT).unwrap().parse().unwrap();
    let credentials = of(Postgres::profile_at(port), PASSWORD);
    let pool = Pool::new(SessionFactory::new(credentials), Limits::default());
    let server: Arc<dyn Server> = Arc::new(Remote::new(pool));
    let person = Arc::new(Workstation::at(Path::new(&folder)));
    let exchanging = person.clone();
    tokio::spawn(async move {
        loop {
            // What fails is tried again, or is found by the next process.
            let _ = exchanging.sync(&server).await;
        }
    });
    for number in 0.. {
        let run = person.record(&format!("prompt {number}"), "answer").await;
        person.save_mode(&format!("m{}", number % 7), &run.to_string()).await;
        let mut out = std::io::stderr().lock();
        writeln!(out, "\n@{run}").unwrap();
    }
}

#[derive(Debug, Clone, Copy)]
enum Harm {
    Kill,
    Cut,
    Stop,
}

/// One process, harmed after so long; gives what it said was acknowledged.
fn round(folder: &Path, postgres: &Postgres, harm: Harm, after: Duration) -> Vec<String> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "soak::exchanges_until_it_is_killed", "--nocapture"])
        .env(FOLDER, folder)
        .env(PORT, postgres.port.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let reader = thread::spawn(move || {
        let said = lines.map_while(Result::ok);
        let runs = said.filter_map(|line| Some(line.strip_prefix('@')?.to_owned()));
        // The last line may be cut off.
        runs.filter(|run| run.len() == 36).collect::<Vec<String>>()
    });
    thread::sleep(after);
    match harm {
        Harm::Kill => {}
        Harm::Cut => {
            postgres.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'team'",
            );
            thread::sleep(after / 2);
        }
        Harm::Stop => {
            postgres.down();
            thread::sleep(after / 4);
            postgres.up();
            thread::sleep(after / 2);
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[test]
fn nothing_acknowledged_is_lost_whatever_is_killed() {
    let rounds: u32 = env::var(ROUNDS).map_or(6, |rounds| rounds.parse().unwrap());
    let began = Instant::now();
    let postgres = Postgres::start();
    deploy(&postgres.session(), SCHEMA, &SystemClock).unwrap();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let mut random = rand::rng();
    let mut said = BTreeSet::new();
    let mut harms = [0_u32; 3];
    for number in 0..rounds {
        let harm = match number % 4 {
            0 | 2 => Harm::Kill,
            1 => Harm::Cut,
            _ => Harm::Stop,
        };
        harms[harm as usize] += 1;
        let after = Duration::from_millis(random.random_range(150..900));
        let folder = folders[number as usize % 2].path();
        said.extend(round(folder, &postgres, harm, after));
    }
    assert!(!said.is_empty());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let rows =
        runtime.block_on(come_together(&postgres, &folders.map(tempfile::TempDir::keep), &said));
    if let Some(file) = env::var_os(RESULT) {
        let figures = json!({
            "rounds": rounds,
            "kills": harms[0],
            "cut_connections": harms[1],
            "stopped_servers": harms[2],
            "acknowledged_runs": said.len(),
            "rows_on_each_side": rows,
            "missing": 0,
            "seconds": began.elapsed().as_secs(),
        });
        fs::write(file, format!("{figures:#}\n")).unwrap();
    }
}

/// Both sides have the same, and all that was acknowledged.
async fn come_together(
    postgres: &Postgres,
    folders: &[std::path::PathBuf; 2],
    said: &BTreeSet<String>,
) -> usize {
    let remote = Arc::new(postgres.remote());
    let server: Arc<dyn Server> = remote.clone();
    let people = folders.each_ref().map(|folder| Workstation::at(folder));
    for _ in 0..3 {
        for person in &people {
            person.sync(&server).await.unwrap();
        }
    }
    let contents = people[0].contents().await;
    assert_eq!(contents, people[1].contents().await);
    let counts = tokio::task::spawn_blocking(move || remote.counts()).await.unwrap().unwrap();
    for (table, count) in counts {
        let here = contents.iter().find(|(other, _)| *other == table).unwrap();
        assert_eq!(here.1.len() as u64, count, "{}", table.remote);
    }
    let runs = contents.iter().find(|(other, _)| *other == table("prompt_history").unwrap());
    let runs: BTreeSet<&String> = runs.unwrap().1.iter().map(|(key, _)| key).collect();
    for run in said {
        assert!(runs.contains(run), "{run} was acknowledged and is gone");
    }
    drop::<[Store; 2]>(people.map(|person| person.store));
    for folder in folders {
        fs::remove_dir_all(folder).unwrap();
    }
    contents.iter().map(|(_, rows)| rows.len()).sum()
}
