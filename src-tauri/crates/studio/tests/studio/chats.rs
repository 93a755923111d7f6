//! Conversations with a real model: several turns, branches, what gives way
//! when they no longer fit, and what is kept of an answer that was stopped.

use crate::fixture::{App, MODEL, expect};
use nopenai_studio::{Code, Result, operations};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// Greedy and short, with `more` in its place.
fn settings(more: Value) -> Value {
    let mut settings = json!({
        "model": MODEL, "parameters": { "temperature": 0.0, "max_tokens": 24 },
    });
    for (field, value) in more.as_object().unwrap() {
        match value.as_object() {
            Some(parameters) => {
                settings[field].as_object_mut().unwrap().extend(parameters.clone());
            }
            None => settings[field] = value.clone(),
        }
    }
    settings
}

async fn begin(app: &App, more: Value) -> Value {
    let chat = app.call("create_chat", json!({ "settings": settings(more) })).await.unwrap();
    chat["id"].clone()
}

async fn send(app: &App, chat: &Value, text: &str) -> Value {
    let input = json!({ "chat": chat, "text": text });
    app.call("send_message", input).await.unwrap()
}

async fn contents(app: &App, chat: &Value) -> Value {
    app.call("get_chat", json!({ "chat": chat })).await.unwrap()
}

fn tokens(answer: &Value, which: &str) -> u64 {
    answer["run"]["measures"][which].as_u64().unwrap_or_else(|| panic!("{answer:#}"))
}

fn message<'c>(contents: &'c Value, id: &Value) -> &'c Value {
    let messages = contents["messages"].as_array().unwrap();
    messages.iter().find(|message| message["id"] == *id).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn later_turns_are_asked_with_those_before_them() {
    let app = App::start();
    let chat = begin(&app, json!({})).await;
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = events.clone();
    let input = json!({ "chat": chat, "text": "My dog is called Rex. What is a good toy for it?" });
    let first = app
        .stream("send_message", input, move |event| {
            seen.lock().unwrap().push(event);
            true
        })
        .await
        .unwrap();
    let events = events.lock().unwrap().clone();
    let kinds: Vec<&str> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds[..3], ["message", "message", "run"]);
    assert_eq!(events[0]["message"]["role"], "user");
    assert_eq!(events[1]["message"]["run"], first["run"]["id"]);
    assert_eq!(events.last().unwrap()["event"]["kind"], "finished");

    let draft = json!({ "chat": chat, "text": "What is my dog called?" });
    let counted = app.call("count_message", draft).await.unwrap();
    let second = send(&app, &chat, "What is my dog called?").await;
    assert_eq!(counted["tokens"], second["run"]["measures"]["tokens_in"], "as it was sent");
    let grown = tokens(&first, "tokens_in") + tokens(&first, "tokens_out");
    assert!(tokens(&second, "tokens_in") > grown, "{second:#}");
    assert!(second["message"]["text"].as_str().unwrap().contains("Rex"), "{second:#}");

    let contents = contents(&app, &chat).await;
    assert_eq!(contents["messages"].as_array().unwrap().len(), 4);
    assert_eq!(contents["chat"]["leaf"], second["message"]["id"]);
    assert_eq!(
        contents["chat"]["settings"]["title"],
        "My dog is called Rex. What is a good toy for it?"
    );
    assert_eq!(contents["runs"][1]["measures"], second["run"]["measures"]);
    let run = app.call("get_run", json!({ "run": second["run"]["id"] })).await.unwrap();
    assert_eq!((&run["chat"], &run["context"]), (&chat, &Value::Null));
    let list = app.call("list_chats", json!({ "search": "rex" })).await.unwrap();
    assert_eq!(list["items"][0]["id"], chat);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_and_a_new_answer_are_branches_beside_the_old_ones() {
    let app = App::start();
    let chat = begin(&app, json!({ "parameters": { "temperature": 1.0, "max_tokens": 8 } })).await;
    let first = send(&app, &chat, "Name a colour.").await;
    send(&app, &chat, "Another one.").await;
    let asked = first["message"]["parent"].clone();
    let again = json!({ "chat": chat, "message": first["message"]["id"] });
    let again = app.call("regenerate", again).await.unwrap();
    assert_eq!(again["message"]["parent"], asked);
    assert_eq!(again["run"]["measures"]["cache"], Value::Null);
    let edit = json!({ "chat": chat, "message": asked, "text": "Name a fruit." });
    let edited = app.call("edit_message", edit).await.unwrap();
    let all = contents(&app, &chat).await;
    assert_eq!(all["messages"].as_array().unwrap().len(), 7);
    assert_eq!(all["chat"]["leaf"], edited["message"]["id"]);
    assert_eq!(message(&all, &edited["message"]["parent"])["parent"], Value::Null);
    assert_eq!(message(&all, &first["message"]["id"])["text"], first["message"]["text"]);

    let select = json!({ "chat": chat, "message": first["message"]["id"] });
    let shown = app.call("select_branch", select).await.unwrap();
    assert_ne!(shown["leaf"], first["message"]["id"], "to its newest end");
    let of_answer = json!({ "chat": chat, "message": first["message"]["id"], "text": "x" });
    expect(app.call("edit_message", of_answer).await, Code::InvalidInput);
    let unknown = json!({ "chat": chat, "message": chat });
    expect(app.call("regenerate", unknown).await, Code::NotFound);
}

/// Says something long until it does not fit any more.
async fn fill(app: &App, policy: &str) -> (Value, Value) {
    let parameters = json!({ "context_length": 256, "max_tokens": 24 });
    let more = json!({ "parameters": parameters, "context_policy": policy });
    let chat = begin(app, more).await;
    let long = "The sea was grey and the wind blew from the north. ".repeat(5);
    let mut last = Value::Null;
    for _ in 0..4 {
        last = send(app, &chat, &format!("{long} What colour was the sea?")).await;
        if !last["run"]["context"].is_null() || last["run"]["outcome"] == "failed" {
            break;
        }
    }
    (chat, last)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_left_out_by_the_policy_and_told() {
    let app = App::start();
    for policy in ["rolling", "truncate_middle"] {
        let (chat, last) = fill(&app, policy).await;
        assert_eq!(last["run"]["outcome"], "completed", "{last:#}");
        let context = &last["run"]["context"];
        assert_eq!((&context["policy"], &context["available"]), (&json!(policy), &json!(256)));
        let used = context["used"].as_u64().unwrap();
        assert!(used <= 256 - 24, "the answer has its room: {context}");
        assert_eq!(tokens(&last, "tokens_in"), used, "counted as it was sent");
        let cut = context["cut_characters"].as_u64().unwrap();
        let left_out = context["left_out"].as_u64().unwrap();
        assert!(cut > 0 && (policy != "rolling" || left_out >= 2), "{context}");
        let all = contents(&app, &chat).await;
        let runs = all["runs"].as_array().unwrap();
        assert_eq!(runs.last().unwrap()["context"], *context, "it is stored");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_where_nothing_may_be_left_out() {
    let app = App::start();
    let (chat, last) = fill(&app, "refuse").await;
    assert_eq!(last["run"]["error"]["code"], "context_overflow", "{last:#}");
    let details = &last["run"]["error"]["details"];
    assert!(details["used"].as_u64() > details["available"].as_u64(), "{details}");
    assert_eq!(details["available"], 256);
    let question = last["message"]["parent"].clone();
    assert!(!message(&contents(&app, &chat).await, &question)["text"].as_str().unwrap().is_empty());

    let rolling = settings(json!({
        "parameters": { "context_length": 256 }, "context_policy": "rolling",
    }));
    app.call("update_chat", json!({ "chat": chat, "settings": rolling })).await.unwrap();
    let again = json!({ "chat": chat, "message": question });
    let again = app.call("regenerate", again).await.unwrap();
    assert_eq!(again["run"]["outcome"], "completed", "{again:#}");
}

async fn call(app: &nopenai_studio::Studio, name: &str, input: Value) -> Result<Value> {
    operations::find(name).unwrap().invoke(app.clone(), input, Arc::new(|_| true)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_answer_stays_and_nothing_is_asked_meanwhile() {
    let app = App::start();
    let chat = begin(&app, json!({ "parameters": { "max_tokens": 400 } })).await;
    let (studio, asked) = (app.studio.clone(), chat.clone());
    let seen = Mutex::new(0);
    let refused = Arc::new(Mutex::new(None));
    let refusal = refused.clone();
    let input = json!({ "chat": chat, "text": "Tell a very long story about a lighthouse." });
    let answer = app
        .stream("send_message", input, move |event| {
            let mut seen = seen.lock().unwrap();
            *seen += usize::from(event["event"]["kind"] == "token");
            if *seen == 5 && event["event"]["kind"] == "token" {
                let (studio, chat, refusal) = (studio.clone(), asked.clone(), refusal.clone());
                let run = event["event"]["run"].clone();
                tokio::spawn(async move {
                    let second = json!({ "chat": chat, "text": "And now?" });
                    *refusal.lock().unwrap() = call(&studio, "send_message", second).await.err();
                    call(&studio, "cancel_run", json!({ "run": run })).await.unwrap();
                });
            }
            true
        })
        .await
        .unwrap();
    assert_eq!(answer["run"]["outcome"], "stopped", "{answer:#}");
    assert_eq!(answer["message"]["text"], answer["run"]["answer"]);
    let refused = refused.lock().unwrap().take().unwrap();
    assert_eq!(refused.code, Code::Busy);
    let all = contents(&app, &chat).await;
    assert_eq!(message(&all, &answer["message"]["id"])["text"], answer["message"]["text"]);
    assert!(send(&app, &chat, "Thank you.").await["run"]["outcome"] != "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_sent_with_its_message_and_a_question_without_an_answer_stays() {
    let app = App::start();
    let chat = begin(&app, json!({})).await;
    let path = app.folder.path().join("list.txt");
    std::fs::write(&path, "apples\npears\n").unwrap();
    let file = app.call("read_text_file", json!({ "path": path })).await.unwrap();
    assert_eq!(file, json!({ "name": "list.txt", "text": "apples\npears\n", "bytes": 13 }));
    let input = json!({ "chat": chat, "text": "What is on the list?", "attachments": [file] });
    let answer = app.call("send_message", input).await.unwrap();
    let prompt = answer["run"]["prompt"].as_str().unwrap();
    assert_eq!(prompt, "What is on the list?\n\nlist.txt:\n```\napples\npears\n```");

    let none = settings(json!({ "model": "none.gguf" }));
    app.call("update_chat", json!({ "chat": chat, "settings": none })).await.unwrap();
    let input = json!({ "chat": chat, "text": "Unanswered" });
    expect(app.call("send_message", input).await, Code::NotFound);
    let all = contents(&app, &chat).await;
    let left = message(&all, &all["chat"]["leaf"]);
    assert_eq!((&left["text"], &left["role"]), (&json!("Unanswered"), &json!("user")));
    app.call("update_chat", json!({ "chat": chat, "settings": settings(json!({})) }))
        .await
        .unwrap();
    let again = json!({ "chat": chat, "message": left["id"] });
    let again = app.call("regenerate", again).await.unwrap();
    assert_eq!(again["run"]["outcome"], "completed");

    let gone = app.call("delete_chats", json!({ "chats": [chat] })).await.unwrap();
    assert_eq!(gone["chats"], 1);
    expect(app.call("get_chat", json!({ "chat": chat })).await, Code::NotFound);
    let back = json!({ "deletion": gone["deletion"] });
    assert_eq!(app.call("restore_chats", back).await.unwrap()["chats"], 1);
    assert_eq!(contents(&app, &chat).await["messages"].as_array().unwrap().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_cut_short_is_gone_on_with() {
    let app = App::start();
    let chat = begin(&app, json!({ "parameters": { "max_tokens": 12 } })).await;
    let cut = send(&app, &chat, "Tell a story about a lighthouse.").await;
    assert_eq!(cut["run"]["finish_reason"], "length", "{cut:#}");
    let go_on = json!({ "chat": chat, "message": cut["message"]["id"] });
    let more = app.call("continue_answer", go_on.clone()).await.unwrap();
    let whole = app.run(json!({
        "model": MODEL, "prompt": "Tell a story about a lighthouse.",
        "parameters": { "temperature": 0.0, "max_tokens": 24 },
    }));
    let whole = whole.await.0.unwrap();
    assert_eq!(more["message"]["id"], cut["message"]["id"]);
    // White space between the parts included.
    assert_eq!(more["message"]["text"], whole["answer"], "as if it had never been cut");
    assert_eq!(tokens(&more, "tokens_out"), 12);
    let all = contents(&app, &chat).await;
    assert_eq!(all["messages"].as_array().unwrap().len(), 2);
    assert_eq!(all["messages"][1]["text"], more["message"]["text"]);
    assert_eq!(all["messages"][1]["run"], more["run"]["id"]);

    let parameters = settings(json!({ "parameters": { "max_tokens": 400 } }));
    app.call("update_chat", json!({ "chat": chat, "settings": parameters })).await.unwrap();
    let short = send(&app, &chat, "Say only the word yes.").await;
    if short["run"]["finish_reason"] == "stop" {
        let ended = json!({ "chat": chat, "message": short["message"]["id"] });
        expect(app.call("continue_answer", ended).await, Code::InvalidInput);
    }
    expect(app.call("continue_answer", go_on).await, Code::InvalidInput);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_what_is_sent_and_a_template_can_be_replaced() {
    let app = App::start();
    let chat = begin(&app, json!({ "parameters": { "system_prompt": "Be brief." } })).await;
    let draft = json!({ "chat": chat, "text": "Hello" });
    assert_eq!(app.call("preview_message", draft.clone()).await.unwrap(), Value::Null);
    app.load(MODEL).await;
    let shown = app.call("preview_message", draft.clone()).await.unwrap();
    let expected = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n\
                    <|im_start|>assistant\n";
    assert_eq!(shown["text"], expected);
    let sent = send(&app, &chat, "Hello").await;
    assert_eq!(shown["tokens"], sent["run"]["measures"]["tokens_in"]);

    let mut configuration = app.call("get_configuration", json!({ "model": MODEL })).await.unwrap()
        ["configuration"]
        .clone();
    configuration["chat_template"] = "{{ messages }\n".into();
    let save = |configuration: &Value| json!({ "model": MODEL, "configuration": configuration });
    let refused =
        expect(app.call("save_configuration", save(&configuration)).await, Code::InvalidInput);
    assert_eq!(refused.details["field"], "chat_template");
    assert_eq!(refused.details["line"], 1);
    configuration["chat_template"] =
        "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:".into();
    app.call("save_configuration", save(&configuration)).await.unwrap();
    let other = begin(&app, json!({})).await;
    let draft = json!({ "chat": other, "text": "Hello" });
    let shown = app.call("preview_message", draft).await.unwrap();
    assert_eq!(shown["text"], "user: Hello\nassistant:");
    let sent = send(&app, &other, "Hello").await;
    assert_eq!(sent["run"]["measures"]["tokens_in"], shown["tokens"]);
    let prompt = json!({ "model": MODEL, "prompt": "Hello" });
    let shown = app.call("preview_prompt", prompt).await.unwrap();
    assert_eq!(shown["text"], "user: Hello\nassistant:");
}
