//! Conversations: turns, branches, files, a full context, and a kill.

use crate::{LONG, SHORT};
use anyhow::{Context, Result};
use nopenai_tests::{ChatPage, DataFolder, Desktop, Key, Setting};
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);

fn held(parameters: Value) -> Value {
    json!({ "title": "", "model": null, "mode": null, "parameters": parameters,
        "context_policy": "refuse" })
}

fn first_turn(action: &str) -> String {
    format!("turns .nopenaiTurn:nth-child(1) button[title^='{action}']")
}

#[tokio::test]
async fn turns_follow_each_other_and_branch() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let desktop = Desktop::open(&Setting::of_test("chat", data.path())?).await?;
    let page = ChatPage::open(&desktop).await?;
    desktop.screenshot("none").await?;
    let chat = page.begin(held(json!({ "temperature": 0.7, "max_tokens": 40 }))).await?;
    page.say("My dog is called Rex.").await?;
    let first = page.settled(&chat, 2).await?;
    page.say("What is my dog called?").await?;
    let second = page.settled(&chat, 4).await?;
    let tokens = |contents: &Value| {
        ChatPage::last_run(contents).map(|run| run["measures"]["tokens_in"].as_u64())
    };
    assert!(tokens(&second)? > tokens(&first)?, "{second:#}");
    desktop.until_shown("chatTitle", "My dog is called Rex.", SOON).await?;
    desktop.until_shown("budgetText", "8,192 tokens", SOON).await?;
    desktop.screenshot("turns").await?;

    desktop.click(&first_turn("Say this otherwise")).await?;
    desktop.element("editingBar").await?;
    page.say("My cat is called Tom.").await?;
    page.settled(&chat, 6).await?;
    page.shows("2 of 2").await?;
    desktop.screenshot("branches").await?;
    desktop.click(&first_turn("Show the version before")).await?;
    page.shows("What is my dog called?").await?;

    desktop.click("turns .nopenaiTurn:nth-child(4) button[title^='Answer again']").await?;
    let again = page.settled(&chat, 7).await?;
    assert_eq!(ChatPage::last_run(&again)?["outcome"], "completed");
    let run = ChatPage::last_run(&again)?["id"].clone();
    let recorded = page.call("get_run", json!({ "run": run })).await?;
    assert_eq!(recorded["chat"], chat);

    desktop.click("turns .nopenaiTurn:nth-child(4) .nopenaiChatMeasures").await?;
    desktop.element("runButton").await?;
    desktop.click("navigateChat").await?;
    page.shows("What is my dog called?").await?;
    Ok(())
}

#[tokio::test]
async fn an_answer_is_stopped_a_file_attached_and_a_full_context_told() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let file = data.path().join("list.txt");
    std::fs::write(&file, "apples\npears\n")?;
    let desktop = Desktop::open(&Setting::of_test("chat-context", data.path())?).await?;
    let page = ChatPage::open(&desktop).await?;
    let chat = page.begin(held(json!({ "temperature": 0.0, "max_tokens": 400 }))).await?;
    page.say(LONG).await?;
    desktop.until_shown("turns", "lighthouse", SOON).await?;
    let streaming = "return document.querySelector('.nopenaiAnswered .nopenaiStreamedTextLines')\
        ?.textContent.length ?? 0";
    desktop
        .until("some of the answer", Duration::from_secs(60), async || {
            Ok((desktop.script(streaming, vec![]).await?.as_u64() > Some(40)).then_some(()))
        })
        .await?;
    desktop.screenshot("streaming").await?;
    desktop.press(&Key::Escape.to_string()).await?;
    let stopped = page.settled(&chat, 2).await?;
    assert_eq!(ChatPage::last_run(&stopped)?["outcome"], "stopped");
    page.shows("Stopped").await?;

    let short = held(json!({ "temperature": 0.0, "max_tokens": 12 }));
    page.call("update_chat", json!({ "chat": chat, "settings": short })).await?;
    let before = stopped["messages"][1]["text"].as_str().context("an answer")?.to_owned();
    desktop.click("turns .nopenaiTurn:nth-child(2) button[title^='Go on']").await?;
    let longer = desktop
        .until("the answer to go on", Duration::from_secs(60), async || {
            let contents = page.settled(&chat, 2).await?;
            let ended = ChatPage::last_run(&contents)?["finish_reason"] == "length";
            Ok(ended.then_some(contents))
        })
        .await?;
    let longer = longer["messages"][1]["text"].as_str().context("an answer")?;
    assert!(longer.starts_with(&before) && longer.len() > before.len(), "{longer}");

    desktop.click("attach").await?;
    desktop.type_into("attachPath", &file.display().to_string()).await?;
    desktop.screenshot("attach").await?;
    desktop.click("attachFile").await?;
    desktop.until_gone("attachDialog").await?;
    desktop.until_shown("composerFiles", "list.txt", SOON).await?;
    let parameters = json!({ "temperature": 0.0, "max_tokens": 24, "context_length": 256 });
    let settings = held(parameters);
    page.call("update_chat", json!({ "chat": chat, "settings": settings })).await?;
    let filling = "The sea was grey and the wind blew from the north. ".repeat(20);
    desktop.type_into("message", "What is on the list?").await?;
    desktop.click("previewSent").await?;
    desktop.element("previewText-inner").await?;
    let sent = "return document.querySelector(\"[id$='--previewText-inner']\").value";
    let sent = desktop.script(sent, vec![]).await?;
    let sent = sent.as_str().context("a text")?;
    assert!(
        sent.ends_with("list.txt:\n```\napples\npears\n```<|im_end|>\n<|im_start|>assistant\n")
    );
    desktop.screenshot("preview").await?;
    desktop.click("previewClose").await?;
    desktop.until_gone("previewDialog").await?;
    page.say(&format!("{filling} What is on the list?")).await?;
    let refused = page.settled(&chat, 4).await?;
    assert_eq!(ChatPage::last_run(&refused)?["error"]["code"], "context_overflow");
    page.shows("context length is set to 256").await?;

    if !desktop.shows("chatSettings").await? {
        desktop.click("chatSettingsButton").await?;
    }
    desktop.choose("contextPolicy", "Rolling window").await?;
    desktop.screenshot("settings").await?;
    for (turn, question) in ["What is a lighthouse?", "Who keeps it?"].into_iter().enumerate() {
        page.say(&format!("{}{question}", "It stands by the sea. ".repeat(12))).await?;
        page.settled(&chat, 6 + 2 * turn).await?;
    }
    let rolled = page.settled(&chat, 8).await?;
    let context = &ChatPage::last_run(&rolled)?["context"];
    assert_eq!(context["policy"], "rolling", "{rolled:#}");
    page.shows("earlier messages left out").await?;
    desktop.screenshot("rolling").await.map(drop)
}

#[tokio::test]
async fn a_chat_is_renamed_deleted_and_brought_back_and_outlives_a_kill() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let setting = Setting::of_test("chat-killed", data.path())?;
    let chat = be_killed_during_an_answer(&setting).await?;

    let desktop = Desktop::open(&setting).await?;
    let page = ChatPage::open(&desktop).await?;
    assert_eq!(page.shown_now().await?, chat, "the chat that was open last");
    let contents = page.settled(&chat, 4).await?;
    let run = ChatPage::last_run(&contents)?;
    assert_eq!(run["outcome"], "interrupted");
    let answer = page.call("get_run", json!({ "run": run["id"] })).await?["answer"].clone();
    let messages = contents["messages"].as_array().context("messages")?;
    assert_eq!(messages[2]["text"], LONG);
    assert_eq!(messages[3]["text"], answer, "what had come stays");
    assert!(answer.as_str().is_some_and(|answer| answer.len() > 20), "{answer}");
    page.shows("Interrupted").await?;
    page.say(SHORT).await?;
    let next = page.settled(&chat, 6).await?;
    assert_eq!(ChatPage::last_run(&next)?["outcome"], "completed");
    Ok(())
}

/// Holds a chat, and kills the application while it answers; returns the chat.
async fn be_killed_during_an_answer(setting: &Setting) -> Result<Value> {
    let desktop = Desktop::open(setting).await?;
    let page = ChatPage::open(&desktop).await?;
    let chat = page.begin(held(json!({ "max_tokens": 400, "temperature": 0.0 }))).await?;
    page.say(SHORT).await?;
    page.settled(&chat, 2).await?;
    desktop.click("chatList .sapMMenuBtn button").await?;
    desktop.click_text("menu", "Rename chat").await?;
    desktop.type_into("chatName", "Greetings").await?;
    desktop.click("chatNameSave").await?;
    desktop.until_shown("chatList", "Greetings", SOON).await?;
    desktop.click("chatList .sapMMenuBtn button").await?;
    desktop.click_text("menu", "Delete").await?;
    desktop.until_shown("chatList", "No chat yet", SOON).await?;
    desktop.click("chatUndo").await?;
    desktop.click_text("chatList", "Greetings").await?;
    page.shows(SHORT).await?;

    page.say(LONG).await?;
    // The first answer is long enough too.
    let streamed = "return document.querySelectorAll('.nopenaiAnswered')[1]\
        ?.querySelector('.nopenaiStreamedTextLines')?.textContent.length ?? 0";
    desktop
        .until("some of the answer", Duration::from_secs(60), async || {
            let asked = desktop.text("turns").await?.is_some_and(|text| text.contains(LONG));
            let long = desktop.script(streamed, vec![]).await?.as_u64() > Some(80);
            Ok((asked && long).then_some(()))
        })
        .await?;
    desktop.kill_app()?;
    Ok(chat)
}
