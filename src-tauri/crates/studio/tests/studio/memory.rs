//! The memory a model needs: estimated, measured, limited.

use crate::fixture::{App, MODEL, expect};
use nopenai_studio::Code;
use serde_json::{Value, json};

async fn estimate(app: &App, context_length: Option<u32>) -> Value {
    let input = json!({ "model": MODEL, "context_length": context_length });
    app.call("estimate_memory", input).await.unwrap()
}

async fn configure(app: &App, configuration: Value) {
    let input = json!({ "model": MODEL, "configuration": configuration });
    app.call("save_configuration", input).await.unwrap();
}

fn bytes(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} are no bytes"))
}

/// The peak of a fresh engine whose context of `tokens` was filled.
async fn peak_of_a_full_context(runtime: &str, tokens: u32) -> (u64, u64) {
    let app = App::start_on(runtime).await;
    let parameters = json!({ "context_length": tokens, "temperature": 0.0 });
    configure(&app, json!({ "runtime": runtime, "parameters": parameters })).await;
    let estimated = estimate(&app, None).await;
    assert_eq!(estimated["context_length"], tokens);
    // A word is a token here, and the template takes some 35.
    let prompt = "the ".repeat(tokens as usize - 48);
    let run = app.run(json!({ "model": MODEL, "prompt": prompt })).await.0.unwrap();
    assert_eq!(run["outcome"], "completed", "{run:#}");
    let used = bytes(&run["measures"]["tokens_in"]) + bytes(&run["measures"]["tokens_out"]);
    assert!(used > u64::from(tokens) * 9 / 10, "{used} of {tokens} tokens were used");
    (bytes(&estimated["estimate"]["total_bytes"]), bytes(&app.status().await["peak_bytes"]))
}

async fn the_estimate_is_near_the_measured_peak(runtime: &str, tokens: u32) {
    let (estimated, peak) = peak_of_a_full_context(runtime, tokens).await;
    let ratio = estimated as f64 / peak as f64;
    let told = format!("{runtime}, {tokens} tokens: {estimated} for {peak} bytes, {ratio:.3}");
    println!("{told}");
    assert!((0.8..=1.2).contains(&ratio), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_estimate_of_a_short_context_of_mistral_rs_is_near_its_peak() {
    the_estimate_is_near_the_measured_peak("mistral_rs", 256).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_estimate_of_a_long_context_of_mistral_rs_is_near_its_peak() {
    the_estimate_is_near_the_measured_peak("mistral_rs", 1024).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_estimate_of_a_short_context_of_llama_cpp_is_near_its_peak() {
    the_estimate_is_near_the_measured_peak("llama_cpp", 256).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_estimate_of_a_long_context_of_llama_cpp_is_near_its_peak() {
    the_estimate_is_near_the_measured_peak("llama_cpp", 4096).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_follows_the_context_and_knows_its_bounds() {
    let app = App::start();
    let total = |report: &Value| bytes(&report["estimate"]["total_bytes"]);
    let (short, long) = (estimate(&app, Some(512)).await, estimate(&app, Some(4096)).await);
    assert!(total(&long) > total(&short) + 100_000_000, "{short:#} {long:#}");
    let beyond = estimate(&app, Some(1_000_000)).await;
    assert_eq!(beyond["context_length"], 8192, "the model's own bound");
    assert!(bytes(&short["available_bytes"]) <= bytes(&short["total_bytes"]));
    assert_eq!((&short["loaded_bytes"], &short["verdict"]), (&Value::Null, &json!("fits")));

    let status = app.load(MODEL).await;
    assert!(bytes(&status["peak_bytes"]) >= bytes(&status["memory_bytes"]), "{status:#}");
    assert!(bytes(&estimate(&app, None).await["loaded_bytes"]) > 50_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_beyond_its_limit_is_refused_with_figures() {
    let app = App::start();
    configure(&app, json!({ "memory_limit_bytes": 100_000_000 })).await;
    let report = estimate(&app, None).await;
    assert_eq!(
        (&report["verdict"], &report["limit_bytes"]),
        (&json!("exceeds"), &json!(100_000_000))
    );

    let refused =
        expect(app.call("load_model", json!({ "model": MODEL })).await, Code::OutOfMemory);
    assert_eq!(refused.details["available"], 100_000_000);
    assert_eq!(refused.details["needed"], report["estimate"]["total_bytes"]);
    assert!(refused.message.contains("100 MB"), "{refused}");
    let status = app.status().await;
    assert_eq!((&status["state"], &status["process_id"]), (&json!("on_disk"), &Value::Null));

    let run = app.run(json!({ "model": MODEL, "prompt": "Hello" })).await.0.unwrap();
    assert_eq!(
        (&run["outcome"], &run["error"]["code"]),
        (&json!("failed"), &json!("out_of_memory"))
    );
    configure(&app, json!({ "memory_limit_bytes": null })).await;
    let short = json!({ "model": MODEL, "prompt": "Hello", "parameters": { "max_tokens": 2 } });
    assert_eq!(app.run(short).await.0.unwrap()["outcome"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_give_their_memory_back() {
    let app = App::start();
    let ask = async |prompt: String| {
        let parameters = json!({ "max_tokens": 2, "temperature": 0.0 });
        let input = json!({ "model": MODEL, "prompt": prompt, "parameters": parameters });
        assert_eq!(app.run(input).await.0.unwrap()["outcome"], "completed");
        bytes(&app.status().await["memory_bytes"])
    };
    for run in 0..3 {
        ask(format!("{run}: a prompt like no other")).await;
    }
    let before = ask("before".to_owned()).await;
    for run in 0..16 {
        ask(format!("{run} is another prompt")).await;
    }
    let after = ask("after".to_owned()).await;
    // Keys and values are 23.6 MB each time, and at most 134 MB are kept for prompts
    // with the same start, of which four were there before.
    assert!(after < before + 100_000_000, "{before} became {after} bytes");
}
