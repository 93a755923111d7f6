//! How fast each runtime is with a model, on this machine.

use crate::{Engine, measure::rate, prompt::messages};
use nopenai_domain::{
    Code, Error, ModelId, Parameters, Result, Role, RunId, Runtime, RuntimeSpeed,
};
use nopenai_models::Model;
use nopenai_protocol::Chat;
use nopenai_runtime::{GenerationEvent, Worker};
use std::{path::Path, time::Instant};
use tokio_util::sync::CancellationToken;

/// Tokens that are timed.
const TOKENS: u32 = 64;

/// Tokens before, after which everything is in memory.
const WARM_UP: u32 = 8;

/// Lines of the prompt that is timed, some 14 tokens each.
const LINES: u32 = 36;

impl Engine {
    /// Loads `model` in each runtime that can run it, in turn, and times the
    /// reading of a fixed prompt of about 500 tokens and 64 tokens of its
    /// likeliest answer. The model is unloaded before, and all runs wait
    /// meanwhile, so that nothing else computes. `progress` hears how many
    /// tokens of how many have come. What was measured is kept.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::UnsupportedModel`], [`Code::OutOfMemory`] or
    /// [`Code::EngineFailed`]; [`Code::Cancelled`], keeping what was measured
    /// until then.
    pub async fn measure_runtimes(
        &self,
        model: &ModelId,
        progress: impl FnMut(u64, u64) + Send,
        cancel: &CancellationToken,
    ) -> Result<Vec<RuntimeSpeed>> {
        tokio::select! {
            speeds = self.measure_all(model, progress) => speeds,
            () = cancel.cancelled() => {
                Err(Error::new(Code::Cancelled, "The measurement was cancelled."))
            }
        }
    }

    async fn measure_all(
        &self,
        model: &ModelId,
        mut progress: impl FnMut(u64, u64) + Send,
    ) -> Result<Vec<RuntimeSpeed>> {
        let options = &self.shared.options;
        let entry = options.registry.get(model)?;
        let path = options.registry.path(model)?;
        let able: Vec<_> = Runtime::ALL
            .into_iter()
            .filter(|&runtime| self.problem(runtime, &entry).is_none())
            .collect();
        let _rest = self.shared.queue.rest().await;
        let _one_at_a_time = self.shared.loads.lock().await;
        self.discard(model).await;
        self.make_room(&entry).await?;
        let total = able.len() as u64 * u64::from(WARM_UP + TOKENS);
        let mut done = 0;
        progress(done, total);
        let mut speeds = Vec::new();
        for (index, runtime) in able.into_iter().enumerate() {
            let speed = self
                .measure_one(runtime, &entry, &path, || {
                    done += 1;
                    progress(done, total);
                })
                .await?;
            // An answer can be shorter than what is timed.
            done = (index as u64 + 1) * u64::from(WARM_UP + TOKENS);
            options.store.runtime_speeds().keep(speed.clone()).await?;
            speeds.push(speed);
        }
        Ok(speeds)
    }

    async fn measure_one(
        &self,
        runtime: Runtime,
        model: &Model,
        path: &Path,
        mut token: impl FnMut() + Send,
    ) -> Result<RuntimeSpeed> {
        let options = &self.shared.options;
        let worker = options.launcher.start(runtime, path, options.element_type, |_| {}).await?;
        ask(&worker, "Count from one to a hundred.", WARM_UP, &mut token).await?;
        let timed = ask(&worker, &prompt(), TOKENS, &mut token).await;
        worker.stop().await;
        let (prefill_tokens_per_s, decode_tokens_per_s) = timed?;
        Ok(RuntimeSpeed {
            model: model.id.clone(),
            size_bytes: model.size_bytes,
            modified_at: model.modified_at,
            runtime,
            prefill_tokens_per_s,
            decode_tokens_per_s,
            measured_at: options.store.clock().now(),
            device: worker.loaded().device.clone(),
        })
    }
}

fn prompt() -> String {
    let lines = (1..=LINES).map(|number| format!("{number}. a lamp, a rope, a letter, the sea\n"));
    lines.chain(["Tell a long story about everything in this list.".to_owned()]).collect()
}

/// Has a prompt answered, greedily; tokens per second of reading and of
/// writing.
async fn ask(
    worker: &Worker,
    prompt: &str,
    max_tokens: u32,
    token: &mut (impl FnMut() + Send),
) -> Result<(f64, f64)> {
    let parameters =
        Parameters { temperature: 0.0, seed: Some(0), max_tokens, ..Parameters::default() };
    let chat = Chat { messages: messages("", &[], (Role::User, prompt)), ..Chat::default() };
    let mut generation = worker.generate(RunId::generate(), chat, parameters);
    let mut started = None;
    let mut first = None;
    let mut last = None;
    while let Some(event) = generation.recv().await {
        let now = Instant::now();
        match event {
            GenerationEvent::Started { tokens_in } => started = Some((now, tokens_in)),
            GenerationEvent::Token(_) => {
                first.get_or_insert(now);
                last = Some(now);
                token();
            }
            GenerationEvent::Finished { tokens_out, .. } => {
                let figures = (|| {
                    let (started, tokens_in) = started?;
                    let reading = (first? - started).as_secs_f64();
                    let decode = rate(Some(tokens_out), Some(last? - first?))?;
                    (reading > 0.0).then(|| (f64::from(tokens_in) / reading, decode))
                })();
                return figures.ok_or_else(|| {
                    Error::new(Code::EngineFailed, "The answer was too short to be timed.")
                });
            }
            GenerationEvent::Failed(error) => return Err(error),
        }
    }
    Err(Error::internal("a run ended without its last event"))
}
