//! Downloads as a person sees them: work under way, paused, ended, told of.

use crate::fixture::{App, MODEL, expect, open_at, starter_model, worker};
use crate::hub::{Fault, HubServer, REPOSITORY};
use nopenai_studio::{Code, Environment};
use serde_json::{Value, json};
use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

async fn start() -> (App, HubServer) {
    let output = Command::new("sha256sum").arg(starter_model()).output().unwrap();
    let sha256 = String::from_utf8(output.stdout).unwrap()[..64].to_owned();
    let hub = HubServer::start().await;
    hub.add(MODEL, fs::read(starter_model()).unwrap(), &sha256);
    let folder = tempfile::tempdir().unwrap();
    let environment = Environment { hub: Some(hub.address().to_owned()), ..Environment::empty() };
    let studio = open_at(folder.path(), &worker(), environment).unwrap();
    (App { studio, folder }, hub)
}

async fn until(app: &App, operation: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        let found = app.call(operation, json!({})).await.unwrap();
        if is(&found) {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "not {what}: {found:#}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_the_work_pauses_it_and_its_end_is_told() {
    let (app, hub) = start().await;
    hub.faults([Fault::Drip(100_000, Duration::from_millis(10))]);
    let repository =
        app.call("read_hub_repository", json!({ "repository": REPOSITORY })).await.unwrap();
    assert!(repository["memory_available_bytes"].as_u64().unwrap() > 0);
    let wanted = json!({ "repository": REPOSITORY, "file": repository["offers"][0]["file"] });
    app.call("start_download", wanted.clone()).await.unwrap();
    let error = expect(app.call("start_download", wanted).await, Code::AlreadyExists);
    assert!(error.message.contains("already"), "{error}");
    until(&app, "list_downloads", "arriving", |list| {
        list[0]["done_bytes"].as_u64().is_some_and(|bytes| bytes > 0)
    })
    .await;
    app.call("cancel_task", json!({ "task": 0 })).await.unwrap();
    let list = until(&app, "list_downloads", "paused", |list| list[0]["state"] == "paused").await;
    assert!(list[0]["done_bytes"].as_u64().unwrap() > 0, "what has arrived stays: {list:#}");
    assert_eq!(app.call("list_models", json!({})).await.unwrap()["models"], json!([]));

    app.call("resume_download", json!({ "name": MODEL })).await.unwrap();
    app.until_models("downloaded", |models| models.len() == 1).await;
    let told = until(&app, "list_notifications", "told", |page| {
        page["items"].as_array().is_some_and(|items| !items.is_empty())
    })
    .await;
    assert_eq!(told["items"][0]["topic"], "model_downloaded", "{told:#}");
    assert_eq!(told["items"].as_array().unwrap().len(), 1, "a pause is no news: {told:#}");
    assert_eq!(app.call("list_downloads", json!({})).await.unwrap(), json!([]));
    expect(app.call("pause_download", json!({ "name": MODEL })).await, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_is_told_and_can_be_cancelled() {
    let (app, hub) = start().await;
    hub.faults([Fault::Status(404, "")]);
    app.call("start_download", json!({ "repository": REPOSITORY, "file": "*.gguf" }))
        .await
        .unwrap();
    let list = until(&app, "list_downloads", "failed", |list| list[0]["state"] == "failed").await;
    assert_eq!(list[0]["problem"]["code"], "not_found");
    let told = until(&app, "list_notifications", "told", |page| {
        page["items"].as_array().is_some_and(|items| !items.is_empty())
    })
    .await;
    assert_eq!(told["items"][0]["topic"], "download_failed");
    app.call("cancel_download", json!({ "name": MODEL })).await.unwrap();
    let models = app.folder.path().join("models");
    assert_eq!(fs::read_dir(models).unwrap().count(), 0, "nothing is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_needs_no_connection() {
    let (app, hub) = start().await;
    let catalogue = app.call("list_catalogue", json!({})).await.unwrap();
    assert!(catalogue["models"].as_array().unwrap().len() >= 30);
    assert_eq!(catalogue["written_on"].as_str().unwrap().len(), 10);
    assert_eq!(app.call("list_other_applications", json!({})).await.unwrap(), json!([]));
    assert_eq!(hub.all_asked().len(), 0);
}
