//! Prompt sets, asked of the real model.

use crate::fixture::{App, MODEL, expect, open, worker};
use nopenai_studio::Code;
use serde_json::{Value, json};
use std::{fs, path::PathBuf, time::Duration};

/// A set of three: its first expectation is met by every answer, its second by
/// none, its third as told.
fn write_set(app: &App, third: &str) -> PathBuf {
    let path = app.folder.path().join("mine.jsonl");
    let lines = [
        json!({ "prompt": "Say hello.", "kind": "regex", "expected": "." }),
        json!({ "prompt": "Say hello.", "kind": "exact", "expected": "no model says this" }),
        json!({ "prompt": "Say {{what}}.", "what": "hello", "kind": "regex", "expected": third }),
    ];
    fs::write(&path, lines.map(|line| line.to_string()).join("\n")).unwrap();
    path
}

async fn import(app: &App, third: &str, replace: bool) -> Value {
    let path = write_set(app, third);
    app.call("import_prompt_set", json!({ "path": path, "replace": replace })).await.unwrap()
}

async fn start(app: &App, set: &Value) -> Value {
    let started = app
        .call(
            "start_evaluations",
            json!({
                "set": set["id"],
                "targets": [{ "model": MODEL }],
                "parameters": { "max_tokens": 8 },
            }),
        )
        .await
        .unwrap();
    started[0]["evaluation"].clone()
}

async fn until(app: &App, id: &Value, condition: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..1200 {
        let figures = app.call("get_evaluation", json!({ "evaluation": id })).await.unwrap();
        if condition(&figures["evaluation"]) {
            return figures;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the evaluation did not come to that");
}

fn done(evaluation: &Value) -> u64 {
    let tally = evaluation["tally"].as_object().unwrap();
    tally.values().filter_map(Value::as_u64).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn quality_is_that_of_the_runs_and_changes_with_the_expectation() {
    let app = App::start();
    let set = import(&app, ".", false).await;
    assert_eq!((&set["items"], &set["expecting"]), (&json!(3), &json!(3)));
    let none = app.call("list_qualities", json!({})).await.unwrap();
    assert_eq!(none, json!([]), "no figure before there is an evaluation");
    let begun = start(&app, &set).await;
    assert_eq!(begun["parameters"]["temperature"], 0.0);
    assert_eq!(begun["parameters"]["seed"], 0);
    let figures = until(&app, &begun["id"], |each| each["state"] == "completed").await;
    assert_eq!(figures["evaluation"]["tally"]["passed"], 2);
    let share = figures["quality"]["share"].as_f64().unwrap();
    assert!((share - 2.0 / 3.0).abs() < 1e-9 && figures["quality"]["judged"] == 3);
    assert_eq!(app.call("list_qualities", json!({})).await.unwrap(), json!([figures]));

    // Every figure can be traced to its runs.
    let query = json!({ "evaluation": begun["id"] });
    let items = app.call("list_evaluated_items", query).await.unwrap();
    for item in items["items"].as_array().unwrap() {
        let run = app.call("get_run", json!({ "run": item["result"]["run"] })).await.unwrap();
        assert_eq!(run["answer"], item["result"]["answer"]);
        assert_eq!(run["prompt"], "Say hello.");
        assert_eq!(run["parameters"]["max_tokens"], 8);
    }
    let path = app.folder.path().join("out.csv");
    let export = json!({ "evaluation": begun["id"], "path": path });
    let rows = app.call("export_evaluation", export).await.unwrap();
    assert_eq!(rows["rows"], 3);
    let csv = fs::read_to_string(&path).unwrap();
    assert_eq!(csv.matches("as_expected").count(), 2, "{csv}");

    let taken = app.call("import_prompt_set", json!({ "path": write_set(&app, ".") })).await;
    assert_eq!(expect(taken, Code::AlreadyExists).details["field"], "name");
    let changed = import(&app, "^no model says this$", true).await;
    assert_eq!((&changed["id"], &changed["revision"]), (&set["id"], &json!(2)));
    assert_eq!(app.call("list_qualities", json!({})).await.unwrap(), json!([]));
    let again = start(&app, &changed).await;
    let figures = until(&app, &again["id"], |each| each["state"] == "completed").await;
    assert_eq!(figures["evaluation"]["tally"]["passed"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_one_is_resumed_where_it_stopped() {
    let app = App::start();
    let set = import(&app, ".", false).await;
    let begun = start(&app, &set).await;
    let id = &begun["id"];
    until(&app, id, |each| done(each) >= 1).await;
    let cancelled = app.call("cancel_evaluation", json!({ "evaluation": id })).await;
    cancelled.unwrap();
    let stopped = until(&app, id, |each| each["state"] != "running").await;
    assert_eq!(stopped["evaluation"]["state"], "cancelled", "{stopped:#}");
    let before = app.history().await.len();
    let left = 3 - done(&stopped["evaluation"]);
    assert!(left > 0, "{stopped:#}");
    app.call("resume_evaluation", json!({ "evaluation": id })).await.unwrap();
    let twice = app.call("resume_evaluation", json!({ "evaluation": id })).await;
    assert!(expect(twice, Code::InvalidInput).message.contains("under way"));
    until(&app, id, |each| each["state"] == "completed").await;
    assert_eq!(app.history().await.len() as u64, before as u64 + left, "nothing is asked twice");
    let ended = app.call("resume_evaluation", json!({ "evaluation": id })).await;
    expect(ended, Code::InvalidInput);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_the_application_left_goes_on_after_the_next_start() {
    let app = App::start();
    let set = import(&app, ".", false).await;
    let begun = start(&app, &set).await;
    until(&app, &begun["id"], |each| done(each) >= 1).await;
    app.studio.shut_down().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let App { studio, folder } = app;
    drop(studio);
    let studio = loop {
        // The work under way lets go of the data folder in its own time.
        match open(folder.path(), &worker()) {
            Ok(studio) => break studio,
            Err(error) => assert_eq!(error.code, Code::AlreadyRunning),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let app = App { studio, folder };
    let found = until(&app, &begun["id"], |_| true).await;
    assert_eq!(found["evaluation"]["state"], "interrupted", "{found:#}");
    app.call("resume_evaluation", json!({ "evaluation": begun["id"] })).await.unwrap();
    let figures = until(&app, &begun["id"], |each| each["state"] == "completed").await;
    assert_eq!(done(&figures["evaluation"]), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_evaluated_says_why() {
    let app = App::start();
    let start = |input: Value| app.call("start_evaluations", input);
    let nobody = start(json!({ "set": "math", "targets": [] })).await;
    assert_eq!(expect(nobody, Code::InvalidInput).details["field"], "targets");
    let unknown = start(json!({ "set": "math", "targets": [{ "model": "none.gguf" }] })).await;
    expect(unknown, Code::NotFound);
    let no_set = start(json!({ "set": "none", "targets": [{ "model": MODEL }] })).await;
    expect(no_set, Code::NotFound);
    let shipped = app.call("remove_prompt_set", json!({ "set": "math" })).await;
    assert_eq!(expect(shipped, Code::InvalidInput).details["field"], "set");
    let path = app.folder.path().join("judged.csv");
    fs::write(&path, "prompt,kind,expected\nSay hello.,judge,Is it polite?\n").unwrap();
    let set = app.call("import_prompt_set", json!({ "path": path })).await.unwrap();
    let judge = start(json!({ "set": set["id"], "targets": [{ "model": MODEL }] })).await;
    assert_eq!(expect(judge, Code::InvalidInput).details["field"], "judge");
}
