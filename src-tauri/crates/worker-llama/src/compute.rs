//! The thread that computes: it loads the model, owns its context, and answers
//! one run after another.

use crate::{
    log, measure,
    prefix::{Kept, PART},
    text::Utf8,
    tokens,
};
use anyhow::{Context, anyhow};
use llama_cpp_2::{
    context::{LlamaContext, params::LlamaContextParams},
    llama_backend::LlamaBackend,
    llama_batch::LlamaBatch,
    model::{LlamaModel, params::LlamaModelParams},
    token::LlamaToken,
};
use nopenai_domain::{Embedding, FinishReason, TextLikelihood};
use nopenai_serving::{End, Progress, SeededSampler};
use std::{
    num::NonZeroU32,
    path::Path,
    sync::{Arc, mpsc::Receiver},
};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

/// The context a model is loaded with, tokens. Memory for keys and values is
/// taken for all of a context at once, so it starts small and grows as runs
/// need it.
const FIRST_CONTEXT: u32 = 1024;

/// The one sequence there is.
const SEQUENCE: i32 = 0;

const NO_CONTEXT: &str = "there is no context";

/// What the thread is asked for.
pub enum Job {
    /// To answer a run.
    Answer(Asked),
    /// To make points of texts.
    Embed(Vec<String>, oneshot::Sender<anyhow::Result<Vec<Embedding>>>),
    /// To tell how likely a text is.
    Weigh(String, oneshot::Sender<anyhow::Result<TextLikelihood>>),
}

/// A run to be answered.
pub struct Asked {
    /// The prompt; not empty.
    pub prompt: Vec<LlamaToken>,
    /// The most tokens of the answer; they fit behind the prompt.
    pub max_tokens: u32,
    /// Tokens that prompt and answer may have together; the context doesn't
    /// grow beyond.
    pub limit: u32,
    /// Draws them.
    pub sampler: Arc<SeededSampler>,
    /// Where the answer goes; when nobody hears it, nothing more is computed.
    /// Of capacity 1: no token is drawn before the one before was taken.
    pub pieces: mpsc::Sender<Piece>,
}

/// What comes of a run.
#[derive(Debug)]
pub enum Piece {
    /// A token's text; empty while a character isn't whole.
    Text(String),
    /// The last piece.
    End(End),
    /// The last piece of a run that failed.
    Failed(String),
}

/// Loads the model, tells how that went, and answers jobs until nobody can send
/// any more.
pub fn work(
    path: &Path,
    progress: Progress,
    loaded: oneshot::Sender<anyhow::Result<Arc<LlamaModel>>>,
    jobs: &Receiver<Job>,
    runtime: &Handle,
) {
    log::listen();
    let started = LlamaBackend::init()
        .map_err(anyhow::Error::from)
        .and_then(|backend| Ok((Arc::new(load(&backend, path, progress)?), backend)));
    let (model, backend) = match started {
        Ok(started) => started,
        Err(error) => {
            let _ = loaded.send(Err(error));
            return;
        }
    };
    let mut computer = match Computer::new(&backend, &model) {
        Ok(computer) => computer,
        Err(error) => {
            let _ = loaded.send(Err(error));
            return;
        }
    };
    let _ = loaded.send(Ok(model.clone()));
    let _death = EndsTheProcess;
    for job in jobs {
        match job {
            Job::Answer(asked) => computer.answer(asked, runtime),
            Job::Embed(texts, reply) => {
                let points = texts
                    .iter()
                    .take_while(|_| !reply.is_closed())
                    .map(|text| measure::embed(&backend, &model, threads() as i32, text));
                let points = points.collect();
                let _ = reply.send(points);
            }
            Job::Weigh(text, reply) => {
                let wanted = || !reply.is_closed();
                let threads = threads() as i32;
                let likelihood = measure::likelihood(&backend, &model, threads, &text, wanted);
                let _ = reply.send(likelihood);
            }
        }
    }
}

/// A process without this thread would take runs and never answer them.
struct EndsTheProcess;

impl Drop for EndsTheProcess {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}

fn load(backend: &LlamaBackend, path: &Path, progress: Progress) -> anyhow::Result<LlamaModel> {
    let parameters = LlamaModelParams::default().with_progress_callback(move |share| {
        progress.read_share(share);
        true
    });
    LlamaModel::load_from_file(backend, path, &parameters)
        .map_err(|error| with_reason(anyhow!(error)))
}

/// llama.cpp returns no reasons; it logs them.
pub fn with_reason(error: anyhow::Error) -> anyhow::Error {
    let reason = log::last_error();
    if reason.is_empty() { error } else { anyhow!(reason) }
}

/// Threads that compute: one for a core. A second one on the same core's units
/// would only wait for them.
pub fn threads() -> usize {
    let allowed = std::thread::available_parallelism().map_or(1, usize::from);
    num_cpus::get_physical().clamp(1, allowed)
}

/// A model's context and what is in it.
struct Computer<'a> {
    backend: &'a LlamaBackend,
    model: &'a LlamaModel,
    /// Absent when there was no memory for a larger one.
    context: Option<LlamaContext<'a>>,
    batch: LlamaBatch<'static>,
    kept: Kept<LlamaToken>,
}

impl<'a> Computer<'a> {
    fn new(backend: &'a LlamaBackend, model: &'a LlamaModel) -> anyhow::Result<Self> {
        let batch = LlamaBatch::new(PART, 1);
        let mut computer = Self { backend, model, context: None, batch, kept: Kept::new() };
        computer.make_room(FIRST_CONTEXT, FIRST_CONTEXT)?;
        // So that the first run finds the weights in memory, and a model that
        // can't compute isn't loaded.
        computer.decode(&[LlamaToken::new(0)], 0)?;
        Ok(computer)
    }

    fn answer(&mut self, job: Asked, runtime: &Handle) {
        if job.pieces.is_closed() {
            return;
        }
        let last = match self.compute(&job, runtime) {
            Ok(Some(end)) => Piece::End(end),
            Ok(None) => return,
            Err(error) => {
                self.kept.forget();
                Piece::Failed(format!("{error:#}"))
            }
        };
        let _ = job.pieces.blocking_send(last);
    }

    /// Answers; `None` when nobody hears it any more.
    fn compute(&mut self, job: &Asked, runtime: &Handle) -> anyhow::Result<Option<End>> {
        self.make_room(job.prompt.len() as u32 + job.max_tokens, job.limit)?;
        if !self.read(job)? {
            return Ok(None);
        }
        let mut sequence: Vec<u32> = job.prompt.iter().map(|token| token.0 as u32).collect();
        let mut logits = Vec::new();
        let mut text = Utf8::default();
        for said in 1..=job.max_tokens {
            // Waits until the token before was taken.
            let Ok(permit) = runtime.block_on(job.pieces.reserve()) else { return Ok(None) };
            logits.clear();
            logits.extend_from_slice(self.logits()?);
            let drawn = job.sampler.draw(&mut logits, &sequence);
            let token = LlamaToken::new(drawn as i32);
            if self.model.vocab().is_eog(token) {
                let cut = text.finish();
                if !cut.is_empty() {
                    permit.send(Piece::Text(cut));
                }
                return Ok(Some(End { reason: FinishReason::Stop, unsaid: 1 }));
            }
            let mut piece = text.push(&tokens::bytes(self.model, token));
            if said == job.max_tokens {
                piece.push_str(&text.finish());
            }
            permit.send(Piece::Text(piece));
            if said < job.max_tokens {
                self.decode(&[token], sequence.len())?;
                sequence.push(drawn as u32);
            }
        }
        Ok(Some(End { reason: FinishReason::Length, unsaid: 0 }))
    }

    /// Reads the prompt, but for what is kept of its beginning; false when
    /// nobody waits for the answer any more.
    fn read(&mut self, job: &Asked) -> anyhow::Result<bool> {
        let mut read = self.kept.shared_with(&job.prompt);
        self.kept.forget();
        let context = self.context.as_mut().context(NO_CONTEXT)?;
        if context.kv_cache_seq_rm(SEQUENCE, Some(read as u32), None).is_err() {
            // Recurrent models can't go back to a place in their past.
            context.clear_kv_cache();
            read = 0;
        }
        while read < job.prompt.len() {
            if job.pieces.is_closed() {
                self.kept.keep(&job.prompt[..read]);
                return Ok(false);
            }
            let part = &job.prompt[read..job.prompt.len().min(read + PART)];
            self.decode(part, read)?;
            read += part.len();
        }
        self.kept.keep(&job.prompt);
        Ok(true)
    }

    /// Computes tokens that stand from `position` on in the sequence.
    fn decode(&mut self, tokens: &[LlamaToken], position: usize) -> anyhow::Result<()> {
        self.batch.clear();
        for (index, &token) in tokens.iter().enumerate() {
            let is_last = index + 1 == tokens.len();
            self.batch.add(token, (position + index) as i32, &[SEQUENCE], is_last)?;
        }
        let context = self.context.as_mut().context(NO_CONTEXT)?;
        context.decode(&mut self.batch).context("llama.cpp could not compute")
    }

    /// What the last token that was computed makes likely.
    fn logits(&self) -> anyhow::Result<&[f32]> {
        let context = self.context.as_ref().context(NO_CONTEXT)?;
        Ok(context.get_logits_ith(self.batch.n_tokens() - 1))
    }

    /// Takes a larger context when `tokens` need it, for some more of them but
    /// not beyond `limit`.
    fn make_room(&mut self, tokens: u32, limit: u32) -> anyhow::Result<()> {
        if self.context.as_ref().is_some_and(|context| tokens <= context.n_ctx()) {
            return Ok(());
        }
        self.kept.forget();
        // Before the larger one is there: there may be no memory for both.
        self.context = None;
        let grown = tokens.checked_next_power_of_two().unwrap_or(tokens);
        self.context = Some(context(self.backend, self.model, grown.min(limit))?);
        Ok(())
    }
}

fn context<'a>(
    backend: &LlamaBackend,
    model: &'a LlamaModel,
    tokens: u32,
) -> anyhow::Result<LlamaContext<'a>> {
    let threads = threads() as i32;
    let parameters = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(tokens))
        .with_n_batch(PART as u32)
        .with_n_ubatch(PART as u32)
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    model.new_context(backend, parameters).map_err(|error| {
        with_reason(anyhow!(error)).context(format!("no context of {tokens} tokens could be made"))
    })
}
