//! Functions: declared, called, and what they give back.

use crate::fixture::{App, MODEL, RUNTIMES, expect};
use nopenai_studio::Code;
use serde_json::{Value, json};

fn weather() -> String {
    json!([{ "type": "function", "function": {
        "name": "weather",
        "description": "Tells the weather of a place.",
        "parameters": {
            "type": "object",
            "properties": { "place": { "type": "string", "maxLength": 20 } },
            "required": ["place"],
            "additionalProperties": false,
        },
    } }])
    .to_string()
}

fn held(choice: &str) -> Value {
    let parameters = json!({
        "tools": weather(), "tool_choice": choice, "temperature": 0.0, "max_tokens": 60,
    });
    json!({ "model": MODEL, "parameters": parameters })
}

async fn contents(app: &App, chat: &Value) -> Value {
    app.call("get_chat", json!({ "chat": chat })).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_is_called_and_what_it_gives_back_is_gone_on_with() {
    for runtime in RUNTIMES {
        let app = App::start_on(runtime).await;
        let settings = held("required");
        let chat =
            app.call("create_chat", json!({ "settings": settings })).await.unwrap()["id"].clone();
        let said = json!({ "chat": chat, "text": "What is the weather in Bonn?" });
        let answered = app.call("send_message", said).await.unwrap();
        assert_eq!(answered["run"]["outcome"], "completed", "{answered:#}");
        let answer = answered["message"]["id"].clone();

        let calling = contents(&app, &chat).await;
        let calls = calling["runs"][0]["calls"].as_array().unwrap();
        assert_eq!(calls.len(), 1, "{calling:#}");
        assert_eq!(calls[0]["name"], "weather");
        assert!(calls[0]["arguments"]["place"].is_string(), "{calls:?}");

        let give = |results: Value| {
            let input = json!({ "chat": chat, "message": answer, "results": results });
            app.call("answer_calls", input)
        };
        assert_eq!(expect(give(json!([])).await, Code::InvalidInput).details["field"], "results");
        expect(give(json!([" "])).await, Code::InvalidInput);

        let input = json!({ "chat": chat, "settings": held("auto") });
        app.call("update_chat", input).await.unwrap();
        let told = give(json!(["Sunny, 21 degrees."])).await.unwrap();
        assert_eq!(told["run"]["outcome"], "completed", "{told:#}");
        assert_eq!(told["run"]["prompt"], "Sunny, 21 degrees.");

        let all = contents(&app, &chat).await;
        let messages = all["messages"].as_array().unwrap();
        let roles: Vec<_> = messages.iter().map(|message| message["role"].clone()).collect();
        assert_eq!(roles, ["user", "assistant", "tool", "assistant"]);
        let input = json!({ "chat": chat, "text": "Thank you." });
        let sent = app.call("preview_message", input).await.unwrap();
        let text = sent["text"].as_str().unwrap();
        for part in ["You may call these functions", "\"name\": \"weather\"", "<tool_call>"] {
            assert!(text.contains(part), "{runtime}: {part} is not in {text}");
        }
        let result = "<tool_response>\nSunny, 21 degrees.\n</tool_response>";
        assert!(text.contains(result), "{runtime}: {text}");

        let own = told["message"]["id"].clone();
        let input = json!({ "chat": chat, "message": own, "results": ["x"] });
        expect(app.call("answer_calls", input).await, Code::InvalidInput);
        // The result can be answered anew.
        let input = json!({ "chat": chat, "message": own });
        assert_eq!(app.call("regenerate", input).await.unwrap()["run"]["outcome"], "completed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_declares_no_function_is_refused_before_anything_is_asked() {
    let app = App::start();
    let run = |parameters: Value| {
        let input = json!({ "model": MODEL, "prompt": "Hi", "parameters": parameters });
        app.call("run_prompt", input)
    };
    for (parameters, field) in [
        (json!({ "tools": "weather" }), "tools"),
        (json!({ "tools": "[{\"name\": \"the weather\"}]" }), "tools"),
        (json!({ "tool_choice": "required" }), "tool_choice"),
    ] {
        let error = expect(run(parameters.clone()).await, Code::InvalidInput);
        assert_eq!(error.details["field"], field, "{parameters}");
    }
    assert!(app.history().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_tells_by_which_template_it_was_sent() {
    let app = App::start();
    let template = "{% for m in messages %}{{ m.content }}{% endfor %}";
    for (configured, recorded) in [(json!(null), json!(null)), (json!(template), json!(template))] {
        let input = json!({ "model": MODEL, "configuration": { "chat_template": configured } });
        app.call("save_configuration", input).await.unwrap();
        let input = json!({ "model": MODEL, "prompt": "Hi", "parameters": { "max_tokens": 2 } });
        let run = app.call("run_prompt", input).await.unwrap();
        assert_eq!(run["chat_template"], recorded);
        let kept = app.call("get_run", json!({ "run": run["id"] })).await.unwrap();
        assert_eq!(kept["chat_template"], recorded);
    }
}
