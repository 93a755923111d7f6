//! A disk that is really full, and one that is really read-only: each test
//! runs itself again inside a mount namespace with a small disk of its own.

use crate::fixture::{App, MODEL, expect, open, starter_model, worker};
use nopenai_studio::Code;
use serde_json::json;
use std::{
    env,
    fs::{self, File},
    io::Write,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

const DISK: &str = "NOPENAI_TEST_DISK";

/// The small disk, inside; outside, runs `test` inside and returns nothing.
fn small_disk(test: &str) -> Option<PathBuf> {
    if let Some(disk) = env::var_os(DISK) {
        return Some(disk.into());
    }
    let folder = tempfile::tempdir().unwrap();
    let inside = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c"])
        .arg(r#"mount -t tmpfs -o size=2m small "$NOPENAI_TEST_DISK" && exec "$0" "$@""#)
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(DISK, folder.path())
        .status()
        .unwrap();
    assert!(inside.success(), "inside the small disk: {inside}");
    None
}

fn app_on(disk: &Path) -> App {
    let folder = tempfile::tempdir_in(disk).unwrap();
    let models = folder.path().join("models");
    fs::create_dir(&models).unwrap();
    symlink(starter_model(), models.join(MODEL)).unwrap();
    App { studio: open(folder.path(), &worker()).unwrap(), folder }
}

fn fill(disk: &Path) -> PathBuf {
    let path = disk.join("filler");
    let mut file = File::create(&path).unwrap();
    while file.write_all(&[0; 512]).is_ok() {}
    path
}

fn question() -> serde_json::Value {
    json!({ "model": MODEL, "prompt": "Hello", "parameters": { "max_tokens": 4 } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_a_run_before_it_costs_anything() {
    let Some(disk) = small_disk("disk::a_full_disk_refuses_a_run_before_it_costs_anything") else {
        return;
    };
    let app = app_on(&disk);
    app.run(question()).await.0.unwrap();
    let filler = fill(&disk);
    // Rows before these may fit into what the log has already reserved.
    let mut refused = None;
    for _ in 0..50 {
        let prompt = json!({ "model": MODEL, "prompt": "x".repeat(100_000) });
        if let Err(error) = app.run(prompt).await.0 {
            refused = Some(error);
            break;
        }
    }
    let error = expect(Err(refused.expect("a full disk is noticed")), Code::StoreUnavailable);
    assert!(error.message.contains("disk is full"), "{error}");
    let recorded = app.history().await.len();
    fs::remove_file(filler).unwrap();
    assert_eq!(app.run(question()).await.0.unwrap()["outcome"], "completed");
    assert_eq!(app.history().await.len(), recorded + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_during_an_answer_keeps_what_was_acknowledged() {
    let Some(disk) =
        small_disk("disk::a_disk_that_fills_during_an_answer_keeps_what_was_acknowledged")
    else {
        return;
    };
    let app = app_on(&disk);
    let full = disk.clone();
    let run = app.run_and(5, move |_| drop(fill(&full))).await;
    assert_eq!(run["outcome"], "completed", "{run:#}");
    assert_eq!(run["error"]["code"], "store_unavailable", "{run:#}");
    let answer = run["answer"].as_str().unwrap().to_owned();

    let App { studio, folder } = app;
    drop(studio);
    fs::remove_file(disk.join("filler")).unwrap();
    let app = App { studio: open(folder.path(), &worker()).unwrap(), folder };
    let kept = app.call("get_run", json!({ "run": run["id"] })).await.unwrap();
    assert_eq!(kept["outcome"], "interrupted");
    let kept = kept["answer"].as_str().unwrap();
    assert!(!kept.is_empty() && answer.starts_with(kept), "{kept:?} of {answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_disk_is_said_at_the_start() {
    let Some(disk) = small_disk("disk::a_read_only_disk_is_said_at_the_start") else { return };
    let remounted = Command::new("mount").args(["-o", "remount,ro"]).arg(&disk).status().unwrap();
    assert!(remounted.success());
    let error = open(&disk.join("data"), &worker()).err().expect("nothing can be written");
    assert_eq!(error.code, Code::StoreUnavailable, "{error}");
    assert!(error.message.contains("data folder"), "{error}");
}
