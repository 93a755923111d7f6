use crate::fixture::{App, MODEL, expect};
use nopenai_studio::Code;
use serde_json::{Value, json};
use std::fs;

fn with(parameters: Value) -> Value {
    json!({ "model": MODEL, "prompt": "Hello", "parameters": parameters })
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_cannot_be_answered_are_refused_and_not_recorded() {
    let app = App::start();
    let cases = [
        (json!({ "model": MODEL, "prompt": "" }), "prompt"),
        (json!({ "model": MODEL, "prompt": " \n\t " }), "prompt"),
        (json!({ "model": MODEL, "prompt": "x".repeat(10_000_000) }), "prompt"),
        (json!({ "prompt": "Hello" }), "model"),
        (with(json!({ "temperature": 2.5 })), "temperature"),
        (with(json!({ "temperature": -0.1 })), "temperature"),
        (with(json!({ "top_p": 0.0 })), "top_p"),
        (with(json!({ "max_tokens": 0 })), "max_tokens"),
        (with(json!({ "seed": 1_u64 << 53 })), "seed"),
    ];
    for (input, field) in cases {
        let error = expect(app.run(input).await.0, Code::InvalidInput);
        assert_eq!(error.details["field"], field);
    }
    let malformed = [
        json!(null),
        json!({}),
        json!({ "prompt": 7 }),
        with(json!({ "magic": 1 })),
        with(json!({ "max_tokens": -1 })),
    ];
    for input in malformed {
        expect(app.run(input).await.0, Code::InvalidInput);
    }
    let unknown = json!({ "model": "../../etc/passwd", "prompt": "Hello" });
    expect(app.run(unknown).await.0, Code::NotFound);
    assert_eq!(app.history().await, Vec::<Value>::new());
    assert_eq!(app.status().await["state"], "on_disk", "nothing was loaded for these");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_beyond_the_context_fails_with_its_tokens() {
    let app = App::start_with_context(96);
    let prompt = "one two three four five ".repeat(40);
    let run = app.run(json!({ "model": MODEL, "prompt": prompt })).await.0.unwrap();
    assert_eq!(run["outcome"], "failed");
    assert_eq!(run["error"]["code"], "context_overflow", "{run}");
    let details = &run["error"]["details"];
    assert_eq!(details["available"], 96);
    assert!((200..300).contains(&details["used"].as_u64().unwrap()), "{details}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_ends_where_the_context_does() {
    let app = App::start_with_context(96);
    let prompt = "Tell a very long story about a lighthouse.";
    let parameters = json!({ "max_tokens": 5000, "temperature": 0.0 });
    let input = json!({ "model": MODEL, "prompt": prompt, "parameters": parameters });
    let run = app.run(input).await.0.unwrap();
    assert_eq!((&run["outcome"], &run["finish_reason"]), (&json!("completed"), &json!("length")));
    let measures = &run["measures"];
    let total = measures["tokens_in"].as_u64().unwrap() + measures["tokens_out"].as_u64().unwrap();
    assert!((90..=96).contains(&total), "{measures}");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_do_not_exist_are_named() {
    let app = App::start();
    let run = json!({ "run": "01890000-0000-7000-8000-000000000000" });
    for name in ["get_run", "cancel_run"] {
        let error = expect(app.call(name, run.clone()).await, Code::NotFound);
        assert!(error.message.contains("01890000"), "{error}");
        expect(app.call(name, json!({ "run": "1; DROP TABLE" })).await, Code::InvalidInput);
    }
    for limit in [json!(0), json!(501), json!(-1), json!("all")] {
        expect(
            app.call("list_runs", json!({ "page": { "limit": limit } })).await,
            Code::InvalidInput,
        );
    }
    expect(app.call("load_model", json!({ "model": "none.gguf" })).await, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_model_is_listed_with_its_reason_and_never_reaches_the_engine() {
    let app = App::start();
    let models = app.folder.path().join("models");
    let whole = fs::read(crate::fixture::starter_model()).unwrap();
    fs::write(models.join("cut.gguf"), &whole[..whole.len() / 2]).unwrap();
    let damaged = async || {
        let list = app.call("list_models", json!({})).await.unwrap();
        list["models"].as_array().unwrap().iter().find(|model| model["id"] == "cut.gguf").cloned()
    };
    let mut found = None;
    for _ in 0..200 {
        found = damaged().await;
        if found.as_ref().is_some_and(|model| model["problem"]["code"] == "unsupported_model") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let problem = found.expect("it is listed")["problem"].clone();
    assert_eq!(problem["code"], "unsupported_model", "{problem}");
    expect(app.call("load_model", json!({ "model": "cut.gguf" })).await, Code::UnsupportedModel);
    let input = json!({ "model": "cut.gguf", "prompt": "Hello" });
    expect(app.run(input).await.0, Code::UnsupportedModel);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_models_folder_that_is_gone_is_said_and_heals() {
    let app = App::start();
    let models = app.folder.path().join("models");
    let away = app.folder.path().join("away");
    fs::rename(&models, &away).unwrap();
    let listed = async |condition: &dyn Fn(&Value) -> bool| {
        for _ in 0..200 {
            let list = app.call("list_models", json!({})).await.unwrap();
            if condition(&list) {
                return list;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the list did not change");
    };
    let gone = listed(&|list| list["problem"]["code"] == "folder_unavailable").await;
    assert!(gone["problem"]["message"].as_str().unwrap().contains("models"), "{gone}");
    expect(app.call("load_model", json!({ "model": MODEL })).await, Code::FolderUnavailable);
    fs::rename(&away, &models).unwrap();
    listed(&|list| list["problem"].is_null() && list["models"][0]["id"] == MODEL).await;
}
