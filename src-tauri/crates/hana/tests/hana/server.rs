//! The sync with a real PostgreSQL, over its ODBC driver.

use crate::{
    convergence::{Act, Team, an_act},
    fixture::Workstation,
    postgres::{Postgres, SCHEMA},
};
use nopenai_domain::SystemClock;
use nopenai_hana::{
    Class, deploy, plan, schema,
    sync::{Server, SyncError},
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use std::sync::Arc;

fn deployed() -> (Postgres, Arc<dyn Server>) {
    let postgres = Postgres::start();
    deploy(&postgres.session(), SCHEMA, &SystemClock).unwrap();
    let remote = Arc::new(postgres.remote());
    (postgres, remote)
}

#[test]
fn a_schema_is_deployed_once_and_a_dry_run_does_nothing() {
    let postgres = Postgres::start();
    let session = postgres.session();
    let planned = plan(&session, SCHEMA).unwrap();
    assert_eq!((planned.from, planned.to), (0, schema::latest_version()));
    assert!(planned.statements[0].starts_with("CREATE SCHEMA \"Team \"\"Ω\"\"; DROP\""));
    assert_eq!(plan(&session, SCHEMA).unwrap(), planned);

    let done = deploy(&session, SCHEMA, &SystemClock).unwrap();
    assert_eq!(done.statements, planned.statements.len());
    let again = deploy(&session, SCHEMA, &SystemClock).unwrap();
    assert_eq!((again.from, again.statements), (schema::latest_version(), 0));
    assert_eq!(plan(&session, SCHEMA).unwrap().statements, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_writes_another_has() {
    let (_postgres, server) = deployed();
    let (one, two) = (Workstation::new(), Workstation::new());
    one.save_mode("m", "'; DROP TABLE modes; -- \u{202E}").await;
    let long = "ü\u{1F600}\0␛␀\u{200F} ".repeat(3000);
    let run = one.record("Wer?\0 ␛", &long).await;
    let short = one.record("'; --", "short").await;
    assert_eq!(one.sync(&server).await.unwrap().pushed, 3);
    assert_eq!(two.sync(&server).await.unwrap().pulled, 3);
    assert_eq!(two.contents().await, one.contents().await);
    assert_eq!(two.store.history().get(run).await.unwrap().answer, long);
    let measures = two.store.history().get(short).await.unwrap().measures;
    assert_eq!(measures.ttft_ms, Some(0.1 + 0.2));

    two.store.history().rate(run, Some(5)).await.unwrap();
    two.save_mode("m", "Theirs").await;
    two.store.history().delete(vec![short]).await.unwrap();
    assert_eq!(two.sync(&server).await.unwrap().pushed, 3);
    let cycle = one.sync(&server).await.unwrap();
    assert_eq!((cycle.pushed, cycle.pulled, cycle.conflicts), (0, 3, 0));
    assert_eq!(one.contents().await, two.contents().await);
    assert_eq!(one.store.history().get(run).await.unwrap().rating, Some(5));
    assert!(one.store.history().get(short).await.is_err());
    let idle = one.sync(&server).await.unwrap();
    assert_eq!((idle.pushed, idle.pulled), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn both_edit_one_row_and_the_loser_can_be_restored() {
    let (_postgres, server) = deployed();
    let (one, two) = (Workstation::new(), Workstation::new());
    one.save_mode("m", "base").await;
    one.sync(&server).await.unwrap();
    two.sync(&server).await.unwrap();
    // The first one's clock is hours behind, and its change is made later.
    one.clock.0.store(-7_200_000_000, std::sync::atomic::Ordering::Relaxed);
    two.save_mode("m", "two").await;
    one.save_mode("m", "one").await;
    assert_eq!(two.sync(&server).await.unwrap().conflicts, 0);
    assert_eq!(one.sync(&server).await.unwrap().conflicts, 1);
    two.sync(&server).await.unwrap();
    assert_eq!(one.contents().await, two.contents().await);

    for person in [&one, &two] {
        let conflicts = person.store.sync().conflicts(9).await.unwrap();
        assert_eq!(conflicts.len(), 1);
        let names = [conflicts[0].row.clone(), conflicts[0].current.clone()]
            .map(|row| row.unwrap()["name"].clone());
        assert_eq!(names, ["one", "two"]);
    }
    let conflict = two.store.sync().conflicts(9).await.unwrap().remove(0);
    two.store.sync().restore_conflict(conflict.key.clone()).await.unwrap();
    assert!(two.store.sync().restore_conflict(conflict.key).await.is_err(), "once");
    two.sync(&server).await.unwrap();
    one.sync(&server).await.unwrap();
    assert_eq!(one.store.modes().list().await.unwrap()[0].name, "one");
    assert_eq!(one.store.sync().open_conflicts().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_do_not_fit_are_named_and_hold_nothing_up() {
    let (_postgres, server) = deployed();
    let (one, two) = (Workstation::new(), Workstation::new());
    one.save_mode("fits", "fits").await;
    let long = "n".repeat(5001);
    one.store
        .write(move |connection| {
            connection
                .execute("INSERT INTO mode VALUES ('long', ?1, '', NULL, '{}', 0)", [&long])?;
            // A moment no calendar has, and the largest numbers.
            connection.execute(
                "INSERT INTO price VALUES ('m', 9223372036854775807, 'EUR', 1e308, 5e-324)",
                [],
            )?;
            connection.execute("INSERT INTO price VALUES ('i', 1, 'EUR', 9e999, 0.0)", [])?;
            Ok(())
        })
        .await
        .unwrap();
    let cycle = one.sync(&server).await.unwrap();
    assert_eq!((cycle.pushed, cycle.refused), (2, 2));
    let problems = one.store.sync().problems(9).await.unwrap();
    assert!(problems[0].2.contains("5001") && problems[0].2.contains("255"), "{problems:?}");
    assert!(problems[1].2.contains("finite"), "{problems:?}");
    two.sync(&server).await.unwrap();
    let prices = two.store.prices().list().await.unwrap();
    assert_eq!(prices[0].from.0, i64::MAX);
    assert_eq!((prices[0].input_per_1k, prices[0].output_per_1k), (1e308, 5e-324));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_only_the_server_refuses_is_found_among_the_others() {
    let (postgres, server) = deployed();
    let one = Workstation::new();
    let schema = SCHEMA.replace('"', "\"\"");
    postgres.sql_in("team", &format!("ALTER TABLE \"{schema}\".modes ADD CHECK (name <> 'm7')"));
    for number in 0..20 {
        one.save_mode(&format!("m{number}"), &format!("m{number}")).await;
    }
    let cycle = one.sync(&server).await.unwrap();
    assert_eq!((cycle.pushed, cycle.refused), (19, 1));
    assert_eq!(one.store.sync().problems(9).await.unwrap()[0].1, "m7");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_and_a_missing_one_are_refused_before_anything_is_written() {
    let (postgres, server) = deployed();
    let schema = SCHEMA.replace('"', "\"\"");
    let one = Workstation::new();
    one.save_mode("m", "m").await;
    postgres.sql_in("team", &format!("INSERT INTO \"{schema}\".schema_version VALUES (9, 1, 'x')"));
    let refused = one.sync(&server).await.unwrap_err();
    assert!(matches!(&refused, SyncError::Database(error) if error.class == Class::Newer));
    postgres.sql_in("team", &format!("DROP SCHEMA \"{schema}\" CASCADE"));
    let refused = one.sync(&server).await.unwrap_err();
    assert!(matches!(&refused, SyncError::Database(error) if error.class == Class::Missing));
    deploy(&postgres.session(), SCHEMA, &SystemClock).unwrap();
    assert_eq!(one.sync(&server).await.unwrap().pushed, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_and_a_server_that_restarts_lose_nothing() {
    let (postgres, server) = deployed();
    let (one, two) = (Workstation::new(), Workstation::new());
    for round in 0..6 {
        for number in 0..50 {
            one.save_mode(&format!("m{number}"), &format!("{round}")).await;
            two.save_mode(&format!("t{number}"), &format!("{round}")).await;
        }
        let (first, second) = tokio::join!(one.sync(&server), two.sync(&server));
        drop((first, second));
        if round % 3 == 2 {
            postgres.down();
            let error = one.sync(&server).await.unwrap_err();
            let SyncError::Database(error) = error else { panic!("{error}") };
            assert!(matches!(error.class, Class::Connection | Class::Unreachable), "{error:?}");
            postgres.up();
        } else {
            postgres.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'team'",
            );
        }
    }
    for _ in 0..3 {
        one.sync(&server).await.unwrap();
        two.sync(&server).await.unwrap();
    }
    let contents = one.contents().await;
    assert_eq!(contents, two.contents().await);
    let modes = &contents.iter().find(|(table, _)| table.local == "mode").unwrap().1;
    assert_eq!(modes.len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_server_gets_back_what_it_lost_and_one_that_forgot_is_believed() {
    let (postgres, _) = deployed();
    let remote = Arc::new(postgres.remote());
    let server: Arc<dyn Server> = remote.clone();
    let (one, two) = (Workstation::new(), Workstation::new());
    one.save_mode("a", "a").await;
    one.save_mode("b", "b").await;
    one.sync(&server).await.unwrap();
    two.sync(&server).await.unwrap();

    let schema = SCHEMA.replace('"', "\"\"");
    let before = postgres.dump();
    one.save_mode("c", "c").await;
    one.sync(&server).await.unwrap();
    postgres.sql_in("team", &format!("DROP SCHEMA \"{schema}\" CASCADE"));
    postgres.restore(&before);
    remote.pool().clear();
    two.save_mode("d", "d").await;
    two.sync(&server).await.unwrap();
    one.sync(&server).await.unwrap();
    two.sync(&server).await.unwrap();
    assert_eq!(one.contents().await, two.contents().await);
    assert_eq!(one.store.modes().list().await.unwrap().len(), 4);

    // The second one is away while a deletion is made and forgotten.
    one.store.modes().remove(nopenai_domain::ModeId("a".to_owned())).await.unwrap();
    one.sync(&server).await.unwrap();
    one.save_mode("e", "e").await;
    one.sync(&server).await.unwrap();
    let far = nopenai_domain::Timestamp(i64::MAX);
    assert!(remote.forget_before(far).unwrap().is_some());
    two.sync(&server).await.unwrap();
    one.sync(&server).await.unwrap();
    assert_eq!(one.contents().await, two.contents().await);
    assert!(two.store.modes().list().await.unwrap().iter().all(|mode| mode.id.0 != "a"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_story_as_on_the_model_ends_the_same_on_a_real_server() {
    let (postgres, server) = deployed();
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut team = Team::new(3, server);
    let mut runner = TestRunner::deterministic();
    for _ in 0..120 {
        let act = an_act().new_tree(&mut runner).unwrap().current();
        if matches!(act, Act::Fail(..)) && random.random_bool(0.3) {
            postgres.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'team'",
            );
        }
        team.act(random.random_range(0..3), act).await;
    }
    team.settle().await;
    team.is_one().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_exchange_goes_on_where_it_was_stopped() {
    const ROWS: u64 = 10_000;
    let (_postgres, server) = deployed();
    let (one, two) = (Workstation::new(), Workstation::new());
    one.store
        .write(|connection| {
            connection.execute(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
                 INSERT INTO inference_metric (id, at, workstation, model_id, outcome) \
                 SELECT printf('m%d', i), i, 'w', 'm', 'completed' FROM n",
                [ROWS as i64],
            )?;
            Ok(())
        })
        .await
        .unwrap();
    let sent = one.sync_until_the_first_step(&server).await;
    assert!((1..ROWS).contains(&sent), "{sent}");
    assert_eq!(one.sync(&server).await.unwrap().pushed, ROWS - sent);
    let come = two.sync_until_the_first_step(&server).await;
    assert!((1..ROWS).contains(&come), "{come}");
    assert_eq!(two.sync(&server).await.unwrap().pulled, ROWS - come);
    assert_eq!(one.contents().await, two.contents().await);
}
