//! Functions: called by the model, their results given by a person.

use anyhow::{Context, Result};
use nopenai_tests::{ChatPage, DataFolder, Desktop, Setting};
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(30);

const WEATHER: &str = r#"[{"name": "weather", "description": "The weather of a place.",
"parameters": {"type": "object", "properties": {"place": {"enum": ["Bonn", "Köln"]}},
"required": ["place"], "additionalProperties": false}}]"#;

fn held(tools: &str) -> Value {
    json!({ "title": "", "model": null, "mode": null, "context_policy": "refuse",
        "parameters": { "temperature": 0.0, "max_tokens": 60, "tools": tools } })
}

#[tokio::test]
async fn a_function_is_called_and_its_result_gone_on_with() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let desktop = Desktop::open(&Setting::of_test("functions", data.path())?).await?;
    let page = ChatPage::open(&desktop).await?;
    let chat = page.begin(held("")).await?;
    if !desktop.shows("chatSettings").await? {
        desktop.click("chatSettingsButton").await?;
    }
    desktop.element("chatTools").await?;
    desktop.scroll_to("chatTools").await?;
    desktop.type_into("chatTools", "[{").await?;
    desktop.until_shown("chatSettings", "Functions", SOON).await?;
    desktop.screenshot("not-declared").await?;
    desktop.type_into("chatTools", WEATHER).await?;
    desktop.scroll_to("chatToolChoice").await?;
    desktop.choose("chatToolChoice", "The answer is a call").await?;
    let declared = async || {
        let contents = page.call("get_chat", json!({ "chat": chat })).await?;
        let parameters = &contents["chat"]["settings"]["parameters"];
        Ok((parameters["tool_choice"] == "required" && parameters["tools"] == WEATHER)
            .then_some(()))
    };
    desktop.until("the functions to be kept", SOON, declared).await?;

    page.say("What is the weather in Bonn?").await?;
    let called = page.settled(&chat, 2).await?;
    let call = ChatPage::last_run(&called)?["calls"][0].clone();
    assert_eq!(call["name"], "weather", "{called:#}");
    let place = call["arguments"]["place"].as_str().context("a place")?;
    page.shows("Calls weather").await?;
    page.shows(place).await?;
    desktop.screenshot("called").await?;

    desktop.scroll_to("chatToolChoice").await?;
    desktop.choose("chatToolChoice", "The model decides").await?;
    desktop.click("turns .nopenaiCall textarea").await?;
    desktop.press("Sunny, 21 degrees.").await?;
    desktop.click_text("turns", "Give back").await?;
    let answered = page.settled(&chat, 4).await?;
    assert_eq!(answered["messages"][2]["role"], "tool");
    assert_eq!(answered["messages"][2]["text"], "Sunny, 21 degrees.");
    assert_eq!(ChatPage::last_run(&answered)?["outcome"], "completed", "{answered:#}");
    page.shows("Result of weather").await?;
    desktop.screenshot("answered").await.map(drop)
}
