//! The page Prompt Testing, in a person's words.

use crate::desktop::Desktop;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::time::Duration;

/// Longer than any run of the starter model takes, its load included.
const PATIENCE: Duration = Duration::from_secs(120);

/// The page in an open window.
pub struct PromptTesting<'a> {
    desktop: &'a Desktop,
}

impl<'a> PromptTesting<'a> {
    /// Waits until the page can be used.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn open(desktop: &'a Desktop) -> Result<Self> {
        desktop.element("runButton").await?;
        Ok(Self { desktop })
    }

    /// Types a prompt and runs it; returns the run's identifier.
    ///
    /// # Errors
    /// When no run begins.
    pub async fn ask(&self, prompt: &str) -> Result<Value> {
        self.desktop.type_into("prompt", prompt).await?;
        self.begin("runButton").await
    }

    /// Clicks what starts a run; returns the run's identifier.
    ///
    /// # Errors
    /// When no run begins.
    pub async fn begin(&self, button: &str) -> Result<Value> {
        let before = self.newest().await?;
        self.desktop.click(button).await?;
        self.desktop
            .until("new run", PATIENCE, async || {
                Ok(self.newest().await?.filter(|newest| Some(newest) != before.as_ref()))
            })
            .await
    }

    /// Waits until a run has ended, also on screen; returns it as recorded.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn end(&self, run: &Value) -> Result<Value> {
        self.desktop
            .until("end of the run", PATIENCE, async || {
                let recorded = self.recorded(run).await?;
                let ended = recorded["outcome"] != "running" && !self.can_stop().await?;
                Ok(ended.then_some(recorded))
            })
            .await
    }

    /// A run as recorded.
    ///
    /// # Errors
    /// When there is none.
    pub async fn recorded(&self, run: &Value) -> Result<Value> {
        self.call("get_run", json!({ "run": run })).await
    }

    /// The recorded runs, newest first.
    ///
    /// # Errors
    /// When the history can't be read.
    pub async fn history(&self) -> Result<Vec<Value>> {
        let page = self.call("list_runs", json!({ "query": {}, "page": { "limit": 100 } })).await?;
        Ok(page["items"].as_array().cloned().unwrap_or_default())
    }

    async fn newest(&self) -> Result<Option<Value>> {
        Ok(self.history().await?.first().map(|run| run["id"].clone()))
    }

    /// Whether a run is under way that can be stopped.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn can_stop(&self) -> Result<bool> {
        let script = "return document.querySelector(\"[id$='--stopButton']\").disabled";
        Ok(self.desktop.script(script, vec![]).await? == false)
    }

    /// The prompt as it stands.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn prompt(&self) -> Result<String> {
        let input = self.desktop.element("prompt-inner").await?;
        Ok(input.prop("value").await?.unwrap_or_default())
    }

    /// Shows answers as they are written, which can be compared letter by
    /// letter, instead of formatted.
    ///
    /// # Errors
    /// When that can't be chosen.
    pub async fn show_source(&self) -> Result<()> {
        self.desktop.click("answerView li:nth-child(2)").await
    }

    /// The answer on screen, as far as it has come.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn answer(&self) -> Result<String> {
        // Not what is rendered of it, which leaves out spaces at line ends.
        let script = "return document.querySelector(\"[id$='--answer-text']\")?.textContent ?? ''";
        let text = self.desktop.script(script, vec![]).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the answer on screen is longer than `length` bytes.
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

    /// Waits until the answer on screen is `expected`.
    ///
    /// # Errors
    /// When it does not become that.
    pub async fn answer_is(&self, expected: &Value) -> Result<()> {
        let what = format!("answer {expected}");
        self.desktop
            .until(&what, Duration::from_secs(10), async || {
                Ok((self.answer().await? == *expected).then_some(()))
            })
            .await
    }

    /// Waits until the history shows `count` rows.
    ///
    /// # Errors
    /// When it does not.
    pub async fn history_has(&self, count: usize) -> Result<()> {
        let rows = "tr[id*='--historyTable-rows-row']:not(.sapUiTableRowHidden)";
        let script = "return document.querySelectorAll(arguments[0]).length";
        let what = format!("history of {count} rows");
        self.desktop
            .until(&what, Duration::from_secs(10), async || {
                let shown = self.desktop.script(script, vec![rows.into()]).await?;
                Ok((shown == count).then_some(()))
            })
            .await
    }

    /// Opens the run of a row of the history, the newest being 0.
    ///
    /// # Errors
    /// When there is no such row.
    pub async fn open_row(&self, index: usize) -> Result<()> {
        self.desktop.click(&format!("historyTable-rows-row{index}-col0")).await
    }

    /// The row of the history that a run is in.
    ///
    /// # Errors
    /// When it is in none.
    pub async fn row_of(&self, run: &Value) -> Result<usize> {
        let history = self.history().await?;
        history.iter().position(|row| row["id"] == *run).context("the run is in the history")
    }

    /// Opens the details of the run of a row of the history.
    ///
    /// # Errors
    /// When there is no such row.
    pub async fn details(&self, index: usize) -> Result<()> {
        let icon = format!("historyTable-rowact{index} .sapUiIcon:nth-of-type(2)");
        self.desktop.click(&icon).await?;
        self.desktop.element("detailDialog").await.map(drop)
    }

    /// Deletes the run of a row of the history.
    ///
    /// # Errors
    /// When there is no such row.
    pub async fn delete_row(&self, index: usize) -> Result<()> {
        let icon = format!("historyTable-rowact{index} .sapUiIcon:nth-of-type(1)");
        self.desktop.click(&icon).await
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
