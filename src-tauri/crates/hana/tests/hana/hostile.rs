//! Names and texts of people who mean harm, or of an alphabet nobody thought of;
//! and a user who may do little.

use crate::{
    fixture::Workstation,
    postgres::{PASSWORD, Postgres, SCHEMA},
    reached::of,
};
use nopenai_domain::{ConnectionProfile, ServerKind, SystemClock};
use nopenai_hana::{
    Class, Finding, Interrupt, Limits, Pool, SessionFactory, deploy, diagnose,
    dialect::{catalogue, dialect},
    sync::{Remote, Server, SyncError},
};
use std::sync::Arc;

/// Of the longest name PostgreSQL has, 63 bytes.
const LONGEST: &str = "Ω\"; DROP SCHEMA public CASCADE; --'{}';PWD= ümlaut مرحبا";

/// With all that psqlODBC takes: it has no way to write `;` and braces.
const USER: &str = "Ω\" DROP USER 'x'=@corp, (ümlaut) --!*? مرحبا";

const TEXTS: [&str; 8] = [
    "'; DROP TABLE modes; --",
    "\"; DELETE FROM sync_head; --",
    "$1 ? ?? {fn now()} {d '2020-01-01'} %s \\' \\\\ \\u0000",
    "a\0b\u{241B}\u{2400}\u{7}\u{1B}[31m",
    "\u{202E}txet\u{202C} \u{200F}مرحبا\u{200E} \u{FEFF}",
    "e\u{301}\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467} \u{10FFFF} \u{E000}",
    "<script>alert(1)</script> ]]> {\"a\": [1, null]}",
    " \t\r\n ",
];

fn server(profile: ConnectionProfile, password: &str) -> Arc<dyn Server> {
    let factory = SessionFactory::new(of(profile, password));
    Arc::new(Remote::new(Pool::new(factory, Limits::default())))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_and_a_schema_of_hostile_names_do_what_the_grants_allow_and_no_more() {
    assert_eq!(LONGEST.len(), 63);
    let postgres = Postgres::start();
    let owner = ConnectionProfile { schema: LONGEST.to_owned(), ..postgres.profile() };
    let factory = SessionFactory::new(of(owner.clone(), PASSWORD));
    let session = factory.open(Interrupt::default()).unwrap();
    deploy(&session, LONGEST, &SystemClock).unwrap();
    assert_eq!(diagnose(&factory).finding, Finding::Ready);

    let (user, password) = (USER, "{;}'\"=\\ Ω");
    let literal = password.replace('\'', "''");
    postgres.sql_in("team", &format!("CREATE ROLE {} LOGIN PASSWORD '{literal}'", quoted(user)));
    let profile = ConnectionProfile { user: user.to_owned(), ..owner.clone() };
    let refused = diagnose(&SessionFactory::new(of(profile.clone(), password)));
    assert_eq!(refused.finding, Finding::NoPrivilege, "{refused:?}");
    for grant in dialect(ServerKind::PostgreSql).grants(LONGEST, USER) {
        postgres.sql_in("team", &grant);
    }
    let factory = SessionFactory::new(of(profile.clone(), password));
    assert_eq!(diagnose(&factory).finding, Finding::Ready);
    let server = server(profile, password);
    let (one, two) = (Workstation::new(), Workstation::new());
    one.save_mode("m", "m").await;
    assert_eq!(one.sync(&server).await.unwrap().pushed, 1);
    assert_eq!(two.sync(&server).await.unwrap().pulled, 1);
    let unspeakable = ConnectionProfile { user: "a;UID=postgres".to_owned(), ..owner };
    let refused = diagnose(&SessionFactory::new(of(unspeakable, password)));
    assert!(refused.finding == Finding::Failed && refused.detail.contains("UID"), "{refused:?}");
    let session = factory.open(Interrupt::default()).unwrap();
    for beyond in ["DROP TABLE {}.modes", "CREATE TABLE {}.mine (i INT)", "TRUNCATE {}.modes"] {
        let error = session.execute(&beyond.replace("{}", &quoted(LONGEST)), &[]).unwrap_err();
        assert_eq!(error.class, Class::NoPrivilege, "{beyond}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_look_like_statements_are_texts() {
    let postgres = Postgres::start();
    deploy(&postgres.session(), SCHEMA, &SystemClock).unwrap();
    let server = server(postgres.profile(), PASSWORD);
    let (one, two) = (Workstation::new(), Workstation::new());
    for (number, text) in TEXTS.into_iter().enumerate() {
        one.record(text, text).await;
        one.store
            .write(move |connection| {
                let short: String = text.chars().take(9).collect();
                // Identifiers, names, notes: whatever a text can be.
                let id = format!("{number}{text}");
                connection.execute(
                    "INSERT INTO mode (id, name, description, model_id, parameters, shipped) \
                     VALUES (?1, ?2, ?2, ?2, ?2, 0)",
                    [&id, text],
                )?;
                connection.execute("INSERT INTO preset VALUES (?1, ?2)", [&id, text])?;
                connection.execute(
                    "INSERT INTO audit_log VALUES (?1, 1, 1, ?2, ?3, 'k', ?2, 'p', 'h', ?2, ?2)",
                    [&id, text, &short],
                )?;
                connection.execute(
                    "INSERT INTO model_version VALUES (?1, ?2, 1, ?2, NULL, 'draft', 1, ?2, 1, ?2)",
                    [&id, text],
                )?;
                Ok(())
            })
            .await
            .unwrap();
    }
    let cycle = one.sync(&server).await.unwrap();
    assert_eq!((cycle.pushed, cycle.refused), (5 * TEXTS.len() as u64, 0));
    two.sync(&server).await.unwrap();
    assert_eq!(one.contents().await, two.contents().await);
    // Changed and deleted by the other one, keys and all.
    two.store
        .write(|connection| {
            connection.execute("UPDATE model_version SET notes = notes || ?1", ["'; --"])?;
            connection.execute("DELETE FROM preset", [])?;
            Ok(())
        })
        .await
        .unwrap();
    two.sync(&server).await.unwrap();
    one.sync(&server).await.unwrap();
    assert_eq!(one.contents().await, two.contents().await);
    let remote = postgres.remote();
    let counts = tokio::task::spawn_blocking(move || remote.counts()).await.unwrap().unwrap();
    let of = |name: &str| counts.iter().find(|(table, _)| table.local == name).unwrap().1;
    let all = TEXTS.len() as u64;
    assert_eq!((of("mode"), of("preset"), of("model_version")), (all, 0, all));
}

/// Half of a character, which a text in SQLite can have and one elsewhere can't.
#[tokio::test(flavor = "multi_thread")]
async fn half_a_character_arrives_as_what_stands_for_one() {
    let postgres = Postgres::start();
    deploy(&postgres.session(), SCHEMA, &SystemClock).unwrap();
    let server = server(postgres.profile(), PASSWORD);
    let (one, two) = (Workstation::new(), Workstation::new());
    one.store
        .write(|connection| {
            connection.execute(
                "INSERT INTO mode (id, name, description, model_id, parameters, shipped) \
                 VALUES ('m', 'm', CAST(x'61EDA08062' AS TEXT), NULL, '{}', 0)",
                [],
            )?;
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(one.sync(&server).await.unwrap().pushed, 1);
    two.sync(&server).await.unwrap();
    let found = two.store.modes().list().await.unwrap()[0].description.clone();
    assert!(found.starts_with("a\u{FFFD}") && found.ends_with("\u{FFFD}b"), "{found:?}");
    let idle = two.sync(&server).await.unwrap();
    assert_eq!((idle.pushed, idle.pulled), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_may_only_read_loses_nothing() {
    let postgres = Postgres::start();
    deploy(&postgres.session(), SCHEMA, &SystemClock).unwrap();
    let schema = quoted(SCHEMA);
    postgres.sql_in("team", "CREATE ROLE reads LOGIN PASSWORD 'r'");
    postgres.sql_in("team", &format!("GRANT USAGE ON SCHEMA {schema} TO reads"));
    postgres.sql_in("team", &format!("GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reads"));
    let reads = ConnectionProfile { user: "reads".to_owned(), ..postgres.profile() };
    let (reading, writing) = (server(reads, "r"), server(postgres.profile(), PASSWORD));
    let (one, two) = (Workstation::new(), Workstation::new());
    one.save_mode("theirs", "theirs").await;
    one.sync(&writing).await.unwrap();
    two.save_mode("mine", "mine").await;
    let refused = two.sync(&reading).await.unwrap_err();
    assert!(matches!(&refused, SyncError::Database(error) if error.class == Class::NoPrivilege));
    // A first exchange reads before it writes: colleagues' rows are here.
    let names: Vec<String> =
        two.store.modes().list().await.unwrap().into_iter().map(|mode| mode.name).collect();
    assert_eq!(names, ["mine", "theirs"]);
    assert_eq!(two.sync(&writing).await.unwrap().pushed, 1, "what waited is sent when it may be");
}

/// Whatever is asked of SAP HANA, a hostile name stands in quotes there.
#[test]
fn no_statement_for_sap_hana_lets_a_name_out_of_its_quotes() {
    let name = "A\"; DROP USER B; --";
    let quoted = quoted(name);
    for statement in catalogue(dialect(ServerKind::Hana), name) {
        assert!(!statement.replace(&quoted, "").contains("DROP"), "{statement}");
    }
}
