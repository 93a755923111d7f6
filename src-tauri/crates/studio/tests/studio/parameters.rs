//! What each parameter, configuration and mode does to real answers.

use crate::fixture::{App, MODEL, RUNTIMES, expect};
use nopenai_studio::{Code, operations};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const STORY: &str = "Tell a story about a lighthouse.";

/// Likeliest tokens only, and few of them.
fn greedy(more: Value) -> Value {
    with(json!({ "temperature": 0.0, "max_tokens": 32 }), more)
}

fn with(mut parameters: Value, more: Value) -> Value {
    let more = more.as_object().unwrap().clone();
    parameters.as_object_mut().unwrap().extend(more);
    parameters
}

async fn ask(app: &App, prompt: &str, parameters: Value) -> Value {
    let input = json!({ "model": MODEL, "prompt": prompt, "parameters": parameters });
    let run = app.run(input).await.0.unwrap();
    assert_eq!(run["outcome"], "completed", "{run:#}");
    run
}

fn answer(run: &Value) -> &str {
    run["answer"].as_str().unwrap()
}

fn tokens(run: &Value, which: &str) -> u64 {
    run["measures"][which].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_distribution_is_shaped_as_asked() {
    for runtime in RUNTIMES {
        let app = App::start_on(runtime).await;
        let likeliest = ask(&app, STORY, greedy(json!({ "seed": 1 }))).await;
        let other_seed = ask(&app, STORY, greedy(json!({ "seed": 2 }))).await;
        assert_eq!(answer(&likeliest), answer(&other_seed), "temperature 0 draws nothing");

        let wild = json!({ "temperature": 1.5, "max_tokens": 32, "seed": 1, "top_p": 1.0 });
        let drawn = ask(&app, STORY, wild.clone()).await;
        assert_ne!(answer(&drawn), answer(&likeliest));
        for narrow in
            [json!({ "top_k": 1 }), json!({ "min_p": 1.0 }), json!({ "top_p": 0.000_001 })]
        {
            let run = ask(&app, STORY, with(wild.clone(), narrow.clone())).await;
            assert_eq!(answer(&run), answer(&likeliest), "{narrow}");
        }
        let some = ask(&app, STORY, with(wild, json!({ "top_k": 2 }))).await;
        assert_ne!(answer(&some), answer(&drawn));
        assert_ne!(answer(&some), answer(&likeliest));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_penalty_ends_repetition() {
    for runtime in RUNTIMES {
        let app = App::start_on(runtime).await;
        // Likeliest tokens only, and long enough: it turns in circles.
        let parameters = json!({ "temperature": 0.0, "max_tokens": 96 });
        let prompt = "What is the capital of France?";
        let words = |run: &Value| {
            let words: Vec<String> = answer(run).split_whitespace().map(str::to_owned).collect();
            let mut different = words.clone();
            different.sort();
            different.dedup();
            different.len() as f64 / words.len() as f64
        };
        let plain = ask(&app, prompt, parameters.clone()).await;
        let penalized = with(parameters, json!({ "repetition_penalty": 1.3 }));
        let penalized = ask(&app, prompt, penalized).await;
        assert!(words(&plain) < 0.6, "{}", answer(&plain));
        assert!(words(&penalized) > words(&plain) + 0.2, "{}", answer(&penalized));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_ends_before_a_stop_text() {
    for runtime in RUNTIMES {
        let app = App::start_on(runtime).await;
        let whole = ask(&app, STORY, greedy(json!({}))).await;
        let letters: Vec<char> = answer(&whole).chars().collect();
        // Somewhere in the middle, beginning and ending within tokens.
        let stop: String = letters[letters.len() / 2..][..7].iter().collect();
        let before = answer(&whole).split(&stop).next().unwrap();

        let input = json!({
            "model": MODEL, "prompt": STORY, "parameters": greedy(json!({ "stop": ["~~", stop] })),
        });
        let (run, events) = app.run(input).await;
        let run = run.unwrap();
        assert_eq!(answer(&run), before, "{run:#}");
        assert_eq!((&run["outcome"], &run["finish_reason"]), (&json!("completed"), &json!("stop")));
        assert!(tokens(&run, "tokens_out") < tokens(&whole, "tokens_out"));
        let streamed: String = events.iter().filter_map(|event| event["text"].as_str()).collect();
        assert_eq!(streamed, before, "nothing of the stop text was shown meanwhile");

        // It begins often and never completes: nothing is lost.
        let almost = format!("{}\u{0}", letters[letters.len() - 1]);
        let run = ask(&app, STORY, greedy(json!({ "stop": [almost] }))).await;
        assert_eq!(answer(&run), answer(&whole));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_bounded_and_counted_without_the_end_of_the_sequence() {
    for runtime in RUNTIMES {
        let app = App::start_on(runtime).await;
        let five = ask(&app, STORY, greedy(json!({ "max_tokens": 5 }))).await;
        assert_eq!((tokens(&five, "tokens_out"), &five["finish_reason"]), (5, &json!("length")));

        let ended = ask(&app, "What is 2+2?", greedy(json!({ "max_tokens": 60 }))).await;
        assert_eq!(ended["finish_reason"], "stop", "{ended:#}");
        let counted = tokens(&ended, "tokens_out");
        let bounded = ask(&app, "What is 2+2?", greedy(json!({ "max_tokens": counted }))).await;
        assert_eq!(answer(&bounded), answer(&ended), "they are the answer's tokens");
        assert_eq!(
            (tokens(&bounded, "tokens_out"), &bounded["finish_reason"]),
            (counted, &json!("length"))
        );
        let shorter = ask(&app, "What is 2+2?", greedy(json!({ "max_tokens": counted - 1 }))).await;
        assert_ne!(answer(&shorter), answer(&ended));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_length_bounds_prompt_and_answer() {
    for runtime in RUNTIMES {
        let app = App::start_on(runtime).await;
        let context = json!({ "context_length": 128, "max_tokens": 5000, "temperature": 0.0 });
        let short = ask(&app, STORY, context.clone()).await;
        assert_eq!(short["finish_reason"], "length");
        assert_eq!(tokens(&short, "tokens_in") + tokens(&short, "tokens_out"), 128);

        let long = "one two three four five ".repeat(30);
        let input = json!({ "model": MODEL, "prompt": long, "parameters": context });
        let run = app.run(input).await.0.unwrap();
        assert_eq!(run["error"]["code"], "context_overflow", "{run:#}");
        assert_eq!(run["error"]["details"]["available"], 128);
        let used = run["error"]["details"]["used"].as_u64().unwrap();
        let more = json!({ "context_length": used + 4, "max_tokens": 50, "temperature": 0.0 });
        assert!(tokens(&ask(&app, &long, more).await, "tokens_out") <= 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_counted_as_they_are_sent_also_during_a_run() {
    let app = Arc::new(App::start());
    let count = |prompt: &'static str, parameters: Value| json!({ "model": MODEL, "prompt": prompt, "parameters": parameters });
    assert_eq!(app.call("count_tokens", count(STORY, json!({}))).await.unwrap(), Value::Null);

    let system = json!({ "system_prompt": "You are a sailor. Answer in rhymes." });
    let plain = ask(&app, STORY, greedy(json!({ "max_tokens": 1 }))).await;
    let framed = ask(&app, STORY, with(greedy(json!({ "max_tokens": 1 })), system.clone())).await;
    assert_ne!(tokens(&plain, "tokens_in"), tokens(&framed, "tokens_in"));

    let (counting, seen) = (app.clone(), Arc::new(Mutex::new(Vec::new())));
    let counts = seen.clone();
    let run = app.run_and(3, move |run| {
        let (app, counts, run) = (counting.clone(), counts.clone(), run.to_owned());
        let asked = [json!({}), system.clone(), json!({ "context_length": 200 })];
        tokio::spawn(async move {
            for parameters in asked {
                let counted = app.call("count_tokens", count(STORY, parameters)).await.unwrap();
                counts.lock().unwrap().push(counted);
            }
            app.call("cancel_run", json!({ "run": run })).await.unwrap();
        });
    });
    assert_eq!(run.await["outcome"], "stopped", "the counts came while it ran");
    let (plain, framed) = (tokens(&plain, "tokens_in"), tokens(&framed, "tokens_in"));
    let expected = [
        json!({ "tokens": plain, "context_length": 8192 }),
        json!({ "tokens": framed, "context_length": 8192 }),
        json!({ "tokens": plain, "context_length": 200 }),
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
    let long = json!({ "model": MODEL, "prompt": "x".repeat(2_000_000) });
    expect(app.call("count_tokens", long).await, Code::InvalidInput);
}

#[tokio::test(flavor = "multi_thread")]
async fn configuration_under_mode_under_request() {
    let app = App::start();
    let run = async |input: Value| {
        let run = app.run(with(json!({ "model": MODEL, "prompt": STORY }), input)).await.0.unwrap();
        let effective = json!({ "model": MODEL, "mode": run["mode"]["id"], "parameters": {} });
        (tokens(&run, "tokens_out"), run, effective)
    };
    let configured = json!({ "parameters": { "max_tokens": 3, "temperature": 0.0, "seed": 5 } });
    let save = json!({ "model": MODEL, "configuration": configured });
    app.call("save_configuration", save).await.unwrap();

    let (tokens_out, named_nothing, effective) = run(json!({})).await;
    assert_eq!(tokens_out, 3);
    let parameters = &named_nothing["parameters"];
    assert_eq!((&parameters["temperature"], &parameters["seed"]), (&json!(0.0), &json!(5)));
    assert_eq!(parameters["top_p"], 0.95, "the default, where nothing is configured");
    assert_eq!(&app.call("effective_parameters", effective).await.unwrap(), parameters);

    let mode = json!({ "id": "", "name": "Five", "parameters": { "max_tokens": 5 } });
    let mode = app.call("save_mode", json!({ "mode": mode })).await.unwrap();
    let (tokens_out, in_mode, effective) = run(json!({ "mode": mode["id"] })).await;
    assert_eq!(tokens_out, 5);
    assert_eq!(in_mode["mode"], json!({ "id": mode["id"], "name": "Five" }));
    assert_eq!(in_mode["parameters"]["temperature"], 0.0, "what the mode leaves is configured");
    let effective = app.call("effective_parameters", effective).await.unwrap();
    assert_eq!(effective, in_mode["parameters"]);

    let request = json!({ "mode": mode["id"], "parameters": { "max_tokens": 7 } });
    assert_eq!(run(request).await.0, 7);
    let (_, normal, _) = run(json!({ "mode": "normal" })).await;
    assert_eq!(normal["answer"], named_nothing["answer"], "Normal changes nothing");

    let unknown = json!({ "model": MODEL, "prompt": STORY, "mode": "slow" });
    expect(app.run(unknown).await.0, Code::NotFound);
    app.call("reset_configuration", json!({ "model": MODEL })).await.unwrap();
    let effective = json!({ "model": MODEL });
    let effective = app.call("effective_parameters", effective).await.unwrap();
    assert_eq!(effective["max_tokens"], 512);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_modes_answer_and_one_can_name_its_model() {
    let app = App::start();
    let modes = app.call("list_modes", json!({})).await.unwrap();
    for mode in modes.as_array().unwrap() {
        let parameters = json!({ "max_tokens": 4 });
        let input = json!({
            "model": MODEL, "prompt": STORY, "mode": mode["id"], "parameters": parameters,
        });
        let run = app.run(input).await.0.unwrap();
        assert_eq!(run["outcome"], "completed", "{run:#}");
    }
    app.call("unload_model", json!({ "model": MODEL })).await.unwrap();
    let mode = json!({ "id": "", "name": "Ours", "model": MODEL });
    let mode = app.call("save_mode", json!({ "mode": mode })).await.unwrap();
    let input = json!({ "prompt": STORY, "mode": mode["id"], "parameters": { "max_tokens": 4 } });
    assert_eq!(app.run(input).await.0.unwrap()["model"], MODEL);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_streamed_comes_whole() {
    let app = App::start();
    let streamed = ask(&app, STORY, greedy(json!({}))).await;
    assert_eq!(streamed["streamed"], true);
    let input = json!({
        "model": MODEL, "prompt": STORY, "parameters": greedy(json!({})), "stream": false,
    });
    let (run, events) = app.run(input).await;
    let run = run.unwrap();
    assert_eq!((&run["answer"], &run["streamed"]), (&streamed["answer"], &json!(false)));
    assert!(run["measures"]["ttft_ms"].as_f64() < run["measures"]["total_ms"].as_f64(), "{run:#}");
    let kinds: Vec<_> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["accepted", "started", "finished"]);
    assert_eq!(events[2]["result"], run);
    let recorded = app.call("get_run", json!({ "run": run["id"] })).await.unwrap();
    assert_eq!(recorded, run);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_not_streamed_can_be_stopped_and_keeps_what_had_come() {
    let app = App::start();
    app.call("load_model", json!({ "model": MODEL })).await.unwrap();
    let studio = app.studio.clone();
    let input = json!({
        "model": MODEL, "prompt": STORY, "stream": false,
        "parameters": { "temperature": 0.0, "max_tokens": 4000 },
    });
    let stop_soon = move |event: Value| {
        if event["kind"] == "started" {
            let (studio, input) = (studio.clone(), json!({ "run": event["run"] }));
            tokio::spawn(async move {
                tokio::time::sleep(std::time::Duration::from_secs(3)).await;
                let cancel = operations::find("cancel_run").unwrap();
                cancel.invoke(studio, input, Arc::new(|_| true)).await.unwrap();
            });
        }
        true
    };
    let run = app.stream("run_prompt", input, stop_soon).await.unwrap();
    assert_eq!(run["outcome"], "stopped", "{run:#}");
    assert!(!answer(&run).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_costs_what_its_models_price_says() {
    let app = App::start();
    let free = ask(&app, STORY, greedy(json!({}))).await;
    assert_eq!(free["cost"], Value::Null);
    let price = async |input: f64, output: f64| {
        let price = json!({
            "model": MODEL, "currency": "EUR", "input_per_1k": input, "output_per_1k": output,
        });
        app.call("set_price", price).await.unwrap()
    };
    let set = price(2.0, 8.0).await;
    let priced = ask(&app, STORY, greedy(json!({}))).await;
    let amount =
        (tokens(&priced, "tokens_in") * 2 + tokens(&priced, "tokens_out") * 8) as f64 / 1000.0;
    assert!((priced["cost"]["amount"].as_f64().unwrap() - amount).abs() < 1e-12, "{priced:#}");
    assert_eq!(priced["cost"]["currency"], "EUR");
    assert_eq!(priced["cost"]["priced_at"], set["from"]);

    price(4.0, 16.0).await;
    let recorded = app.call("get_run", json!({ "run": priced["id"] })).await.unwrap();
    assert_eq!(recorded["cost"], priced["cost"], "it stays what it was");
    let dearer = ask(&app, STORY, greedy(json!({}))).await;
    assert!((dearer["cost"]["amount"].as_f64().unwrap() - 2.0 * amount).abs() < 1e-12);
}
