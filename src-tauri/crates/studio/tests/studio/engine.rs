use crate::fixture::{App, MODEL, expect};
use nopenai_studio::{Code, operations};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

fn question(temperature: f64, seed: u64) -> Value {
    json!({
        "model": MODEL,
        "prompt": "What is 2+2?",
        "parameters": { "temperature": temperature, "seed": seed, "max_tokens": 40 },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_is_answered_measured_and_recorded() {
    let app = App::start();
    let (result, events) = app.run(question(0.0, 0)).await;
    let run = result.unwrap();
    assert_eq!(run["outcome"], "completed", "{run:#}");
    assert!(run["answer"].as_str().unwrap().contains('4'), "{run:#}");

    let kinds: Vec<&str> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds[0], "accepted");
    assert!(kinds.contains(&"loading"), "the model was not loaded before");
    assert_eq!(kinds.iter().filter(|kind| **kind == "finished").count(), 1);
    assert_eq!(*kinds.last().unwrap(), "finished");
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event["sequence"], index);
        assert_eq!(event["run"], run["id"]);
    }
    let streamed: String = events
        .iter()
        .filter(|event| event["kind"] == "token")
        .map(|event| event["text"].as_str().unwrap())
        .collect();
    assert_eq!(run["answer"], streamed);

    let measures = &run["measures"];
    let number = |name: &str| measures[name].as_f64().unwrap();
    assert!(number("tokens_in") > 7.0 && number("tokens_out") > 3.0, "{measures}");
    assert!(number("ttft_ms") > 0.0 && number("ttft_ms") < number("total_ms"), "{measures}");
    assert!(number("tokens_per_s") > 0.0, "{measures}");

    let recorded = app.call("get_run", json!({ "run": run["id"] })).await.unwrap();
    assert_eq!(recorded, run);
    let status = app.status().await;
    assert_eq!((&status["state"], &status["model"]), (&json!("ready"), &json!(MODEL)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_repeats_its_answer_and_a_drawn_one_is_recorded() {
    let app = App::start();
    let answer = async |input| app.run(input).await.0.unwrap()["answer"].clone();
    let first = answer(question(1.0, 11)).await;
    assert_eq!(first, answer(question(1.0, 11)).await);
    assert_ne!(first, answer(question(1.0, 12)).await);

    let mut drawn = question(1.0, 0);
    drawn["parameters"]["seed"] = Value::Null;
    let run = app.run(drawn).await.0.unwrap();
    let seed = run["parameters"]["seed"].as_u64().unwrap();
    assert_eq!(run["answer"], answer(question(1.0, seed)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_loaded_with_progress_and_unloaded() {
    let app = App::start();
    let progress = Arc::new(Mutex::new(Vec::new()));
    let seen = progress.clone();
    let status = app
        .stream("load_model", json!({ "model": MODEL }), move |step| {
            seen.lock().unwrap().push(step);
            true
        })
        .await
        .unwrap();
    assert_eq!(status["models"][0]["state"], "ready");
    assert_eq!(status["models"][0]["context_length"], 8192);
    let steps = progress.lock().unwrap().clone();
    assert_eq!(steps[0]["stage"], "starting");
    let read: Vec<u64> = steps.iter().map(|step| step["bytes_read"].as_u64().unwrap()).collect();
    assert!(read.is_sorted() && *read.last().unwrap() > 0, "{read:?}");

    let loaded = app.until("measured", |status| status["memory_bytes"].is_u64()).await;
    assert!(loaded["memory_bytes"].as_u64().unwrap() > 50_000_000);
    let process = loaded["process_id"].as_u64().unwrap();
    let status = app.call("unload_model", json!({ "model": MODEL })).await.unwrap();
    assert_eq!((&status["models"], &status["memory_bytes"]), (&json!([]), &json!(0)));
    assert!(!std::path::Path::new(&format!("/proc/{process}")).exists(), "its memory is not free");
    expect(app.call("unload_model", json!({ "model": MODEL })).await, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_can_be_cancelled() {
    let app = App::start();
    let studio = app.studio.clone();
    let result = app
        .stream("load_model", json!({ "model": MODEL }), move |_| {
            let studio = studio.clone();
            tokio::spawn(async move {
                let unload = operations::find("unload_model").unwrap();
                unload.invoke(studio, json!({ "model": MODEL }), Arc::new(|_| true)).await
            });
            true
        })
        .await;
    expect(result, Code::Cancelled);
    app.until("unloaded", |status| status["state"] == "on_disk").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_stops_within_a_few_tokens() {
    let app = App::start();
    let studio = app.studio.clone();
    let run = app
        .run_and(5, move |run| {
            let (studio, input) = (studio.clone(), json!({ "run": run }));
            tokio::spawn(async move {
                let cancel = operations::find("cancel_run").unwrap();
                cancel.invoke(studio, input, Arc::new(|_| true)).await.unwrap();
            });
        })
        .await;
    assert_eq!(run["outcome"], "stopped", "{run:#}");
    assert_eq!(run["finish_reason"], "cancelled");
    let tokens = run["measures"]["tokens_out"].as_u64().unwrap();
    assert!((5..100).contains(&tokens), "{tokens} of 400 tokens were computed");
    assert!(!run["answer"].as_str().unwrap().is_empty());
    expect(app.call("cancel_run", json!({ "run": run["id"] })).await, Code::NotFound);
    // The engine is free at once.
    assert_eq!(app.run(question(0.0, 0)).await.0.unwrap()["outcome"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_wait_for_their_turn_and_a_waiting_one_can_be_stopped() {
    let app = Arc::new(App::start());
    app.load(MODEL).await;
    let long: Vec<_> = (0..1)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(async move { app.run_and(usize::MAX, |_| {}).await })
        })
        .collect();
    app.until("busy", |status| status["running"] == 1).await;
    assert_eq!(app.status().await["state"], "busy");
    let second = tokio::spawn({
        let app = app.clone();
        async move { app.run(question(0.0, 0)).await }
    });
    app.until("waiting", |status| status["waiting"] == 1).await;
    expect(app.call("unload_model", json!({ "model": MODEL })).await, Code::Busy);
    let waiting = app.history().await[0].clone();
    app.call("cancel_run", json!({ "run": waiting["id"] })).await.unwrap();
    let (stopped, events) = second.await.unwrap();
    assert_eq!(stopped.unwrap()["outcome"], "stopped");
    assert_eq!(events.last().unwrap()["kind"], "finished");
    for running in &app.history().await[1..] {
        app.call("cancel_run", json!({ "run": running["id"] })).await.unwrap();
    }
    for run in long {
        assert_eq!(run.await.unwrap()["outcome"], "stopped");
    }
    assert_eq!(app.engine().await["queue"]["waiting"], 0);
    assert_eq!(app.status().await["state"], "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn watchers_hear_of_the_engine_the_models_and_the_history() {
    let app = Arc::new(App::start());
    let seen = Arc::new(Mutex::new(Vec::<Value>::new()));
    let (changes, listening) = (seen.clone(), app.clone());
    tokio::spawn(async move {
        let sink = move |change| {
            changes.lock().unwrap().push(change);
            true
        };
        listening.stream("watch", json!({}), sink).await
    });
    let heard = async |what: &str, condition: &dyn Fn(&Value) -> bool| {
        for _ in 0..400 {
            if seen.lock().unwrap().iter().any(condition) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{what} was not heard: {:#?}", seen.lock().unwrap());
    };
    heard("the model", &|change| change["models"]["models"][0]["id"] == MODEL).await;
    heard("the idle engine", &|change| change["engine"]["models"] == json!([])).await;
    app.run(question(0.0, 0)).await.0.unwrap();
    heard("the ready engine", &|change| change["engine"]["models"][0]["state"] == "ready").await;
    heard("the history", &|change| change["kind"] == "history").await;
    std::fs::remove_file(app.folder.path().join("models").join(MODEL)).unwrap();
    heard("the missing model", &|change| change["models"]["models"] == json!([])).await;
}
