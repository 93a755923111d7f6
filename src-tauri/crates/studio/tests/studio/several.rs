//! Several models at once, within a memory budget.

use crate::fixture::{App, MODEL, expect};
use nopenai_studio::Code;
use serde_json::{Value, json};
use std::sync::Arc;

const OTHER: &str = "other.gguf";

async fn set(app: &App, change: Value) {
    let mut settings = app.call("get_settings", json!({})).await.unwrap();
    for (name, value) in change.as_object().unwrap() {
        settings[name] = value.clone();
    }
    app.call("change_settings", json!({ "settings": settings })).await.unwrap();
}

async fn needed(app: &App) -> u64 {
    let report = app.call("estimate_memory", json!({ "model": MODEL })).await.unwrap();
    report["estimate"]["total_bytes"].as_u64().unwrap()
}

async fn in_memory(app: &App) -> Vec<String> {
    let engine = app.engine().await;
    let models = engine["models"].as_array().unwrap();
    models.iter().map(|status| status["model"].as_str().unwrap().to_owned()).collect()
}

fn question(model: &str) -> Value {
    let parameters = json!({ "temperature": 0.0, "max_tokens": 12 });
    json!({ "model": model, "prompt": "What is 2+2?", "parameters": parameters })
}

#[tokio::test(flavor = "multi_thread")]
async fn two_models_answer_at_the_same_time_each_in_its_process() {
    let app = Arc::new(App::start());
    app.add_model(OTHER).await;
    let (first, second) = tokio::join!(app.run(question(MODEL)), app.run(question(OTHER)));
    let (first, second) = (first.0.unwrap(), second.0.unwrap());
    assert_eq!((&first["outcome"], &second["outcome"]), (&json!("completed"), &json!("completed")));
    assert_eq!(first["answer"], second["answer"], "they are the same model");
    let engine = app.engine().await;
    let models = engine["models"].as_array().unwrap();
    assert_eq!(models.len(), 2, "{engine:#}");
    assert_ne!(models[0]["process_id"], models[1]["process_id"]);
    let held: u64 = models.iter().map(|status| status["memory_bytes"].as_u64().unwrap()).sum();
    assert_eq!(engine["memory_bytes"], held);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_least_recently_used_leaves_when_the_budget_is_short() {
    let app = App::start();
    app.add_model(OTHER).await;
    let budget = needed(&app).await * 5 / 4;
    set(&app, json!({ "memory_budget_bytes": budget })).await;
    let loaded = app.load(MODEL).await;
    app.load(OTHER).await;
    assert_eq!(in_memory(&app).await, [OTHER]);
    let process = format!("/proc/{}", loaded["process_id"]);
    assert!(!std::path::Path::new(&process).exists(), "its memory is not free");

    // Just in time: a run brings its model back.
    assert_eq!(app.run(question(MODEL)).await.0.unwrap()["outcome"], "completed");
    assert_eq!(in_memory(&app).await, [MODEL]);
    assert_eq!(app.engine().await["budget_bytes"], budget);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_model_stays_and_what_does_not_fit_beside_it_is_refused() {
    let app = App::start();
    app.add_model(OTHER).await;
    let configuration = json!({ "parameters": {}, "pinned": true });
    let input = json!({ "model": MODEL, "configuration": configuration });
    app.call("save_configuration", input).await.unwrap();
    assert_eq!(app.load(MODEL).await["pinned"], true);
    set(&app, json!({ "memory_budget_bytes": needed(&app).await * 5 / 4 })).await;
    let refused =
        expect(app.call("load_model", json!({ "model": OTHER })).await, Code::OutOfMemory);
    assert!(refused.message.contains("stay loaded"), "{refused}");
    assert_eq!(in_memory(&app).await, [MODEL]);

    app.call("reset_configuration", json!({ "model": MODEL })).await.unwrap();
    app.load(OTHER).await;
    assert_eq!(in_memory(&app).await, [OTHER]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_answering_is_waited_for() {
    let app = Arc::new(App::start());
    app.add_model(OTHER).await;
    set(&app, json!({ "memory_budget_bytes": needed(&app).await * 5 / 4 })).await;
    let answering = app.clone();
    let long = tokio::spawn(async move { answering.run_and(usize::MAX, |_| {}).await });
    app.until("busy", |status| status["state"] == "busy").await;
    let other = app.run(question(OTHER)).await.0.unwrap();
    assert_eq!(other["outcome"], "completed", "{other:#}");
    let long = long.await.unwrap();
    assert_eq!(long["outcome"], "completed", "it was not cut off: {long:#}");
    assert_eq!(in_memory(&app).await, [OTHER]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_model_leaves_and_a_pinned_one_does_not() {
    let app = App::start();
    app.load(MODEL).await;
    let engine = app.studio.clone();
    let later = nopenai_studio::Timestamp(i64::MAX);
    engine.unload_unused_since(later).await;
    assert_eq!(in_memory(&app).await, Vec::<String>::new());

    let input = json!({ "model": MODEL, "configuration": { "pinned": true } });
    app.call("save_configuration", input).await.unwrap();
    app.load(MODEL).await;
    engine.unload_unused_since(later).await;
    assert_eq!(in_memory(&app).await, [MODEL]);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_one_model_are_computed_together_and_each_as_if_alone() {
    let app = Arc::new(App::start());
    app.load(MODEL).await;
    let ask = |number: usize| {
        let prompt = format!("Name {number} colours.");
        let parameters = json!({ "temperature": 0.0, "max_tokens": 24 });
        json!({ "model": MODEL, "prompt": prompt, "parameters": parameters, "cache": false })
    };
    let mut alone = Vec::new();
    for number in 2..5 {
        alone.push(app.run(ask(number)).await.0.unwrap()["answer"].clone());
    }
    let (a, b, c) = tokio::join!(app.run(ask(2)), app.run(ask(3)), app.run(ask(4)));
    let together = [a, b, c].map(|run| run.0.unwrap()["answer"].clone());
    assert_eq!(together.to_vec(), alone);
}
