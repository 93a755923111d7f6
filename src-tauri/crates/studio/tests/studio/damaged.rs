//! Damaged models that pass inspection, given to the engine: `cargo xtask soak
//! models` looks at 10,000, and some are tried each time.

use crate::{
    damage,
    fixture::{App, MODEL, launcher},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    env, fs,
    time::{Duration, Instant},
};

/// Models that lie in the folder at a time.
const AT_A_TIME: usize = 40;

/// The longest a damaged model may keep its engine busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// Models of the folder beside the starter model, as they are listed.
async fn listed(app: &App, count: usize) -> Vec<Value> {
    app.until_models("listed", |models| {
        // Each is looked at by and by.
        models.len() == count + 1
    })
    .await;
    let list = app.call("list_models", json!({})).await.unwrap();
    let models = list["models"].as_array().unwrap().iter();
    models.filter(|model| model["id"] != MODEL).cloned().collect()
}

/// Asks a model in one runtime; what became of it.
async fn ask(app: &App, model: &str, runtime: &str) -> String {
    let input = json!({ "model": model, "configuration": { "runtime": runtime } });
    app.call("save_configuration", input).await.unwrap();
    let input = json!({ "model": model, "prompt": "a b", "parameters": { "max_tokens": 3 } });
    let asked = tokio::time::timeout(PATIENCE, app.run(input)).await;
    let (answer, _) = asked.unwrap_or_else(|_| panic!("{model} keeps {runtime} busy"));
    let outcome = match answer {
        Ok(run) => run["outcome"].as_str().unwrap().to_owned(),
        Err(error) => {
            assert!(!error.message.is_empty());
            "refused".to_owned()
        }
    };
    // Not there when it could not be loaded.
    let _ = app.call("unload_model", json!({ "model": model })).await;
    outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_model_harms_nothing_but_its_own_runs() {
    let rounds = env::var("NOPENAI_SOAK_ROUNDS").map_or(60, |rounds| rounds.parse().unwrap());
    let app = App::start_with_runtimes(launcher());
    let models = app.folder.path().join("models");
    let mut outcomes = BTreeMap::<String, u32>::new();
    let mut tried = 0;
    let began = Instant::now();
    let damaged: Vec<_> = damage::models().take(rounds).collect();
    for (part, some) in damaged.chunks(AT_A_TIME).enumerate() {
        let place = models.join(part.to_string());
        fs::create_dir(&place).unwrap();
        for (number, model) in some.iter().enumerate() {
            let end = if matches!(model, damage::Model::File(_)) { ".gguf" } else { "" };
            model.write(&place.join(format!("{number}{end}")));
        }
        for model in listed(&app, some.len()).await {
            for runtime in model["facts"]["runtimes"].as_array().into_iter().flatten() {
                let outcome = ask(&app, model["id"].as_str().unwrap(), runtime.as_str().unwrap());
                *outcomes.entry(outcome.await).or_default() += 1;
                tried += 1;
            }
        }
        fs::remove_dir_all(&place).unwrap();
        listed(&app, 0).await;
    }
    assert!(tried > 0, "some pass inspection");
    let input = json!({ "model": MODEL, "prompt": "Hi", "parameters": { "max_tokens": 2 } });
    assert_eq!(app.run(input).await.0.unwrap()["outcome"], "completed");
    if let Some(file) = env::var_os("NOPENAI_SOAK_RESULT") {
        let figures = json!({
            "given_to_a_worker": tried,
            "outcomes": outcomes,
            "seconds": began.elapsed().as_secs(),
        });
        fs::write(file, figures.to_string()).unwrap();
    }
}
