//! A process that is killed while it writes.

use crate::fixture::{a_run, ended, open, place};
use nopenai_domain::{Outcome, Run, RunFilter, RunId, RunQuery};
use rusqlite::Connection;
use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

/// Names the database to the process that is to be killed.
const DATABASE: &str = "NOPENAI_TEST_DATABASE";

/// Writes until it is killed, and says which runs were acknowledged. Without a
/// database it is named to no one and ends at once.
#[tokio::test(flavor = "multi_thread")]
async fn writes_until_it_is_killed() {
    let Some(path) = env::var_os(DATABASE) else { return };
    let store = open(Path::new(&path)).unwrap();
    let history = store.history();
    for time in 0.. {
        let run = Run { prompt: format!("prompt {time}"), ..a_run(time) };
        history.start(run.clone()).await.unwrap();
        say(&format!("started {}", run.id));
        for piece in 0..4 {
            history.append(run.id, piece, format!("piece{piece} "));
        }
        let answer = "word ".repeat(time as usize % 400);
        history.finish(ended(&run, &answer)).await.unwrap();
        say(&format!("finished {}", run.id));
        if time % 5 == 4 {
            history.delete(vec![run.id]).await.unwrap();
            say(&format!("deleted {}", run.id));
        }
    }
}

/// A line of its own, past the test's captured output.
fn say(what: &str) {
    let mut out = std::io::stderr().lock();
    writeln!(out, "\n@{what}").unwrap();
}

fn start(path: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "kill::writes_until_it_is_killed", "--nocapture"])
        .env(DATABASE, path)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills it once it has said so many lines; gives all that it said.
fn kill_after(mut child: Child, count: usize) -> Vec<(String, RunId)> {
    let mut said = Vec::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some((what, run)) = line.strip_prefix('@').and_then(|line| line.split_once(' ')) else {
            continue;
        };
        // The last line may be cut off.
        let Ok(run) = run.parse() else { break };
        said.push((what.to_owned(), RunId(run)));
        if said.len() == count {
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success(), "it was killed");
    assert!(said.len() >= count);
    said
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_in_the_middle_of_writing() {
    let (_folder, path) = place();
    let mut acknowledged = Vec::new();
    for round in 0..6 {
        acknowledged.push(kill_after(start(&path), 20 + round * 37));
        let check = Connection::open(&path).unwrap();
        let verdict: String =
            check.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(verdict, "ok", "round {round}");
    }
    let store = open(&path).unwrap();
    let history = store.history();
    let everything = crate::fixture::all(&history, &RunQuery::default(), 500).await;
    for said in &acknowledged {
        for (what, run) in said {
            let is = |other: &str| said.contains(&(other.to_owned(), *run));
            if is("deleted") {
                assert!(!everything.contains(run), "what was deleted stays so");
                continue;
            }
            // A run may have been deleted without time to say so.
            let Ok(found) = history.get(*run).await else {
                assert_eq!(Some(run), said.last().map(|(_, last)| last), "{what} {run} is gone");
                continue;
            };
            match found.outcome {
                Outcome::Completed => {
                    assert!(found.answer.split(' ').all(|word| ["word", ""].contains(&word)))
                }
                Outcome::Interrupted => {
                    assert!(!is("finished"), "{run} was finished");
                    assert!("piece0 piece1 piece2 piece3 ".starts_with(&found.answer));
                }
                other => panic!("{run} is {other:?}"),
            }
        }
    }
    let search = Some("prompt".to_owned());
    let found = history.count(RunFilter { search, ..RunFilter::default() }).await.unwrap();
    assert_eq!(found.count, everything.len() as u64, "the words of all, and of no other");
    drop((history, store));
    Connection::open(&path)
        .unwrap()
        .execute_batch("INSERT INTO run_text (run_text, rank) VALUES ('integrity-check', 1)")
        .unwrap();
}
