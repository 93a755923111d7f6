//! The sync with a real PostgreSQL, over its ODBC driver.

use crate::{
    fixture::Workstation,
    postgres::{Postgres, SCHEMA},
};
use nopenai_domain::SystemClock;
use nopenai_hana::{deploy, plan, schema, sync::Server};
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
