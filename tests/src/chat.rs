//! The page Chat, in a person's words.

use crate::desktop::Desktop;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::time::Duration;

/// Longer than any answer of the starter model takes, its load included.
const PATIENCE: Duration = Duration::from_secs(120);

/// The page in an open window.
pub struct ChatPage<'a> {
    desktop: &'a Desktop,
}

impl<'a> ChatPage<'a> {
    /// Goes to the page and waits until it can be used.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn open(desktop: &'a Desktop) -> Result<Self> {
        desktop.click("navigateChat").await?;
        desktop.element("newChat").await?;
        Ok(Self { desktop })
    }

    /// Begins a chat, held with `settings`, and shows it; returns its identifier.
    ///
    /// # Errors
    /// When none begins.
    pub async fn begin(&self, settings: Value) -> Result<Value> {
        self.desktop.click("newChat").await?;
        self.desktop.element("message-inner").await?;
        let chat = self.shown_now().await?;
        self.call("update_chat", json!({ "chat": chat, "settings": settings })).await?;
        Ok(chat)
    }

    /// The chat the address names.
    ///
    /// # Errors
    /// When it names none.
    pub async fn shown_now(&self) -> Result<Value> {
        let script = "return location.hash.match(/chat\\/([0-9a-f-]{36})/)?.[1] ?? null";
        self.desktop
            .until("a chat", Duration::from_secs(20), async || {
                let chat = self.desktop.script(script, vec![]).await?;
                Ok((!chat.is_null()).then_some(chat))
            })
            .await
    }

    /// Types a message and sends it with the Enter key.
    ///
    /// # Errors
    /// When it can't be typed.
    pub async fn say(&self, text: &str) -> Result<()> {
        self.desktop.type_into("message", text).await?;
        self.desktop.press(&crate::Key::Enter.to_string()).await
    }

    /// Waits until so many messages are in the chat and the last one is whole;
    /// gives the chat.
    ///
    /// # Errors
    /// When it does not come to be.
    pub async fn settled(&self, chat: &Value, messages: usize) -> Result<Value> {
        let what = format!("{messages} messages, the last one whole");
        self.desktop
            .until(&what, PATIENCE, async || {
                let contents = self.call("get_chat", json!({ "chat": chat })).await?;
                let all = contents["messages"].as_array().map_or(0, Vec::len);
                let running = contents["runs"]
                    .as_array()
                    .is_some_and(|runs| runs.iter().any(|run| run["outcome"] == "running"));
                let idle = !self.desktop.shows("stopAnswer").await?;
                Ok((all == messages && !running && idle).then_some(contents))
            })
            .await
    }

    /// The run of the answer at the end of a chat's branch.
    ///
    /// # Errors
    /// When there is none.
    pub fn last_run(contents: &Value) -> Result<&Value> {
        let leaf = &contents["chat"]["leaf"];
        let messages = contents["messages"].as_array().context("messages")?;
        let last = messages.iter().find(|message| message["id"] == *leaf).context("a leaf")?;
        let runs = contents["runs"].as_array().context("runs")?;
        runs.iter().find(|run| run["id"] == last["run"]).context("the leaf is an answer")
    }

    /// Waits until the conversation shows `text`.
    ///
    /// # Errors
    /// When it does not.
    pub async fn shows(&self, text: &str) -> Result<()> {
        self.desktop.until_shown("turns", text, Duration::from_secs(20)).await
    }

    /// Calls an operation that must succeed.
    ///
    /// # Errors
    /// When it doesn't.
    pub async fn call(&self, operation: &str, input: Value) -> Result<Value> {
        let answer = self.desktop.invoke(operation, input).await?;
        answer.map_err(|error| anyhow::anyhow!("{operation} failed: {error}"))
    }
}
