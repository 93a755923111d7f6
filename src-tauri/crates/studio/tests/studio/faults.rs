use crate::fixture::{App, MODEL, expect, open, worker};
use nopenai_studio::Code;
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command, sync::Arc};

fn kill(process: u64) {
    let killed = Command::new("kill").args(["-9", &process.to_string()]).status().unwrap();
    assert!(killed.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_worker_costs_one_run_with_its_reason() {
    let app = App::start();
    let loaded = app.load(MODEL).await;
    let process = loaded["process_id"].as_u64().unwrap();
    let run = app.run_and(5, move |_| kill(process)).await;
    assert_eq!(run["outcome"], "failed", "{run:#}");
    assert_eq!(run["error"]["code"], "engine_failed");
    assert!(run["error"]["message"].as_str().unwrap().contains("signal 9"), "{run:#}");
    assert!(!run["answer"].as_str().unwrap().is_empty(), "what had come is kept");

    let short = json!({ "model": MODEL, "prompt": "Hello", "parameters": { "max_tokens": 8 } });
    assert_eq!(app.run(short).await.0.unwrap()["outcome"], "completed");
    assert_ne!(app.status().await["process_id"].as_u64(), Some(process));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_worker_that_dies_is_started_again() {
    let app = App::start();
    let loaded = app.load(MODEL).await;
    kill(loaded["process_id"].as_u64().unwrap());
    let failed = app.until("failed", |status| status["state"] == "failed").await;
    assert_eq!(failed["problem"]["code"], "engine_failed", "{failed:#}");
    let again = app.until("ready again", |status| status["state"] == "ready").await;
    assert_ne!(again["process_id"], loaded["process_id"]);
    assert_eq!(again["problem"], Value::Null);
}

/// A worker's executable that behaves badly.
fn bad_worker(folder: &Path, script: &str) -> std::path::PathBuf {
    let path = folder.join("worker");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_do_not_work_are_told_apart() {
    let cases = [
        ("echo 'out of luck' >&2; exit 3", "exit code 3"),
        ("kill -SEGV $$", "signal 11"),
        (r#"printf '\0\0\0\040{"type":"hello","version":99999}'; sleep 5"#, "protocol 99999"),
        ("echo not a frame", "ended"),
    ];
    for (script, reason) in cases {
        let folder = tempfile::tempdir().unwrap();
        let app = App::start_with(&bad_worker(folder.path(), script));
        let error =
            expect(app.call("load_model", json!({ "model": MODEL })).await, Code::EngineFailed);
        assert!(error.message.contains(reason), "{script}: {error}");
        let status = app.status().await;
        assert_eq!(
            (&status["state"], &status["problem"]["code"]),
            (&json!("failed"), &json!("engine_failed"))
        );
    }
    let app = App::start_with(Path::new("/nowhere/nopenai-worker"));
    let run = app.run(json!({ "model": MODEL, "prompt": "Hello" })).await.0.unwrap();
    assert_eq!(run["outcome"], "failed");
    assert!(run["error"]["message"].as_str().unwrap().contains("/nowhere"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_ends_when_its_parent_does() {
    let mut child = Command::new(worker())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdin.take());
    for _ in 0..100 {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    child.kill().unwrap();
    panic!("it outlived its input by five seconds");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_studio_on_the_same_folder_is_refused() {
    let app = App::start();
    let error = open(app.folder.path(), &worker()).err().expect("it is locked");
    assert_eq!(error.code, Code::AlreadyRunning, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_that_cannot_be_one_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = open(&file, &worker()).err().expect("a file is no folder");
    assert_eq!(error.code, Code::StoreUnavailable, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_under_way_are_recorded_when_the_application_ends() {
    let app = Arc::new(App::start());
    let ending = app.studio.clone();
    let run = app
        .run_and(3, move |_| {
            let ending = ending.clone();
            tokio::spawn(async move { ending.shut_down().await });
        })
        .await;
    assert_eq!(run["outcome"], "stopped", "{run:#}");
    let recorded = app.call("get_run", json!({ "run": run["id"] })).await.unwrap();
    assert_eq!(recorded["outcome"], "stopped");
}
