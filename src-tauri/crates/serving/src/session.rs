//! The conversation with the studio: one task reads what it says, one writes
//! what is said to it, and each run has its own.

use crate::{Engine, answer, load, memory, stdio};
use nopenai_domain::{Code, Error, RunId};
use nopenai_protocol::{Chat, FromWorker, Reader, ToWorker, VERSION, Writer};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot};

/// How often the studio hears of this process's memory.
const MEMORY_INTERVAL: Duration = Duration::from_secs(2);

/// Where messages to the studio are put. Bounded: a studio that does not read
/// slows the engine down instead of filling its memory.
pub type Outbox = mpsc::Sender<FromWorker>;

/// Serves the studio until it hangs up.
pub async fn serve<E: Engine>() -> anyhow::Result<()> {
    let mut writer = Writer::new(stdio::take_output()?);
    let (outbox, mut outgoing) = mpsc::channel::<FromWorker>(256);
    tokio::spawn(async move {
        while let Some(message) = outgoing.recv().await {
            if writer.send(&message).await.is_err() {
                break;
            }
        }
    });
    outbox.send(FromWorker::Hello { version: VERSION }).await?;
    tokio::spawn(report_memory(outbox.clone()));

    let mut reader = Reader::<_, ToWorker>::new(stdio::input());
    let mut session = Session::<E>::new(outbox);
    while let Some(message) = reader.next().await? {
        session.hear(message);
    }
    Ok(())
}

/// What goes on in this process.
struct Session<E> {
    outbox: Outbox,
    /// Taken by the one load there is.
    loaded: Option<oneshot::Sender<Arc<E>>>,
    load_result: oneshot::Receiver<Arc<E>>,
    engine: Option<Arc<E>>,
    cancels: HashMap<RunId, oneshot::Sender<()>>,
}

impl<E: Engine> Session<E> {
    fn new(outbox: Outbox) -> Self {
        let (loaded, load_result) = oneshot::channel();
        let cancels = HashMap::new();
        Self { outbox, loaded: Some(loaded), load_result, engine: None, cancels }
    }

    /// Begins what is asked for; its end is told later.
    fn hear(&mut self, message: ToWorker) {
        match message {
            ToWorker::Load { path, bytes_total, element_type } => {
                let Some(loaded) = self.loaded.take() else { return };
                let outbox = self.outbox.clone();
                tokio::spawn(async move {
                    let engine = load::load::<E>(path, bytes_total, element_type, &outbox).await;
                    if let Some(engine) = engine {
                        let _ = loaded.send(Arc::new(engine));
                    }
                });
            }
            ToWorker::Generate { run, chat, parameters } => {
                let Some(engine) = self.engine() else {
                    self.reply(FromWorker::Failed { run, error: nothing_loaded() });
                    return;
                };
                let cancelled = self.cancellation(run);
                let outbox = self.outbox.clone();
                tokio::spawn(answer::answer(engine, run, chat, parameters, cancelled, outbox));
            }
            ToWorker::Cancel { run } => {
                if let Some(cancel) = self.cancels.remove(&run) {
                    let _ = cancel.send(());
                }
            }
            ToWorker::Count { count, chat } => self.count(count, chat),
            ToWorker::Render { render, chat } => self.render(render, chat),
            ToWorker::Embed { embed, texts } => self.embed(embed, texts),
            ToWorker::Weigh { weigh, text } => self.weigh(weigh, text),
        }
    }

    /// What hears that the run's end is wanted.
    fn cancellation(&mut self, run: RunId) -> oneshot::Receiver<()> {
        let (cancel, cancelled) = oneshot::channel();
        self.cancels.retain(|_, cancel| !cancel.is_closed());
        self.cancels.insert(run, cancel);
        cancelled
    }

    fn count(&mut self, count: u64, chat: Chat) {
        let Some(engine) = self.engine() else {
            self.reply(FromWorker::Counted { count, tokens: Err(nothing_loaded()) });
            return;
        };
        let outbox = self.outbox.clone();
        tokio::spawn(async move {
            let tokens = engine.count(&chat).await;
            let _ = outbox.send(FromWorker::Counted { count, tokens }).await;
        });
    }

    fn render(&mut self, render: u64, chat: Chat) {
        let Some(engine) = self.engine() else {
            self.reply(FromWorker::Rendered { render, text: Err(nothing_loaded()) });
            return;
        };
        let outbox = self.outbox.clone();
        tokio::spawn(async move {
            let text = engine.render(&chat).await;
            let _ = outbox.send(FromWorker::Rendered { render, text }).await;
        });
    }

    fn embed(&mut self, embed: u64, texts: Vec<String>) {
        let Some(engine) = self.engine() else {
            self.reply(FromWorker::Embedded { embed, embeddings: Err(nothing_loaded()) });
            return;
        };
        let outbox = self.outbox.clone();
        tokio::spawn(async move {
            let embeddings = engine.embed(texts).await;
            let _ = outbox.send(FromWorker::Embedded { embed, embeddings }).await;
        });
    }

    fn weigh(&mut self, weigh: u64, text: String) {
        let Some(engine) = self.engine() else {
            self.reply(FromWorker::Weighed { weigh, likelihood: Err(nothing_loaded()) });
            return;
        };
        let outbox = self.outbox.clone();
        tokio::spawn(async move {
            let likelihood = engine.weigh(text).await;
            let _ = outbox.send(FromWorker::Weighed { weigh, likelihood }).await;
        });
    }

    fn engine(&mut self) -> Option<Arc<E>> {
        if self.engine.is_none() {
            self.engine = self.load_result.try_recv().ok();
        }
        self.engine.clone()
    }

    fn reply(&self, message: FromWorker) {
        let outbox = self.outbox.clone();
        tokio::spawn(async move { outbox.send(message).await });
    }
}

fn nothing_loaded() -> Error {
    Error::new(Code::EngineFailed, "The worker has no model loaded.")
}

async fn report_memory(outbox: Outbox) {
    let mut ticks = tokio::time::interval(MEMORY_INTERVAL);
    loop {
        ticks.tick().await;
        let Some(memory) = memory::of_process() else { return };
        if outbox.send(FromWorker::Memory(memory)).await.is_err() {
            return;
        }
    }
}
