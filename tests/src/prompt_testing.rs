//! The page Prompt Testing, in a person's words.

use crate::desktop::Desktop;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::time::Duration;

/// Longer than any run of the starter model takes here, its load included.
pub const PATIENCE: Duration = Duration::from_secs(90);

const PROMPT: &str = "prompt";
const RUN: &str = "run";
const STOP: &str = "stop";
const ANSWER: &str = "answer-text";

/// The page in an open window.
pub struct PromptTesting<'a> {
    /// The window.
    pub desktop: &'a Desktop,
}

impl<'a> PromptTesting<'a> {
    /// Waits until the page can be used.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn open(desktop: &'a Desktop) -> Result<Self> {
        desktop.element(RUN).await?;
        Ok(Self { desktop })
    }

    /// Types a prompt and runs it.
    ///
    /// # Errors
    /// When that is not possible.
    pub async fn ask(&self, prompt: &str) -> Result<()> {
        self.desktop.type_into(PROMPT, prompt).await?;
        self.desktop.click(RUN).await
    }

    /// Stops the run.
    ///
    /// # Errors
    /// When nothing runs.
    pub async fn stop(&self) -> Result<()> {
        self.desktop.click(STOP).await
    }

    /// The prompt as it stands.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn prompt(&self) -> Result<String> {
        let input = self.desktop.element(&format!("{PROMPT}-inner")).await?;
        Ok(input.prop("value").await?.unwrap_or_default())
    }

    /// The answer as far as it has come.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn answer(&self) -> Result<String> {
        Ok(self.desktop.text(ANSWER).await?.unwrap_or_default())
    }

    /// Waits until the answer is longer than `length` bytes.
    ///
    /// # Errors
    /// When it does not grow so far.
    pub async fn answer_beyond(&self, length: usize) -> Result<String> {
        let what = format!("answer of more than {length} bytes");
        self.desktop
            .until(&what, PATIENCE, async || {
                Ok(Some(self.answer().await?).filter(|answer| answer.len() > length))
            })
            .await
    }

    /// Whether no run is under way.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn is_idle(&self) -> Result<bool> {
        Ok(!self.desktop.shows(STOP).await?)
    }

    /// Waits until no run is under way and returns the last one as recorded.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn end(&self) -> Result<Value> {
        self.desktop
            .until("end of the run", PATIENCE, async || {
                let run = self.last_run().await?;
                let idle = self.is_idle().await?;
                Ok(run.filter(|run| idle && run["outcome"] != "running"))
            })
            .await
    }

    /// The newest recorded run, when there is one.
    ///
    /// # Errors
    /// When the history can't be read.
    pub async fn last_run(&self) -> Result<Option<Value>> {
        let page = self.call("list_runs", json!({ "limit": 1 })).await?;
        let Some(summary) = page["items"].get(0) else { return Ok(None) };
        Ok(Some(self.call("get_run", json!({ "run": summary["id"] })).await?))
    }

    /// Calls an operation that must succeed.
    ///
    /// # Errors
    /// When it doesn't.
    pub async fn call(&self, operation: &str, input: Value) -> Result<Value> {
        let answer = self.desktop.invoke(operation, input).await?;
        answer.map_err(|error| anyhow::anyhow!("{operation} failed: {error}")).context("a call")
    }
}
