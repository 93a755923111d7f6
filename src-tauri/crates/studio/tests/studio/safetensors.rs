//! A model as hubs have it: a folder of safetensors, configuration and
//! tokenizer.

use crate::fixture::{App, MODEL, starter_model, worker};
use serde_json::{Value, json};
use std::{fs, path::PathBuf, process::Command};

const FOLDER: &str = "smollm2";

/// The starter model in that form, made once beside it.
fn starter_folder() -> PathBuf {
    let folder = starter_model().with_file_name("SmolLM2-135M-Instruct-F16");
    let program = worker().with_file_name("examples").join("to_safetensors");
    let made = Command::new(&program).arg(starter_model()).arg(&folder).status();
    let made = made.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    assert!(made.success(), "{made}");
    folder
}

async fn with_both() -> App {
    let app = App::start();
    // Written elsewhere and moved: the folder is whole when it is first seen.
    let copy = app.folder.path().join("copy");
    fs::create_dir(&copy).unwrap();
    for entry in fs::read_dir(starter_folder()).unwrap() {
        let file = entry.unwrap().path();
        let place = copy.join(file.file_name().unwrap());
        fs::hard_link(&file, &place).or_else(|_| fs::copy(&file, &place).map(|_| ())).unwrap();
    }
    fs::rename(copy, app.folder.path().join("models").join(FOLDER)).unwrap();
    app.until_models("both listed", |models| {
        models.iter().filter(|model| model["facts"].is_object()).count() == 2
    })
    .await;
    app
}

async fn ask(app: &App, model: &str, prompt: &str) -> Value {
    let parameters = json!({ "temperature": 0.0, "max_tokens": 40 });
    let input = json!({ "model": model, "prompt": prompt, "parameters": parameters });
    let run = app.run(input).await.0.unwrap();
    assert_eq!(run["outcome"], "completed", "{run:#}");
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_safetensors_answers_as_the_file_does() {
    let app = with_both().await;
    let prompts = ["What is 2+2?", "Tell a story about a lighthouse."];
    let mut runs = Vec::new();
    for model in [MODEL, FOLDER] {
        runs.push([ask(&app, model, prompts[0]).await, ask(&app, model, prompts[1]).await]);
    }
    let [file, folder] = &runs[..] else { unreachable!("two models") };
    for (file, folder) in file.iter().zip(folder) {
        assert_eq!(file["measures"]["tokens_in"], folder["measures"]["tokens_in"]);
    }
    assert_eq!(file[0]["answer"], folder[0]["answer"]);
    // The file's own mathematics rounds activations to eight bits, so that a
    // long answer parts from the folder's somewhere; not at its beginning.
    let common = |a: &Value, b: &Value| {
        let (a, b) = (a["answer"].as_str().unwrap(), b["answer"].as_str().unwrap());
        a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
    };
    assert!(common(&file[1], &folder[1]) > 40, "{:#}", runs[1][1]);

    let status = app.status_of(FOLDER).await;
    assert_eq!(status["state"], "ready");
    assert_eq!((&status["context_length"], &status["element_type"]), (&json!(8192), &json!("F32")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_loads_with_progress_and_within_its_estimate() {
    let app = with_both().await;
    let steps = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = steps.clone();
    let load = app.stream("load_model", json!({ "model": FOLDER }), move |step| {
        seen.lock().unwrap().push(step);
        true
    });
    load.await.unwrap();
    let status = app.status_of(FOLDER).await;
    let steps = steps.lock().unwrap().clone();
    assert!(steps.iter().all(|step| step["bytes_total"].as_u64() > Some(260_000_000)), "{steps:?}");
    let read = steps.iter().filter_map(|step| step["bytes_read"].as_u64()).max();
    assert!(read > Some(0), "{steps:?}");
    let report = app.call("estimate_memory", json!({ "model": FOLDER })).await.unwrap();
    let estimated = report["estimate"]["total_bytes"].as_u64().unwrap();
    assert!(status["peak_bytes"].as_u64().unwrap() < estimated * 115 / 100, "{status} {report}");
}
