//! Two runtimes for one model: which one answers, and that they answer alike.

use crate::fixture::{App, MODEL, RUNTIMES, expect, launcher, worker};
use nopenai_studio::{Code, Launcher, Runtime, operations};
use serde_json::{Value, json};
use std::{path::Path, process::Command, sync::Arc};

async fn runtimes(app: &App, choice: Option<&str>) -> Value {
    app.call("get_runtimes", json!({ "model": MODEL, "choice": choice })).await.unwrap()
}

fn chosen(report: &Value) -> (&str, &str) {
    let chosen = &report["chosen"];
    (chosen["runtime"].as_str().unwrap(), chosen["reason"]["kind"].as_str().unwrap())
}

async fn ask(app: &App, prompt: &str, parameters: Value) -> Value {
    let input = json!({ "model": MODEL, "prompt": prompt, "parameters": parameters });
    let run = app.run(input).await.0.unwrap();
    assert_eq!(run["outcome"], "completed", "{run:#}");
    run
}

fn greedy(max_tokens: u32) -> Value {
    json!({ "temperature": 0.0, "max_tokens": max_tokens })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_choice_takes_effect_with_the_next_run_which_says_who_answered() {
    let app = App::start_with_runtimes(launcher());
    assert_eq!(chosen(&runtimes(&app, None).await), ("mistral_rs", "not_measured"));
    assert_eq!(chosen(&runtimes(&app, Some("llama_cpp")).await), ("llama_cpp", "pinned"));
    assert_eq!(ask(&app, "Hello", greedy(4)).await["runtime"], "mistral_rs");
    let before = app.status().await;
    assert_eq!(before["runtime"], "mistral_rs");

    app.want("llama_cpp").await;
    assert_eq!(chosen(&runtimes(&app, None).await), ("llama_cpp", "pinned"));
    let run = ask(&app, "Hello", greedy(4)).await;
    assert_eq!(run["runtime"], "llama_cpp");
    assert_eq!(app.call("get_run", json!({ "run": run["id"] })).await.unwrap(), run);
    let after = app.status().await;
    assert_eq!(after["runtime"], "llama_cpp");
    assert_ne!(after["process_id"], before["process_id"]);
    assert_eq!(after["context_length"], before["context_length"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_missing_makes_its_runtime_unavailable() {
    let absent = Path::new("/nowhere/nopenai-worker-llama").to_owned();
    let programs = [(Runtime::MistralRs, worker()), (Runtime::LlamaCpp, absent)];
    let app = App::start_with_runtimes(Launcher::new(programs.into()));
    let report = runtimes(&app, Some("llama_cpp")).await;
    assert_eq!(chosen(&report), ("mistral_rs", "pinned_cannot"));
    let problem = &report["runtimes"][1]["problem"];
    assert_eq!(problem["code"], "engine_failed");
    assert!(problem["message"].as_str().unwrap().contains("/nowhere"), "{problem}");
    app.want("llama_cpp").await;
    assert_eq!(ask(&app, "Hello", greedy(4)).await["runtime"], "mistral_rs");

    let app = App::start_with_runtimes(Launcher::in_folder(Path::new("/nowhere")));
    let refused = app.call("load_model", json!({ "model": MODEL })).await;
    let error = expect(refused, Code::EngineFailed);
    assert!(error.message.contains("/nowhere"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_send_the_same_tokens() {
    // No spaces in a row: mistral.rs 0.8.1 takes one of them off the next word.
    let prompts = [
        "What is 2+2?",
        "Zähle 1234567890 auf: äöü ß €",
        "fn main() {\nprintln!(\"{}\", 0x1F);\n}\n",
        "ما هي عاصمة فرنسا؟ 東京 🌍👩‍🚀",
        " between spaces ",
    ];
    let mut counted = Vec::new();
    for runtime in RUNTIMES {
        let app = App::start_on(runtime).await;
        let mut tokens = Vec::new();
        for prompt in prompts {
            for system_prompt in ["", "You are a sailor."] {
                let mut parameters = greedy(1);
                parameters["system_prompt"] = system_prompt.into();
                let run = ask(&app, prompt, parameters).await;
                tokens.push(run["measures"]["tokens_in"].as_u64().unwrap());
            }
        }
        counted.push(tokens);
    }
    assert_eq!(counted[0], counted[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn llama_cpp_repeats_a_seed_whether_the_prompts_start_was_kept_or_not() {
    let app = App::start_on("llama_cpp").await;
    let long = "A lamp, a rope, a letter and the sea. ".repeat(40);
    let drawn = |seed| json!({ "temperature": 1.0, "seed": seed, "max_tokens": 24 });
    let answer = async |prompt: &str, seed: u64| {
        let run = ask(&app, prompt, drawn(seed)).await;
        (run["answer"].clone(), run["measures"]["ttft_ms"].as_f64().unwrap())
    };
    let story = format!("{long} Tell a story.");
    let (cold, _) = answer(&story, 11).await;
    let (kept, ttft_kept) = answer(&story, 11).await;
    assert_eq!(cold, kept, "its start was kept");
    // Another prompt with the same start, one with another, and the first again.
    answer(&format!("{long} Make a list."), 11).await;
    let (_, ttft_cold) = answer(&format!("Once: {story}"), 11).await;
    assert_eq!(answer(&story, 11).await.0, cold, "its start was forgotten");
    assert_ne!(answer(&story, 12).await.0, cold);
    assert!(ttft_kept < 0.7 * ttft_cold, "{ttft_kept} ms against {ttft_cold} ms");
}

#[tokio::test(flavor = "multi_thread")]
async fn llama_cpp_streams_whole_characters() {
    let app = App::start_on("llama_cpp").await;
    let prompt = "Repeat exactly, ten times: 🌍 é ß ما 東京 👩‍🚀";
    let input = json!({ "model": MODEL, "prompt": prompt, "parameters": greedy(80) });
    let (run, events) = app.run(input).await;
    let run = run.unwrap();
    let answer = run["answer"].as_str().unwrap();
    assert!(answer.chars().any(|letter| letter.len_utf8() > 2), "{answer}");
    assert!(!answer.trim_end_matches('\u{fffd}').contains('\u{fffd}'), "{answer}");
    let streamed: String = events.iter().filter_map(|event| event["text"].as_str()).collect();
    assert_eq!(streamed, answer);
}

#[tokio::test(flavor = "multi_thread")]
async fn llama_cpp_stops_when_asked_also_while_it_reads() {
    let app = App::start_on("llama_cpp").await;
    let studio = app.studio.clone();
    let cancel = move |run: &str| {
        let (studio, input) = (studio.clone(), json!({ "run": run }));
        tokio::spawn(async move {
            let cancel = operations::find("cancel_run").unwrap();
            cancel.invoke(studio, input, Arc::new(|_| true)).await.unwrap();
        });
    };
    let run = app.run_and(5, cancel.clone()).await;
    assert_eq!((&run["outcome"], &run["finish_reason"]), (&json!("stopped"), &json!("cancelled")));
    let tokens = run["measures"]["tokens_out"].as_u64().unwrap();
    assert!((5..100).contains(&tokens), "{tokens} of 400 tokens were computed");

    let process = app.status().await["process_id"].clone();
    let input = json!({ "model": MODEL, "prompt": "the ".repeat(8000), "parameters": greedy(8) });
    let stop_at_once = move |event: Value| {
        if event["kind"] == "started" {
            cancel(event["run"].as_str().unwrap());
        }
        true
    };
    let start = std::time::Instant::now();
    let run = app.stream("run_prompt", input, stop_at_once).await.unwrap();
    assert_eq!((&run["outcome"], &run["answer"]), (&json!("stopped"), &json!("")));
    assert!(start.elapsed().as_secs_f64() < 20.0, "{:?}", start.elapsed());
    assert_eq!(ask(&app, "Hello", greedy(4)).await["runtime"], "llama_cpp");
    assert_eq!(app.status().await["process_id"], process, "the worker was not ended for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn llama_cpp_that_is_killed_costs_one_run() {
    let app = App::start_on("llama_cpp").await;
    let process = app.load(MODEL).await["process_id"].as_u64().unwrap();
    let kill = move |_: &str| {
        let killed = Command::new("kill").args(["-9", &process.to_string()]).status().unwrap();
        assert!(killed.success());
    };
    let run = app.run_and(5, kill).await;
    assert_eq!((&run["outcome"], &run["runtime"]), (&json!("failed"), &json!("llama_cpp")));
    assert!(run["error"]["message"].as_str().unwrap().contains("signal 9"), "{run:#}");
    assert_eq!(ask(&app, "Hello", greedy(4)).await["runtime"], "llama_cpp");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_measurement_is_kept_and_decides() {
    let app = Arc::new(App::start_with_runtimes(launcher()));
    let measured = app.call("measure_runtimes", json!({ "model": MODEL })).await.unwrap();
    let report = runtimes(&app, None).await;
    for (index, runtime) in RUNTIMES.into_iter().enumerate() {
        let speed = &measured[index];
        assert_eq!(speed["runtime"], runtime);
        assert_eq!(&report["runtimes"][index]["speed"], speed);
        for figure in ["decode_tokens_per_s", "prefill_tokens_per_s"] {
            assert!(speed[figure].as_f64().unwrap() > 1.0, "{speed}");
        }
    }
    let figure = |index: usize| measured[index]["decode_tokens_per_s"].as_f64().unwrap();
    let ratio = figure(1) / figure(0);
    println!("{measured:#}");
    let expected = if ratio > 1.2 { ("llama_cpp", "faster") } else { ("mistral_rs", "not_slower") };
    assert_eq!(chosen(&report), expected);
    assert!((report["chosen"]["reason"]["ratio"].as_f64().unwrap() - ratio).abs() < 1e-9);
    assert_eq!(ask(&app, "Hello", greedy(4)).await["runtime"], expected.0);

    // A file that has changed is another model to it.
    let path = app.folder.path().join("models").join(MODEL);
    let file = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, [&file[..], b"\0"].concat()).unwrap();
    app.until_models("seen", |models| models[0]["size_bytes"] == file.len() + 1).await;
    assert_eq!(chosen(&runtimes(&app, None).await), ("mistral_rs", "not_measured"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_measurement_is_listed_and_can_be_cancelled() {
    let app = Arc::new(App::start_with_runtimes(launcher()));
    let watching = app.clone();
    tokio::spawn(async move {
        let cancelling = watching.clone();
        let sink = move |change: Value| {
            let task = &change["tasks"][0];
            if task["kind"] == "measure_runtimes" && task["done"].as_u64() > Some(3) {
                assert_eq!(task["total"], 144, "{task}");
                let (app, input) = (cancelling.clone(), json!({ "task": task["id"] }));
                tokio::spawn(async move { app.call("cancel_task", input).await });
            }
            true
        };
        watching.stream("watch", json!({}), sink).await
    });
    let measured = app.call("measure_runtimes", json!({ "model": MODEL })).await;
    expect(measured, Code::Cancelled);
    // Nothing is left of it: the engine is free.
    assert_eq!(ask(&app, "Hello", greedy(4)).await["runtime"], "mistral_rs");
}
