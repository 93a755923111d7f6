//! Runs that were recorded before the application starts.

use crate::subject::DataFolder;
use anyhow::Result;
use nopenai_domain::{
    FinishReason, Measures, ModelId, Outcome, Parameters, Run, RunId, SystemClock, Timestamp,
};
use nopenai_store::Store;
use std::sync::Arc;

/// A run as the engine would have recorded it.
pub fn recorded(prompt: &str, answer: &str) -> Run {
    Run {
        id: RunId::generate(),
        started_at: Timestamp(1_790_000_000_000_000),
        model: ModelId("tiny.gguf".to_owned()),
        model_name: "Tiny".to_owned(),
        prompt: prompt.to_owned(),
        answer: answer.to_owned(),
        parameters: Parameters::default(),
        outcome: Outcome::Completed,
        finish_reason: Some(FinishReason::Stop),
        error: None,
        measures: Measures {
            total_ms: Some(812.5),
            ttft_ms: Some(95.0),
            tokens_per_s: Some(41.25),
            tokens_in: Some(42),
            tokens_out: Some(30),
            cache: None,
        },
        mode: None,
        chat: None,
        context: None,
        runtime: None,
        chat_template: None,
        likelihoods: None,
        remote: None,
        streamed: true,
        cost: None,
        rating: None,
        tags: Vec::new(),
    }
}

/// Puts runs into the history of a data folder that no application has open.
///
/// # Errors
/// When the database can't be written.
pub async fn record(data: &DataFolder, runs: &[Run]) -> Result<()> {
    let store = Store::open(&data.path().join("studio.db"), Arc::new(SystemClock))?;
    for run in runs {
        let started = Run {
            answer: String::new(),
            outcome: Outcome::Running,
            finish_reason: None,
            measures: Measures::default(),
            ..run.clone()
        };
        store.history().start(started).await?;
        store.history().finish(run.clone()).await?;
    }
    Ok(())
}
