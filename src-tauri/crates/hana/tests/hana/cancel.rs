//! What is cancelled ends at the server too.

use crate::{
    fixture::{SOON, Workstation},
    postgres::{Postgres, SCHEMA},
};
use nopenai_domain::SystemClock;
use nopenai_hana::{
    Class, deploy,
    sync::{Engine, Server, SyncError},
};
use nopenai_store::sync::ColumnType;
use std::{
    process::{Child, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

const SOONER: Duration = Duration::from_secs(2);

impl Postgres {
    /// Somebody who holds a lock of one of the schema's tables, until killed.
    fn hold(&self, table: &str, mode: &str) -> Holder<'_> {
        let schema = SCHEMA.replace('"', "\"\"");
        let sql =
            format!("BEGIN; LOCK TABLE \"{schema}\".{table} IN {mode} MODE; SELECT pg_sleep(120)");
        let mut psql = self.psql("team");
        psql.args(["-c", &sql]).stdin(Stdio::null()).stdout(Stdio::null());
        let child = psql.spawn().unwrap();
        self.until("query LIKE '%pg_sleep(120)%' AND wait_event = 'PgSleep'", 1);
        Holder { child, postgres: self }
    }

    /// Waits until so many sessions are so.
    fn until(&self, what: &str, sessions: usize) {
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND {what}"
        );
        let began = Instant::now();
        loop {
            let mut psql = self.psql("postgres");
            let found = psql.args(["-t", "-A", "-c", &sql]).output().unwrap().stdout;
            if String::from_utf8_lossy(&found).trim() == sessions.to_string() {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "not {sessions}: {what}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Until one of the team's sessions waits for something that is locked.
    fn until_waiting(&self) {
        self.until("usename = 'team' AND wait_event_type = 'Lock'", 1);
    }

    fn until_nobody_waits(&self) {
        self.until("usename = 'team' AND state = 'active'", 0);
    }
}

struct Holder<'a> {
    child: Child,
    postgres: &'a Postgres,
}

impl Drop for Holder<'_> {
    fn drop(&mut self) {
        self.postgres.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE query LIKE '%pg_sleep(120)%' AND pid <> pg_backend_pid()",
        );
        let _ = self.child.wait();
    }
}

#[test]
fn a_statement_that_runs_is_ended_from_another_thread() {
    let postgres = Postgres::start();
    let session = postgres.session();
    assert!(!session.interrupt().interrupt(), "nothing runs");
    let interrupt = session.interrupt().clone();
    let runs = thread::spawn(move || {
        let ended = session.query("SELECT pg_sleep(60)", &[], &[ColumnType::LongText]);
        (ended, session)
    });
    postgres.until("query LIKE '%pg_sleep(60)%' AND state = 'active'", 1);
    let began = Instant::now();
    assert!(interrupt.interrupt());
    let (ended, session) = runs.join().unwrap();
    assert!(began.elapsed() < SOONER, "{:?}", began.elapsed());
    assert_eq!(ended.unwrap_err().class, Class::Cancelled);
    postgres.until("query LIKE '%pg_sleep(60)%' AND state = 'active'", 0);
    // The session is as good as before, unless it is to stop.
    assert_eq!(session.value("SELECT 7", &[], ColumnType::Integer).unwrap(), Some(7.into()));
    interrupt.stop();
    let stopped = session.value("SELECT 7", &[], ColumnType::Integer).unwrap_err();
    assert_eq!(stopped.class, Class::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_waits_for_the_server_is_cancelled_at_once() {
    let postgres = Postgres::start();
    deploy(&postgres.session(), SCHEMA, &SystemClock).unwrap();
    let server: Arc<dyn Server> = Arc::new(postgres.remote());
    let person = Workstation::new();
    person.save_mode("m", "m").await;
    let holder = postgres.hold("sync_head", "SHARE");
    let (engine, cancel) =
        (Engine::new(person.store.clone(), server.clone(), SOON), CancellationToken::new());
    let cancelled = cancel.clone();
    let syncing = tokio::spawn(async move { engine.cycle(&cancelled, &|_| {}).await });
    tokio::task::block_in_place(|| postgres.until_waiting());
    let began = Instant::now();
    cancel.cancel();
    let ended = syncing.await.unwrap();
    assert!(began.elapsed() < SOONER, "{:?}", began.elapsed());
    assert!(matches!(ended, Err(SyncError::Cancelled)), "{ended:?}");
    tokio::task::block_in_place(|| postgres.until_nobody_waits());
    drop(holder);
    assert_eq!(person.sync(&server).await.unwrap().pushed, 1, "nothing is lost");
}

#[test]
fn a_deployment_that_waits_for_the_server_is_stopped_and_goes_on_later() {
    let postgres = Postgres::start();
    let session = postgres.session();
    deploy(&session, SCHEMA, &SystemClock).unwrap();
    let holder = postgres.hold("schema_version", "ACCESS EXCLUSIVE");
    let interrupt = session.interrupt().clone();
    let deploys = thread::spawn(move || deploy(&session, SCHEMA, &SystemClock));
    postgres.until_waiting();
    let began = Instant::now();
    interrupt.stop();
    let ended = deploys.join().unwrap().unwrap_err();
    assert!(began.elapsed() < SOONER, "{:?}", began.elapsed());
    assert_eq!(ended.class, Class::Cancelled);
    postgres.until_nobody_waits();
    drop(holder);
    deploy(&postgres.session(), SCHEMA, &SystemClock).unwrap();
}
