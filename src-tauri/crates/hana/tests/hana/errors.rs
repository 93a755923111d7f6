//! Every class of error, where the driver reports it: what is repeated and what
//! never, what a person is told, and that nothing is lost.

use crate::{
    faulty::{EVERY, Fault, Faulty},
    fixture::Workstation,
    postgres::{Postgres, SCHEMA},
};
use nopenai_domain::{Code, Error, ServerKind, SystemClock};
use nopenai_hana::{
    Backoff, Class, Connect, Finding, Limits, Pool, SessionFactory, deploy, diagnose,
    dialect::{
        Absent, Diagnostic, Dialect, Hana, JsonColumn, JsonRows, PostgreSql, Source, TableShape,
    },
    sync::{Cycle, Engine, Remote, Server, SyncError, Way},
};
use nopenai_store::sync::ColumnType;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// PostgreSQL's statements; and where the driver in front reports something, the
/// classes of SAP HANA.
struct HanaErrors;

impl Dialect for HanaErrors {
    fn classify(&self, diagnostic: &Diagnostic) -> Class {
        if diagnostic.message.contains("HANA:") {
            Hana.classify(diagnostic)
        } else {
            PostgreSql.classify(diagnostic)
        }
    }

    fn kind(&self) -> ServerKind {
        PostgreSql.kind()
    }
    fn name(&self, identifier: &str) -> String {
        PostgreSql.name(identifier)
    }
    fn column_type(&self, kind: ColumnType) -> String {
        PostgreSql.column_type(kind)
    }
    fn longest_document(&self) -> usize {
        PostgreSql.longest_document()
    }
    fn rows_of_json(&self, columns: &[JsonColumn]) -> JsonRows {
        PostgreSql.rows_of_json(columns)
    }
    fn upsert(&self, table: &str, columns: &[String], key: usize, source: &Source) -> String {
        PostgreSql.upsert(table, columns, key, source)
    }
    fn absent(&self, table: &str, key: &[String]) -> Absent {
        PostgreSql.absent(table, key)
    }
    fn create_table(&self, table: &TableShape) -> String {
        PostgreSql.create_table(table)
    }
    fn create_index(&self, name: &str, table: &str, columns: &[String]) -> String {
        PostgreSql.create_index(name, table, columns)
    }
    fn ping(&self) -> &'static str {
        PostgreSql.ping()
    }
    fn version(&self) -> &'static str {
        PostgreSql.version()
    }
    fn schema_exists(&self) -> &'static str {
        PostgreSql.schema_exists()
    }
    fn table_exists(&self) -> &'static str {
        PostgreSql.table_exists()
    }
    fn grants(&self, schema: &str, user: &str) -> Vec<String> {
        PostgreSql.grants(schema, user)
    }
}

/// The lock of the head, which every commit takes.
const LOCK: &str = "last_number\" + 1";
/// The statement that writes the rows of the tests.
const WRITE: &str = "\"modes\" (";
/// As many as there are ways for rows.
const ATTEMPTS: u32 = 4;
const QUICK: Backoff = Backoff {
    first: Duration::from_millis(1),
    longest: Duration::from_millis(2),
    attempts: ATTEMPTS,
};

struct Team {
    faulty: Faulty,
    postgres: Postgres,
    person: Workstation,
    saved: u32,
}

impl Team {
    fn start() -> Self {
        let (faulty, postgres) = (Faulty::compile(), Postgres::start());
        deploy(&postgres.session(), SCHEMA, &SystemClock).unwrap();
        Self { faulty, postgres, person: Workstation::new(), saved: 0 }
    }

    fn factory(&self) -> SessionFactory {
        SessionFactory::new(self.faulty.credentials(&self.postgres)).speaking(&HanaErrors)
    }

    /// Saves something and exchanges, over connections that are new.
    async fn exchange(&mut self) -> (Arc<Remote>, Result<Cycle, SyncError>) {
        self.saved += 1;
        let name = format!("{}", self.saved);
        self.person.save_mode("m", &name).await;
        self.exchange_again().await
    }

    async fn exchange_again(&self) -> (Arc<Remote>, Result<Cycle, SyncError>) {
        let remote = Arc::new(Remote::new(Pool::new(self.factory(), Limits::default())));
        let server: Arc<dyn Server> = remote.clone();
        let engine = Engine::new(self.person.store.clone(), server, QUICK);
        (remote, engine.cycle(&CancellationToken::new(), &|_| {}).await)
    }

    async fn pending(&self) -> u64 {
        let counts = self.person.store.sync().counts().await.unwrap();
        counts.iter().map(|count| count.pending).sum()
    }

    /// What the server has is what was saved last.
    async fn is_whole(&self) {
        assert_eq!(self.pending().await, 0);
        let other = Workstation::new();
        let server: Arc<dyn Server> = Arc::new(self.postgres.remote());
        other.sync(&server).await.unwrap();
        let modes = other.store.modes().list().await.unwrap();
        assert_eq!(modes[0].name, self.saved.to_string());
    }
}

fn fault(function: &'static str, part: &'static str, times: u32, native: i32) -> Fault {
    Fault { function, part, spare: 0, times, state: "HY000", native, message: "HANA: no" }
}

fn class(ended: &Result<Cycle, SyncError>) -> Class {
    match ended {
        Err(SyncError::Database(error)) => error.class,
        ended => panic!("{ended:?}"),
    }
}

/// §11: reconnect, repeat the whole transaction, or wait; each bounded.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_transient_is_repeated_and_not_for_ever() {
    let mut team = Team::start();
    let connection = [-10709, -10807, -10735, 597, 1888, 18].map(|n| (n, Class::Connection));
    let transaction = [16, 129, 131, 132, 133, 138, 142, 143, 145, 146, 149];
    let transaction = transaction.map(|n| (n, Class::Transaction));
    let busy = [4, 613].map(|n| (n, Class::Busy));
    for (native, expected) in connection.into_iter().chain(transaction).chain(busy) {
        team.faulty.will(&[fault("execute", LOCK, ATTEMPTS - 1, native)]);
        let ended = team.exchange().await.1;
        assert_eq!(ended.unwrap().pushed, 1, "{native}");
        assert_eq!(team.faulty.reported() as u32, ATTEMPTS - 1, "{native}");

        team.faulty.will(&[fault("execute", LOCK, EVERY, native)]);
        let ended = team.exchange().await.1;
        assert_eq!(class(&ended), expected, "{native}");
        assert_eq!(Error::from(ended.unwrap_err()).code, Code::Offline, "it is tried again later");
        assert_eq!(team.faulty.reported() as u32, ATTEMPTS, "{native}");
        assert_eq!(team.pending().await, 1, "{native}: what was not sent waits");
        team.faulty.will(&[]);
        assert_eq!(team.exchange_again().await.1.unwrap().pushed, 1);
    }
    team.is_whole().await;
}

/// A commit of which nobody hears: repeated, it finds itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_lost_on_the_way_back_counts_once() {
    let mut team = Team::start();
    for function in ["commit", "committed"] {
        team.faulty.will(&[fault(function, "", 1, -10807)]);
        let cycle = team.exchange().await.1.unwrap();
        assert_eq!((cycle.pushed, cycle.conflicts), (1, 0), "{function}");
        assert_eq!(team.faulty.reported(), 1);
    }
    team.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_user_out_is_tried_once_and_told_in_words() {
    let mut team = Team::start();
    let refusals = [
        (10, Class::PasswordWrong, Finding::PasswordWrong, "lock the user"),
        (414, Class::PasswordExpired, Finding::PasswordExpired, "changed first"),
        (415, Class::UserLocked, Finding::UserLocked, "unlock"),
        (416, Class::UserLocked, Finding::UserLocked, "unlock"),
        (258, Class::NoPrivilege, Finding::NoPrivilege, "grant script"),
    ];
    for (native, expected, finding, words) in refusals {
        team.faulty.will(&[fault("connect", "", EVERY, native)]);
        let diagnosis = diagnose(&team.factory());
        assert_eq!(diagnosis.finding, finding, "{native}");
        assert!(diagnosis.advice.contains(words), "{}", diagnosis.advice);
        assert_eq!(team.faulty.reported(), 1, "{native}: a test is one attempt");

        team.faulty.will(&[fault("connect", "", EVERY, native)]);
        let ended = team.exchange().await.1;
        assert_eq!(class(&ended), expected, "{native}");
        assert_eq!(team.faulty.reported(), 1, "{native}: never repeated");
        let error = Error::from(ended.unwrap_err());
        // Anything but "offline" waits for a person.
        assert_eq!(error.code, Code::AccessDenied, "{native}");
        assert!(error.message.contains(words), "{error}");
        assert_eq!(team.pending().await, 1);
        team.faulty.will(&[]);
        assert_eq!(team.exchange_again().await.1.unwrap().pushed, 1);
    }
    team.is_whole().await;
}

#[test]
fn what_keeps_from_the_server_is_told_apart_by_its_words() {
    let team = Team::start();
    let words = [
        ("HANA: System call 'connect' failed, rc=111:Connection refused", Finding::HostUnreachable),
        ("HANA: getaddrinfo failed for nowhere", Finding::HostUnreachable),
        ("HANA: SSL certificate validation failed", Finding::CertificateNotTrusted),
        ("HANA: Cannot create SSL context", Finding::TlsRefused),
        ("HANA: Socket closed by peer", Finding::HostUnreachable),
    ];
    for (message, finding) in words {
        team.faulty.will(&[Fault { message, ..fault("connect", "", EVERY, -10709) }]);
        let diagnosis = diagnose(&team.factory());
        assert_eq!(diagnosis.finding, finding, "{message}");
        assert!(diagnosis.detail.contains(message));
        assert_eq!(team.faulty.reported(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_wrong_is_tried_once() {
    let mut team = Team::start();
    let wrong = [
        (258, Class::NoPrivilege, Code::AccessDenied),
        (259, Class::Missing, Code::NotFound),
        (260, Class::Missing, Code::NotFound),
        (261, Class::Missing, Code::NotFound),
        (362, Class::Missing, Code::NotFound),
        (397, Class::Missing, Code::NotFound),
        (139, Class::Cancelled, Code::Offline),
        (257, Class::Unsupported, Code::Internal),
        (288, Class::Exists, Code::AlreadyExists),
        (289, Class::Exists, Code::AlreadyExists),
    ];
    for (native, expected, code) in wrong {
        team.faulty.will(&[fault("execute", LOCK, EVERY, native)]);
        let ended = team.exchange().await.1;
        assert_eq!(class(&ended), expected, "{native}");
        assert_eq!(Error::from(ended.unwrap_err()).code, code, "{native}");
        assert_eq!(team.faulty.reported(), 1, "{native}");
        assert_eq!(team.pending().await, 1, "{native}");
        team.faulty.will(&[]);
        assert_eq!(team.exchange_again().await.1.unwrap().pushed, 1);
    }
    team.is_whole().await;
}

/// What a row is to blame for holds up that row alone, until it is changed.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_the_server_can_not_take_is_named() {
    let mut team = Team::start();
    for native in [266, 274, 301, 339, 461, 462] {
        team.faulty.will(&[fault("execute", WRITE, EVERY, native)]);
        let cycle = team.exchange().await.1.unwrap();
        assert_eq!((cycle.pushed, cycle.refused), (0, 1), "{native}");
        let problems = team.person.store.sync().problems(9).await.unwrap();
        assert!(problems[0].2.contains(&native.to_string()), "{problems:?}");
        team.faulty.will(&[]);
        assert_eq!(team.exchange().await.1.unwrap().pushed, 1, "{native}: changed, it is sent");
    }
    team.is_whole().await;
}

#[test]
fn what_exists_already_is_passed_over_by_a_deployment() {
    let team = Team::start();
    let (schema, postgres) = (SCHEMA.replace('"', "\"\""), &team.postgres);
    postgres.sql_in("team", &format!("DROP SCHEMA \"{schema}\" CASCADE"));
    team.faulty.will(&[
        fault("execute", "COMMENT ON", 1, 288),
        fault("execute", "CREATE INDEX", 1, 289),
        fault("execute", "schema_version\" (\"version\", ", 1, 301),
    ]);
    let session = team.factory().connect().unwrap();
    let deployed = deploy(&session, SCHEMA, &SystemClock).unwrap();
    assert_eq!((deployed.from, team.faulty.reported()), (0, 3));
    team.faulty.will(&[fault("execute", "CREATE SCHEMA", 1, 258)]);
    postgres.sql_in("team", &format!("DROP SCHEMA \"{schema}\" CASCADE"));
    let refused = deploy(&session, SCHEMA, &SystemClock).unwrap_err();
    assert_eq!(refused.class, Class::NoPrivilege);
}

/// A server or driver that is unable to is sent rows in another way; what it says
/// of their number is not believed.
#[tokio::test(flavor = "multi_thread")]
async fn rows_go_another_way_where_one_is_refused() {
    let mut team = Team::start();
    team.faulty.will(&[fault("execute", "LEFT JOIN", EVERY, 328)]);
    let (remote, ended) = team.exchange().await;
    assert_eq!((ended.unwrap().pushed, remote.way()), (1, Way::Document));
    team.is_whole().await;

    team.person.save_mode("another", "n").await;
    let refused = fault("execute", "json_to_recordset", EVERY, 328);
    team.faulty.will(&[refused]);
    let (remote, ended) = team.exchange().await;
    assert_eq!((ended.unwrap().pushed, remote.way()), (2, Way::Arrays));
    assert_eq!(team.faulty.reported(), 2, "what is left once is not tried again");
    team.is_whole().await;

    // The arrays' size is refused, or nothing is done and success is claimed.
    let unable = Fault { state: "HYC00", ..fault("arrays", "", EVERY, 0) };
    let pretends = fault("pretend", WRITE, 1, 0);
    let lies = fault("count", "", EVERY, 0);
    for faults in [vec![refused, unable, lies], vec![refused, pretends, lies]] {
        team.faulty.will(&faults);
        for number in 0..7 {
            team.person.save_mode(&format!("n{number}"), "n").await;
        }
        let (remote, ended) = team.exchange().await;
        assert_eq!((ended.unwrap().pushed, remote.way()), (8, Way::Each));
        let ids: Vec<String> = (0..7).map(|number| format!("n{number}")).collect();
        team.is_whole().await;
        for id in ids {
            team.person.store.modes().remove(nopenai_domain::ModeId(id)).await.unwrap();
        }
        assert_eq!(team.exchange().await.1.unwrap().pushed, 8);
        team.is_whole().await;
    }
}

/// A result that breaks off is none: the page is asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_breaks_off_half_way_is_not_taken_for_whole() {
    let mut team = Team::start();
    for number in 0..40 {
        team.person.save_mode(&format!("n{number}"), "n").await;
    }
    assert_eq!(team.exchange().await.1.unwrap().pushed, 41);
    let first = std::mem::replace(&mut team.person, Workstation::new());
    let closed = "HANA: Socket closed by peer";
    for spare in [3, 9, 20, 33] {
        let breaks = Fault { message: closed, spare, ..fault("fetch", "", 1, -10807) };
        team.faulty.will(&[breaks]);
        let cycle = team.exchange_again().await.1.unwrap();
        assert_eq!(cycle.pulled, 41, "after {spare} rows");
        assert_eq!(team.faulty.reported(), 1);
        assert_eq!(team.person.contents().await, first.contents().await);
        team.person = Workstation::new();
    }
}
