//! Two applications that share a team's database.

use crate::faulty::{EVERY, Fault, Faulty};
use crate::fixture::{App, expect, open_at, worker};
use crate::postgres::{PASSWORD, Postgres, SCHEMA};
use nopenai_studio::{Code, Environment, Given};
use serde_json::{Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// The keyring of these tests: a variable that every profile's password is in.
fn environment() -> Environment {
    let variable =
        |name: &str| name.starts_with("NOPENAI_SECRET_DATABASE_").then(|| PASSWORD.to_owned());
    let secrets = Given { folder: None, variable: Arc::new(variable) };
    Environment { secrets, ..Environment::empty() }
}

fn start() -> App {
    let folder = tempfile::tempdir().unwrap();
    let studio = open_at(folder.path(), &worker(), environment()).unwrap();
    App { studio, folder }
}

async fn until(app: &App, operation: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        let found = app.call(operation, json!({})).await.unwrap();
        if is(&found) {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "not {what}: {found:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn join(app: &App, postgres: &Postgres) -> Value {
    join_by(app, json!(postgres.profile())).await
}

async fn join_by(app: &App, profile: Value) -> Value {
    app.call("save_profile", json!({ "profile": profile })).await.unwrap();
    app.call("activate_profile", json!({ "profile": profile["id"] })).await.unwrap();
    profile
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_saves_the_other_has_and_a_stopped_server_costs_nothing() {
    let postgres = tokio::task::spawn_blocking(Postgres::start).await.unwrap();
    let (one, two) = (start(), start());
    let profile = join(&one, &postgres).await;
    // The schema is missing: a person must see to it, and it is not tried again.
    let status = until(&one, "sync_status", "in error", |s| s["phase"] == "error").await;
    assert!(status["problem"]["message"].as_str().unwrap().contains("deploy"), "{status:#}");
    let planned = app_plan(&one, &profile).await;
    assert!(planned["statements"].as_array().unwrap().len() > 50);
    let deployed = one.call("deploy_schema", json!({ "profile": profile["id"] })).await.unwrap();
    assert_eq!((deployed["from"].as_u64(), deployed["to"].as_u64()), (Some(0), Some(1)));
    assert_eq!(app_plan(&one, &profile).await["statements"], json!([]));
    until(&one, "sync_status", "synced", |s| s["phase"] == "synced").await;

    let mode = json!({ "id": "", "name": "Shared", "description": "d", "model": null,
        "parameters": {}, "shipped": false, "changed": false });
    one.call("save_mode", json!({ "mode": mode })).await.unwrap();
    join(&two, &postgres).await;
    let has_it = |modes: &Value| modes.as_array().unwrap().iter().any(|m| m["name"] == "Shared");
    until(&two, "list_modes", "there", has_it).await;

    tokio::task::block_in_place(|| postgres.down());
    let mode = json!({ "id": "", "name": "While away", "description": "d", "model": null,
        "parameters": {}, "shipped": false, "changed": false });
    two.call("save_mode", json!({ "mode": mode })).await.unwrap();
    let waits = |s: &Value| s["phase"] == "offline" && s["pending"] == 1;
    let status = until(&two, "sync_status", "offline with a row that waits", waits).await;
    assert_eq!(status["tables"][0]["table"], "MODES");
    tokio::task::block_in_place(|| postgres.up());
    two.call("sync_now", json!({})).await.unwrap();
    one.call("sync_now", json!({})).await.unwrap();
    let has_it =
        |modes: &Value| modes.as_array().unwrap().iter().any(|m| m["name"] == "While away");
    until(&one, "list_modes", "there", has_it).await;
}

async fn app_plan(app: &App, profile: &Value) -> Value {
    app.call("plan_deployment", json!({ "profile": profile["id"] })).await.unwrap()
}

/// What can pass is tried again by itself; what a person must see to is not.
#[tokio::test(flavor = "multi_thread")]
async fn the_status_says_whether_to_wait_or_to_act() {
    let started = || (Faulty::compile(), Postgres::start());
    let (faulty, postgres) = tokio::task::spawn_blocking(started).await.unwrap();
    let app = start();
    let fault = |state, times| Fault {
        function: "connect",
        part: "",
        spare: 0,
        times,
        state,
        native: 1,
        message: "refused",
    };
    faulty.will(&[fault("28P01", EVERY)]);
    let profile = join_by(&app, json!(faulty.profile(&postgres))).await;
    let status = until(&app, "sync_status", "in error", |s| s["phase"] == "error").await;
    let words = status["problem"]["message"].as_str().unwrap();
    assert!(words.contains("could lock the user") && !words.contains(PASSWORD), "{words}");
    // Longer than changes are looked for, and than the server is asked.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(faulty.reported(), 1, "a refused password is not tried again");
    assert_eq!(app.call("sync_status", json!({})).await.unwrap()["phase"], "error");

    faulty.will(&[fault("08006", EVERY)]);
    app.call("sync_now", json!({})).await.unwrap();
    let status = until(&app, "sync_status", "offline", |s| s["phase"] == "offline").await;
    assert!(status["problem"]["message"].as_str().unwrap().contains("tried again"), "{status}");
    assert!(faulty.reported() > 1, "more than once in one exchange");
    faulty.will(&[]);
    app.call("deploy_schema", json!({ "profile": profile["id"] })).await.unwrap();
    until(&app, "sync_status", "synced", |s| s["phase"] == "synced").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_can_be_stopped_while_the_server_is_busy_with_it() {
    let postgres = tokio::task::spawn_blocking(Postgres::start).await.unwrap();
    let app = Arc::new(start());
    let profile = join(&app, &postgres).await;
    let deploy = json!({ "profile": profile["id"] });
    app.call("deploy_schema", deploy.clone()).await.unwrap();
    let schema = SCHEMA.replace('"', "\"\"");
    let sql = format!(
        "BEGIN; LOCK TABLE \"{schema}\".schema_version IN ACCESS EXCLUSIVE MODE; \
         SELECT pg_sleep(60)"
    );
    let mut holder = postgres.psql("team").args(["-c", &sql]).spawn().unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let deploying = app.clone();
    let deployment = tokio::spawn(async move { deploying.call("deploy_schema", deploy).await });
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(!deployment.is_finished(), "it waits for the lock");
    let began = Instant::now();
    app.call("cancel_deployment", json!({})).await.unwrap();
    let error = expect(deployment.await.unwrap(), Code::Cancelled);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(error.message.contains("goes on"), "{error}");
    holder.kill().unwrap();
    holder.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn profiles_are_kept_without_their_passwords() {
    let app = start();
    let profile = json!(Postgres::profile_at(1));
    app.call("save_profile", json!({ "profile": profile })).await.unwrap();
    let list = app.call("list_profiles", json!({})).await.unwrap();
    assert_eq!(list[0]["profile"], profile);
    assert_eq!(list[0]["password"]["kind"], "variable");
    assert!(!list.to_string().contains(PASSWORD));

    let copy = json!({ "profile": Postgres::profile_at(2) });
    expect(app.call("save_profile", copy).await, Code::AlreadyExists);
    for (field, value) in [
        ("host", json!("a;PWD=x")),
        ("host", json!("")),
        ("port", json!(0)),
        ("user", json!("u\u{0}")),
        ("schema", json!("s".repeat(64))),
        ("name", json!("")),
    ] {
        let mut wrong = profile.clone();
        wrong[field] = value;
        let error =
            expect(app.call("save_profile", json!({ "profile": wrong })).await, Code::InvalidInput);
        assert_eq!(error.details["field"], field);
    }
    let tested = app.call("test_profile", json!({ "profile": profile })).await.unwrap();
    assert_eq!(tested["finding"], "host_unreachable");
    let grants = json!({ "kind": "hana", "schema": SCHEMA, "user": "A\"; DROP USER B; --" });
    let grants = app.call("read_grants", grants).await.unwrap();
    assert!(grants[0].as_str().unwrap().ends_with("TO \"A\"\"; DROP USER B; --\""), "{grants}");
    let unknown = json!({ "profile": Postgres::profile_at(3).id });
    expect(app.call("remove_profile", unknown).await, Code::NotFound);
}
