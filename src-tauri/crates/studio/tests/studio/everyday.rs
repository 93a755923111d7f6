//! Settings, notifications, configurations, prices, comparisons and exports,
//! through the operations; runs are put there by the engine where a test needs
//! measures, and by nobody where it doesn't.

use crate::fixture::{App, MODEL, expect, open, worker};
use nopenai_studio::Code;
use serde_json::{Value, json};
use std::fs;

async fn run(app: &App, prompt: &str, tokens: u32) -> Value {
    let input = json!({
        "model": MODEL, "prompt": prompt,
        "parameters": { "max_tokens": tokens, "temperature": 0.0, "seed": 1 },
    });
    let (result, _) = app.run(input).await;
    result.unwrap()
}

async fn get(app: &App, run: &Value) -> Value {
    app.call("get_run", json!({ "run": run["id"] })).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_kept_checked_and_pushed() {
    let app = App::start();
    let mut settings = app.call("get_settings", json!({})).await.unwrap();
    assert_eq!(settings["theme"], "system");
    let refused = async |settings: Value| {
        expect(
            app.call("change_settings", json!({ "settings": settings })).await,
            Code::InvalidInput,
        )
    };
    for (field, value) in [
        ("refresh_interval_s", json!(0)),
        ("language", json!("<script>")),
        ("default_mode", json!("no-such-mode")),
        ("models_folder", json!("/no/such/folder")),
    ] {
        let mut wrong = settings.clone();
        wrong[field] = value;
        assert_eq!(refused(wrong).await.details["field"], field);
    }
    settings["theme"] = "contrast_black".into();
    settings["language"] = "ar".into();
    app.call("change_settings", json!({ "settings": settings })).await.unwrap();
    let App { studio, folder } = app;
    drop(studio);
    let app = App { studio: open(folder.path(), &worker()).unwrap(), folder };
    assert_eq!(app.call("get_settings", json!({})).await.unwrap(), settings);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_models_folder_is_looked_at_at_once() {
    let app = App::start();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut settings = app.call("get_settings", json!({})).await.unwrap();
    settings["models_folder"] = elsewhere.path().to_str().unwrap().into();
    app.call("change_settings", json!({ "settings": settings })).await.unwrap();
    app.until_models("none in the new folder", |models| models.is_empty()).await;
    settings["models_folder"] = Value::Null;
    app.call("change_settings", json!({ "settings": settings })).await.unwrap();
    app.until_models("the starter model again", |models| models.len() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_notified_read_and_dismissed() {
    let app = App::start();
    let path = app.folder.path().join("weights.pt");
    fs::write(&path, "pickle").unwrap();
    let import = json!({ "path": path.to_str(), "method": "copy" });
    expect(app.call("import_model", import).await, Code::UnsupportedModel);

    let page = app.call("list_notifications", json!({})).await.unwrap();
    let notification = &page["items"][0];
    assert_eq!(notification["topic"], "import_failed");
    assert_eq!(notification["level"], "error");
    assert_eq!(notification["read"], false);
    let infos = app.call("list_notifications", json!({ "level": "info" })).await.unwrap();
    assert_eq!(infos["items"], json!([]));

    let up_to = notification["id"].clone();
    app.call("read_notifications", json!({ "up_to": up_to })).await.unwrap();
    let page = app.call("list_notifications", json!({})).await.unwrap();
    assert_eq!(page["items"][0]["read"], true);
    app.call("dismiss_notifications", json!({ "notifications": [up_to] })).await.unwrap();
    let page = app.call("list_notifications", json!({})).await.unwrap();
    assert_eq!(page["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_is_saved_reset_and_carried_in_a_file() {
    let app = App::start();
    let of_model = json!({ "model": MODEL });
    let configured = app.call("get_configuration", of_model.clone()).await.unwrap();
    assert_eq!(configured["saved"], false);
    let mut configuration = configured["configuration"].clone();
    configuration["parameters"]["top_k"] = 40.into();
    let save = |configuration: &Value| json!({ "model": MODEL, "configuration": configuration });
    app.call("save_configuration", save(&configuration)).await.unwrap();
    let configured = app.call("get_configuration", of_model.clone()).await.unwrap();
    assert_eq!(
        (&configured["saved"], &configured["configuration"]),
        (&json!(true), &configuration)
    );

    let file = app.folder.path().join("mine.json");
    let export = json!({ "configuration": configuration, "path": file.to_str() });
    app.call("export_configuration", export).await.unwrap();
    let import = json!({ "path": file.to_str() });
    assert_eq!(app.call("import_configuration", import.clone()).await.unwrap(), configuration);
    let text = fs::read_to_string(&file).unwrap().replace("\"top_k\": 40", "\"top_k\": 4000");
    fs::write(&file, text).unwrap();
    let error = expect(app.call("import_configuration", import.clone()).await, Code::InvalidInput);
    assert_eq!(error.details["field"], "top_k");
    fs::write(&file, "{}").unwrap();
    expect(app.call("import_configuration", import.clone()).await, Code::InvalidInput);
    fs::remove_file(&file).unwrap();
    expect(app.call("import_configuration", import).await, Code::FileUnavailable);

    app.call("reset_configuration", of_model.clone()).await.unwrap();
    assert_eq!(app.call("get_configuration", of_model).await.unwrap()["saved"], false);
    configuration["parameters"]["temperature"] = 9.into();
    expect(app.call("save_configuration", save(&configuration)).await, Code::InvalidInput);
}

#[tokio::test(flavor = "multi_thread")]
async fn presets_are_named_configurations() {
    let app = App::start();
    let preset = json!({ "name": " Terse ", "configuration": { "memory_limit_bytes": 1000 } });
    app.call("save_preset", json!({ "preset": preset })).await.unwrap();
    let presets = app.call("list_presets", json!({})).await.unwrap();
    assert_eq!(presets[0]["name"], "Terse");
    assert_eq!(presets[0]["configuration"]["memory_limit_bytes"], 1000);
    app.call("remove_preset", json!({ "name": "Terse" })).await.unwrap();
    expect(app.call("remove_preset", json!({ "name": "Terse" })).await, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_follows_ratings_and_weights() {
    let app = App::start();
    let (a, b) = (run(&app, "Say one.", 4).await, run(&app, "Say two.", 12).await);
    let rate = |run: &Value, rating: u8| json!({ "run": run["id"], "rating": rating });
    let compare = |weights: Value| json!({ "a": a["id"], "b": b["id"], "weights": weights });
    let only = |name: &str| {
        let mut weights = json!({ "latency": 0, "quality": 0, "cost": 0 });
        weights[name] = 1.into();
        weights
    };

    let unrated = app.call("compare_runs", compare(only("quality"))).await.unwrap();
    assert_eq!(unrated["score"]["winner"], Value::Null);
    app.call("rate_run", rate(&a, 2)).await.unwrap();
    app.call("rate_run", rate(&b, 5)).await.unwrap();
    let rated = app.call("compare_runs", compare(only("quality"))).await.unwrap();
    assert_eq!(rated["score"]["winner"], "b");
    let by_latency = app.call("compare_runs", compare(only("latency"))).await.unwrap();
    let faster = a["measures"]["total_ms"].as_f64() < b["measures"]["total_ms"].as_f64();
    assert_eq!(by_latency["score"]["winner"], if faster { "a" } else { "b" });
    let itself = json!({ "a": a["id"], "b": a["id"] });
    expect(app.call("compare_runs", itself).await, Code::InvalidInput);

    let mut save = compare(only("quality"));
    save["winner"] = "a".into();
    save["note"] = "shorter".into();
    let saved = app.call("save_comparison", save).await.unwrap();
    assert_eq!((&saved["winner"], &saved["overridden"]), (&json!("a"), &json!(true)));
    let page = app.call("list_comparisons", json!({})).await.unwrap();
    assert_eq!(page["items"], json!([saved]));
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_exported_as_they_are_stored() {
    let app = App::start();
    let asked = run(&app, "=1+1, \"quoted\"\nsecond line", 4).await;
    app.call("tag_run", json!({ "run": asked["id"], "tags": ["b", "a"] })).await.unwrap();
    let csv = app.folder.path().join("runs.csv");
    let export =
        |format: &str, path: &std::path::Path| json!({ "format": format, "path": path.to_str() });
    let exported = app.call("export_runs", export("csv", &csv)).await.unwrap();
    assert_eq!(exported["rows"], 1);
    let text = fs::read_to_string(&csv).unwrap();
    let mut rows = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headers = rows.headers().unwrap().clone();
    let row = rows.records().next().unwrap().unwrap();
    let column = |name: &str| &row[headers.iter().position(|header| header == name).unwrap()];
    assert_eq!(column("prompt"), "'=1+1, \"quoted\"\nsecond line");
    assert_eq!(column("answer"), asked["answer"].as_str().unwrap());
    assert_eq!(column("tags"), "a b");
    assert!(column("started_at").ends_with('Z'));

    let jsonl = app.folder.path().join("runs.jsonl");
    app.call("export_runs", export("jsonl_chat", &jsonl)).await.unwrap();
    let text = fs::read_to_string(&jsonl).unwrap();
    let line: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let roles: Vec<_> = line["messages"].as_array().unwrap().iter().map(|m| &m["role"]).collect();
    assert_eq!(roles, ["user", "assistant"]);
    assert_eq!(line["messages"][1]["content"], asked["answer"]);

    fs::write(&csv, "precious").unwrap();
    let impossible = app.folder.path().join("no/such/folder/runs.csv");
    expect(app.call("export_runs", export("csv", &impossible)).await, Code::FileUnavailable);
    assert_eq!(fs::read_to_string(&csv).unwrap(), "precious");
    let notifications = app.call("list_notifications", json!({})).await.unwrap();
    assert_eq!(notifications["items"][0]["topic"], "export_failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn ratings_and_tags_have_bounds() {
    let app = App::start();
    let asked = run(&app, "Say one.", 2).await;
    let id = &asked["id"];
    expect(app.call("rate_run", json!({ "run": id, "rating": 6 })).await, Code::InvalidInput);
    let tags = |tags: Vec<String>| json!({ "run": id, "tags": tags });
    expect(app.call("tag_run", tags(vec!["x".repeat(41)])).await, Code::InvalidInput);
    let many = (0..17).map(|n| n.to_string()).collect();
    expect(app.call("tag_run", tags(many)).await, Code::InvalidInput);
    app.call("rate_run", json!({ "run": id, "rating": 4 })).await.unwrap();
    app.call("tag_run", tags(vec![" b ".to_owned(), "a".to_owned()])).await.unwrap();
    let now = get(&app, &asked).await;
    assert_eq!((&now["rating"], &now["tags"]), (&json!(4), &json!(["a", "b"])));
    app.call("rate_run", json!({ "run": id, "rating": null })).await.unwrap();
    assert_eq!(get(&app, &asked).await["rating"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_diagnostics_hold_no_prompt() {
    let app = App::start();
    run(&app, "A very private question", 2).await;
    let report = app.call("diagnostics", json!({})).await.unwrap();
    let text = report["text"].as_str().unwrap();
    assert!(text.contains(MODEL) && text.contains("Runs: 1"), "{text}");
    assert!(!text.contains("private"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_can_be_asked() {
    let app = App::start();
    let examples = app.call("list_examples", json!({})).await.unwrap();
    let categories: std::collections::BTreeSet<&str> = examples
        .as_array()
        .unwrap()
        .iter()
        .map(|example| example["category"].as_str().unwrap())
        .collect();
    assert_eq!(categories, ["arabic", "code", "math", "reasoning"].into());
}
