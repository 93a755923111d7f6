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
