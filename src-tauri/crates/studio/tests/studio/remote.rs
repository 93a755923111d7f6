//! Models that answer elsewhere, used like those that answer here.

use crate::endpoint::{Endpoint, KEY, MODEL, Reply};
use crate::fixture::{App, expect, open_at, worker};
use nopenai_domain::{ModelId, RemoteModel, Timestamp};
use nopenai_store::Store;
use nopenai_studio::{Code, Environment, Given, SystemClock};
use serde_json::{Value, json};
use std::{fs, path::Path, sync::Arc, time::Duration};

/// With the key of every endpoint given from outside.
fn environment() -> Environment {
    let variable =
        |name: &str| name.starts_with("NOPENAI_SECRET_REMOTE_MODEL_KEY_").then(|| KEY.to_owned());
    let secrets = Given { folder: None, variable: Arc::new(variable) };
    Environment { secrets, ..Environment::empty() }
}

fn app(environment: Environment) -> App {
    let folder = tempfile::tempdir().unwrap();
    App { studio: open_at(folder.path(), &worker(), environment).unwrap(), folder }
}

/// An application with a remote model, its endpoint, and its identifier.
async fn start() -> (App, Endpoint, Value) {
    let (app, endpoint) = (app(environment()), Endpoint::start().await);
    endpoint.want_key();
    let model = register(&app, endpoint.address()).await;
    (app, endpoint, model["id"].clone())
}

async fn register(app: &App, base_url: &str) -> Value {
    let typed = json!({ "name": "Elsewhere", "base_url": base_url, "model": MODEL });
    app.call("save_remote_model", typed).await.unwrap()
}

async fn ask(app: &App, model: &Value, parameters: Value) -> Value {
    let input = json!({ "model": model, "prompt": "Hello?", "parameters": parameters });
    app.run(input).await.0.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_streamed_measured_priced_and_recorded_with_where_it_went() {
    let (app, endpoint, model) = start().await;
    let list = app.call("list_models", json!({})).await.unwrap();
    let listed = &list["models"][0];
    assert_eq!((&listed["id"], &listed["name"]), (&model, &json!("Elsewhere")));
    assert_eq!(listed["remote"]["place"], "this_computer");
    let price = json!({
        "model": model, "currency": "EUR", "input_per_1k": 1.0, "output_per_1k": 10.0,
    });
    app.call("set_price", price).await.unwrap();

    endpoint.reply([Reply::answer(&["One", " two", "."]).slowly(Duration::from_millis(20))]);
    let input = json!({
        "model": model, "prompt": "Count.", "parameters": { "top_k": 5, "system_prompt": "Be brief." },
        "before": [
            { "role": "user", "content": "Hi." }, { "role": "assistant", "content": "Hello." },
        ],
    });
    let (run, events) = app.run(input).await;
    let run = run.unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["accepted", "started", "token", "token", "token", "finished"]);
    assert_eq!(events[1]["tokens_in"], Value::Null, "only the end tells");
    assert_eq!((&run["answer"], &run["outcome"]), (&json!("One two."), &json!("completed")));
    let measures = &run["measures"];
    assert_eq!((&measures["tokens_in"], &measures["tokens_out"]), (&json!(11), &json!(3)));
    assert!(measures["tokens_per_s"].as_f64().is_some_and(|rate| rate > 1.0), "{measures}");
    assert!(measures["ttft_ms"].as_f64() < measures["total_ms"].as_f64());
    assert_eq!((&measures["cache"], &run["runtime"]), (&Value::Null, &Value::Null));
    assert!((run["cost"]["amount"].as_f64().unwrap() - 0.041).abs() < 1e-9, "{}", run["cost"]);
    let host = endpoint.address().trim_start_matches("http://").trim_end_matches("/v1");
    assert_eq!(run["remote"], json!({ "host": host, "left_out": ["top_k"] }));
    let kept = app.call("get_run", json!({ "run": run["id"] })).await.unwrap();
    assert_eq!(kept, run);
    let sent = &endpoint.asked()[0].body["messages"];
    let roles: Vec<&str> =
        sent.as_array().unwrap().iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "user"]);
    assert_eq!(endpoint.asked()[0].body["seed"], run["parameters"]["seed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_from_the_prompt_cache() {
    let (app, endpoint, model) = start().await;
    for answer in ["first", "second"] {
        endpoint.reply([Reply::answer(&[answer])]);
        let run = ask(&app, &model, json!({ "temperature": 0.0 })).await;
        assert_eq!((&run["answer"], &run["measures"]["cache"]), (&json!(answer), &Value::Null));
        assert_eq!(run["measures"]["tokens_per_s"], Value::Null, "it came at once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_says_why_and_keeps_what_had_come() {
    let (app, endpoint, model) = start().await;
    endpoint.reply([Reply::answer(&["Half", " an", " answer"]).cut()]);
    let run = ask(&app, &model, json!({})).await;
    assert_eq!(run["outcome"], "completed", "it had said that it was over: {run:#}");
    let half = Reply::raw(&["data: {\"choices\":[{\"delta\":{\"content\":\"Half\"}}]}\n\n"]).cut();
    endpoint.reply([half]);
    let run = ask(&app, &model, json!({})).await;
    assert_eq!((&run["outcome"], &run["answer"]), (&json!("failed"), &json!("Half")));
    assert_eq!(run["error"]["code"], "offline");
    assert_eq!(run["measures"]["tokens_out"], Value::Null, "nobody counted");
    let told = app.call("list_notifications", json!({})).await.unwrap();
    assert_eq!(told["items"][0]["topic"], "run_failed");

    let regex = json!({ "format": { "kind": "regex", "rule": "a+" } });
    let input = json!({ "model": model, "prompt": "Hello?", "parameters": regex });
    let refused = expect(app.run(input).await.0, Code::InvalidInput);
    assert_eq!(refused.details["field"], "format");
    assert_eq!(app.history().await.len(), 2, "that one was never a run");
    expect(app.call("load_model", json!({ "model": model })).await, Code::UnsupportedModel);
    let count = json!({ "model": model, "prompt": "Hello?" });
    assert_eq!(app.call("count_tokens", count).await.unwrap(), Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_run_ends_at_once_and_lets_go_of_the_endpoint() {
    let (app, endpoint, model) = start().await;
    endpoint.reply([Reply::answer(&["word "; 400]).slowly(Duration::from_millis(25))]);
    let studio = app.studio.clone();
    let input = json!({ "model": model, "prompt": "Hello?" });
    let run = app
        .stream("run_prompt", input, move |event| {
            if event["kind"] == "token" {
                let (studio, run) = (studio.clone(), event["run"].clone());
                let cancel = nopenai_studio::operations::find("cancel_run").unwrap();
                let input = json!({ "run": run });
                tokio::spawn(async move { cancel.invoke(studio, input, Arc::new(|_| true)).await });
            }
            true
        })
        .await
        .unwrap();
    assert_eq!(run["outcome"], "stopped", "{run:#}");
    assert!(run["answer"].as_str().unwrap().starts_with("word "));
    assert!(run["measures"]["total_ms"].as_f64().unwrap() < 5000.0);
    for _ in 0..100 {
        if endpoint.closed() == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the endpoint still writes");
}

#[tokio::test(flavor = "multi_thread")]
async fn four_are_asked_at_once() {
    let (app, endpoint, model) = start().await;
    let reply = Reply::answer(&["a", "b", "c"]).slowly(Duration::from_millis(150));
    endpoint.reply(vec![reply; 6]);
    let runs = (0..6).map(|_| ask(&app, &model, json!({})));
    let started = std::time::Instant::now();
    let asking = futures::future::join_all(runs);
    let watching = async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        endpoint.asked().len()
    };
    let (runs, under_way) = tokio::join!(asking, watching);
    assert_eq!(under_way, 4);
    assert!(runs.iter().all(|run| run["outcome"] == "completed"));
    assert!(started.elapsed() < Duration::from_secs(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn chats_and_evaluations_ask_it_too() {
    let (app, endpoint, model) = start().await;
    let settings = json!({ "title": "", "model": model, "context_policy": "rolling" });
    let chat = app.call("create_chat", json!({ "settings": settings })).await.unwrap();
    let thinks = json!({ "choices": [{ "delta": { "reasoning_content": "Greet." } }] });
    let says = json!({ "choices": [{ "delta": { "content": "Hi." }, "finish_reason": "stop" }] });
    endpoint.reply([Reply::events(&[thinks, says])]);
    let input = json!({ "chat": chat["id"], "text": "Hello?" });
    let answer = app.call("send_message", input).await.unwrap();
    let run = app.call("get_run", json!({ "run": answer["run"]["id"] })).await.unwrap();
    assert_eq!(run["answer"], "<think>\nGreet.\n</think>\n\nHi.");
    assert_eq!(run["remote"]["left_out"], json!(["context_policy"]), "and that is said");
    let again = json!({ "chat": chat["id"], "text": "And now?" });
    app.call("send_message", again).await.unwrap();
    assert_eq!(endpoint.asked()[1].body["messages"][1]["content"], "Hi.", "without thinking");

    let path = app.folder.path().join("mine.jsonl");
    let item = json!({ "prompt": "Hello?", "kind": "contains", "expected": "elsewhere" });
    fs::write(&path, item.to_string()).unwrap();
    let set = json!({ "path": path, "replace": false });
    let set = app.call("import_prompt_set", set).await.unwrap();
    let wanted = json!({ "set": set["id"], "targets": [{ "model": model }] });
    let begun = app.call("start_evaluations", wanted).await.unwrap();
    let id = &begun[0]["evaluation"]["id"];
    for _ in 0..200 {
        let figures = app.call("get_evaluation", json!({ "evaluation": id })).await.unwrap();
        if figures["evaluation"]["state"] == "completed" {
            assert_eq!(figures["quality"]["share"], 1.0);
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the evaluation did not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_changed_renamed_removed_and_brought_back() {
    let (app, endpoint, model) = start().await;
    let typed = |name: &str, url: &str| json!({ "id": model, "name": name, "base_url": url, "model": MODEL, "context_length": 8192 });
    let changed = app.call("save_remote_model", typed("Other", endpoint.address())).await.unwrap();
    assert_eq!((&changed["id"], &changed["name"]), (&model, &json!("Other")));
    let renamed = app.call("rename_model", json!({ "model": model, "name": null })).await.unwrap();
    assert_eq!(renamed["name"], MODEL);
    for url in ["http://api.example.com/v1", "https://u:p@a.example", "nonsense"] {
        let refused = app.call("save_remote_model", typed("Other", url)).await;
        assert_eq!(expect(refused, Code::InvalidInput).details["field"], "base_url");
    }
    app.call("remove_model", json!({ "model": model })).await.unwrap();
    let list = app.call("list_models", json!({})).await.unwrap();
    assert_eq!(list["models"], json!([]));
    expect(app.run(json!({ "model": model, "prompt": "Hello?" })).await.0, Code::NotFound);
    app.call("restore_model", json!({ "model": model })).await.unwrap();
    assert_eq!(ask(&app, &model, json!({})).await["outcome"], "completed");

    // It is there again after the next start.
    let App { studio, folder } = app;
    studio.shut_down().await;
    drop(studio);
    let app = App { studio: open_at(folder.path(), &worker(), environment()).unwrap(), folder };
    assert_eq!(ask(&app, &model, json!({})).await["outcome"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_one_name_are_refused() {
    let (app, endpoint, _) = start().await;
    let typed = json!({ "name": " elsewhere ", "base_url": endpoint.address(), "model": MODEL });
    let refused = expect(app.call("save_remote_model", typed).await, Code::AlreadyExists);
    assert_eq!(refused.details["field"], "name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_key_goes_to_no_other_host() {
    let folder = tempfile::tempdir().unwrap();
    let model = RemoteModel {
        id: ModelId::remote(),
        name: "Elsewhere".to_owned(),
        base_url: "https://api.example.com/v1".to_owned(),
        model: MODEL.to_owned(),
        context_length: None,
        has_key: true,
        changed_at: Timestamp(0),
    };
    let store = Store::open(&folder.path().join("studio.db"), Arc::new(SystemClock)).unwrap();
    store.remote_models().save(model.clone()).await.unwrap();
    drop(store);
    let studio = open_at(folder.path(), &worker(), Environment::empty()).unwrap();
    let (app, endpoint) = (App { studio, folder }, Endpoint::start().await);
    let typed = json!({
        "id": model.id, "name": "Elsewhere", "base_url": endpoint.address(), "model": MODEL,
    });
    for operation in ["save_remote_model", "test_remote_model", "list_remote_identifiers"] {
        let refused = expect(app.call(operation, typed.clone()).await, Code::InvalidInput);
        assert_eq!(refused.details["field"], "key", "{operation}");
    }
    assert!(endpoint.asked().is_empty());
    let list = app.call("list_models", json!({})).await.unwrap();
    assert_eq!(list["models"][0]["remote"]["base_url"], "https://api.example.com/v1");
}

/// Whether `secret` is in a file of the folder.
fn holds(folder: &Path, secret: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, secret);
        }
        let content = fs::read(&path).unwrap_or_default();
        content.windows(secret.len()).any(|part| part == secret.as_bytes())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_in_no_file_no_answer_no_error_and_no_export() {
    let (app, endpoint, model) = start().await;
    let mut told = Vec::new();
    told.push(ask(&app, &model, json!({})).await);
    let echo = json!({ "message": format!("Incorrect API key provided: {KEY}.") });
    endpoint.reply([Reply::status(401, &echo), Reply::status(400, &echo)]);
    let failed = ask(&app, &model, json!({})).await;
    assert_eq!(failed["error"]["code"], "access_denied", "{failed:#}");
    told.extend([failed, ask(&app, &model, json!({})).await]);
    for (operation, input) in [
        ("list_models", json!({})),
        ("diagnostics", json!({})),
        ("list_notifications", json!({})),
        ("engine_status", json!({})),
    ] {
        told.push(app.call(operation, input).await.unwrap());
    }
    // Typed ones, too: refused, tried, or not to be kept.
    let typed = json!({
        "name": "Typed", "base_url": endpoint.address(), "model": "gone", "key": KEY,
    });
    told.push(app.call("test_remote_model", typed.clone()).await.unwrap());
    if let Err(error) = app.call("save_remote_model", typed).await {
        told.push(serde_json::to_value(error).unwrap());
    }
    assert!(endpoint.asked().iter().all(|asked| asked.authorization.is_some()));
    for format in ["csv", "jsonl_chat"] {
        let path = app.folder.path().join(format!("out.{format}"));
        let export = json!({ "query": {}, "format": format, "path": path });
        app.call("export_runs", export).await.unwrap();
    }
    for told in told {
        assert!(!told.to_string().contains(KEY), "{told:#}");
    }
    app.studio.shut_down().await;
    assert!(!holds(app.folder.path(), KEY));
    assert!(holds(app.folder.path(), "Incorrect API key provided"), "the search finds texts");
}
