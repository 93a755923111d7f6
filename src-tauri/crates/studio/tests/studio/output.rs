//! What an answer has to be, and what else could have come: in every runtime.

use crate::fixture::{App, MODEL};
use serde_json::{Value, json};

const RUNTIMES: [&str; 2] = ["mistral_rs", "llama_cpp"];

async fn ask(app: &App, prompt: &str, parameters: Value) -> Value {
    let input = json!({ "model": MODEL, "prompt": prompt, "parameters": parameters });
    app.run(input).await.0.unwrap()
}

async fn formatted(app: &App, prompt: &str, kind: &str, rule: &str) -> String {
    let format = json!({ "kind": kind, "rule": rule });
    let run = ask(app, prompt, json!({ "max_tokens": 64, "seed": 3, "format": format })).await;
    let ended = (&run["outcome"], &run["finish_reason"]);
    assert_eq!(ended, (&json!("completed"), &json!("stop")), "{run:#}");
    assert_eq!(run["parameters"]["format"], format);
    run["answer"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_keeps_to_its_format() {
    for runtime in RUNTIMES {
        let app = App::start_on(runtime).await;
        let schema = json!({
            "type": "object",
            "properties": {
                "city": { "type": "string", "maxLength": 20 },
                "inhabitants": { "type": "integer", "minimum": 1, "maximum": 99_999_999 },
            },
            "required": ["city", "inhabitants"],
            "additionalProperties": false,
        });
        let answer = formatted(&app, "Tell me of Paris.", "json", &schema.to_string()).await;
        let read: Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}"));
        assert!(read["city"].as_str().unwrap().chars().count() <= 20, "{answer}");
        assert!((1..=99_999_999).contains(&read["inhabitants"].as_i64().unwrap()), "{answer}");

        let answer = formatted(&app, "A date?", "regex", "20[0-9]{2}-[01][0-9]").await;
        assert!(answer.len() == 7 && answer.starts_with("20"), "{runtime}: {answer}");

        let grammar = "start: NAME \" is \" (\"red\" | \"blue\")\nNAME: \"Sky\" | \"Fire\"";
        let answer = formatted(&app, "Colours?", "lark", grammar).await;
        let allowed = ["Sky is red", "Sky is blue", "Fire is red", "Fire is blue"];
        assert!(allowed.contains(&answer.as_str()), "{runtime}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_is_not_understood_fails_its_run_with_the_field() {
    for runtime in RUNTIMES {
        let app = App::start_on(runtime).await;
        let format = json!({ "kind": "regex", "rule": "(" });
        let run = ask(&app, "Hello", json!({ "format": format })).await;
        assert_eq!((&run["outcome"], &run["answer"]), (&json!("failed"), &json!("")));
        assert_eq!(run["error"]["code"], "invalid_input", "{run:#}");
        assert_eq!(run["error"]["details"]["field"], "format");
        let answered = ask(&app, "Hello", json!({ "max_tokens": 2 })).await;
        assert_eq!(answered["outcome"], "completed", "the next one is answered");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_likeliest_tokens_are_told_and_kept() {
    for runtime in RUNTIMES {
        let app = App::start_on(runtime).await;
        let parameters = json!({ "temperature": 0, "max_tokens": 6, "alternatives": 3 });
        let run = ask(&app, "Count to ten.", parameters).await;
        let told = run["likelihoods"].as_array().unwrap_or_else(|| panic!("{run:#}"));
        assert_eq!(run["measures"]["tokens_out"], told.len());
        let text: String = told.iter().map(|token| token["text"].as_str().unwrap()).collect();
        assert_eq!(run["answer"], text);
        for token in told {
            let others = token["alternatives"].as_array().unwrap();
            assert_eq!(others.len(), 3);
            // The likeliest is drawn at temperature 0.
            assert_eq!(
                (&token["text"], &token["logprob"]),
                (&others[0]["text"], &others[0]["logprob"])
            );
            let shares: Vec<f64> =
                others.iter().map(|other| other["logprob"].as_f64().unwrap().exp()).collect();
            assert!(shares.iter().sum::<f64>() <= 1.000_001 && shares.is_sorted_by(|a, b| a >= b));
        }
        let kept = app.call("get_run", json!({ "run": run["id"] })).await.unwrap();
        assert_eq!(kept["likelihoods"].as_array().unwrap().len(), told.len());
        let unasked = ask(&app, "Count to ten.", json!({ "max_tokens": 2 })).await;
        assert_eq!(unasked["likelihoods"], Value::Null);
    }
}
