//! Answers that are given again, and those that are not.

use crate::fixture::{App, MODEL, open, worker};
use serde_json::{Value, json};

fn question(more: Value) -> Value {
    let mut parameters = json!({ "temperature": 0.0, "max_tokens": 10 });
    for (name, value) in more.as_object().unwrap() {
        parameters[name] = value.clone();
    }
    json!({ "model": MODEL, "prompt": "What is 2+2?", "parameters": parameters })
}

async fn ask(app: &App, input: Value) -> Value {
    let run = app.run(input).await.0.unwrap();
    assert_eq!(run["outcome"], "completed", "{run:#}");
    run
}

/// With the model's hash known: it is part of every key.
async fn hashed() -> App {
    let app = App::start();
    app.until_models("hashed", |models| models[0]["sha256"].is_string()).await;
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_greedy_request_is_answered_from_the_cache() {
    let app = hashed().await;
    let first = ask(&app, question(json!({}))).await;
    assert_eq!(first["measures"]["cache"], "miss");
    let (again, events) = app.run(question(json!({ "seed": 99 }))).await;
    let again = again.unwrap();
    assert_eq!(again["measures"]["cache"], "hit", "a greedy run draws nothing");
    assert_eq!(again["answer"], first["answer"]);
    assert_eq!(again["finish_reason"], first["finish_reason"]);
    for counted in ["tokens_in", "tokens_out"] {
        assert_eq!(again["measures"][counted], first["measures"][counted]);
    }
    assert_eq!(again["measures"]["tokens_per_s"], Value::Null, "nothing was generated");
    let text: String = events.iter().filter_map(|event| event["text"].as_str()).collect();
    assert_eq!(again["answer"], text);
    let recorded = app.call("get_run", json!({ "run": again["id"] })).await.unwrap();
    assert_eq!(recorded, again);

    let cache = app.engine().await["cache"].clone();
    assert_eq!(
        (&cache["hits"], &cache["misses"], &cache["entries"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(cache["bytes"], first["answer"].as_str().unwrap().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_differ_is_computed() {
    let app = hashed().await;
    ask(&app, question(json!({}))).await;
    let use_of = async |input: Value| ask(&app, input).await["measures"]["cache"].clone();
    assert_eq!(use_of(question(json!({ "max_tokens": 11 }))).await, "miss");
    assert_eq!(use_of(question(json!({ "system_prompt": "Be brief." }))).await, "miss");
    assert_eq!(use_of(question(json!({ "temperature": 0.5, "seed": 1 }))).await, Value::Null);
    let mut anew = question(json!({}));
    anew["cache"] = json!(false);
    assert_eq!(use_of(anew).await, Value::Null, "it was asked to be computed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cache_is_warm_after_a_start_and_forgets_deleted_runs() {
    let app = hashed().await;
    let first = ask(&app, question(json!({}))).await;
    app.studio.shut_down().await;
    let App { studio, folder } = app;
    drop(studio);
    let app = App { studio: open(folder.path(), &worker()).unwrap(), folder };
    app.until_models("hashed", |models| models[0]["sha256"].is_string()).await;
    for _ in 0..100 {
        if app.engine().await["cache"]["entries"] == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let again = ask(&app, question(json!({}))).await;
    assert_eq!((&again["measures"]["cache"], &again["answer"]), (&json!("hit"), &first["answer"]));
    assert_eq!(app.engine().await["models"], json!([]), "no model was loaded for it");

    let selection = json!({ "kind": "runs", "runs": [first["id"]] });
    app.call("delete_runs", json!({ "selection": selection })).await.unwrap();
    assert_eq!(app.engine().await["cache"]["entries"], 0);
    assert_eq!(ask(&app, question(json!({}))).await["measures"]["cache"], "miss");
}
