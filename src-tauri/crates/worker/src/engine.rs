//! The conversation with the studio: one task reads what it says, one writes
//! what is said to it, and each run has its own.

use crate::{generate, load, stdio};
use mistralrs::Model;
use nopenai_domain::{Code, Error, RunId};
use nopenai_protocol::{FromWorker, Reader, ToWorker, VERSION, Writer};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot};

/// How often the studio hears of this process's memory.
const MEMORY_INTERVAL: Duration = Duration::from_secs(2);

/// Where messages to the studio are put. Bounded: a studio that does not read
/// slows the engine down instead of filling its memory.
pub type Outbox = mpsc::Sender<FromWorker>;

/// Serves the studio until it hangs up.
pub async fn serve() -> anyhow::Result<()> {
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
    let (loaded, mut load_result) = oneshot::channel();
    let mut loaded = Some(loaded);
    let mut model: Option<Arc<Model>> = None;
    let mut cancels: HashMap<RunId, oneshot::Sender<()>> = HashMap::new();
    while let Some(message) = reader.next().await? {
        match message {
            ToWorker::Load { path, element_type } => {
                let Some(loaded) = loaded.take() else { continue };
                let outbox = outbox.clone();
                tokio::spawn(async move {
                    if let Some(model) = load::load(path, element_type, &outbox).await {
                        let _ = loaded.send(Arc::new(model));
                    }
                });
            }
            ToWorker::Generate { run, messages, parameters } => {
                if model.is_none() {
                    model = load_result.try_recv().ok();
                }
                let Some(model) = model.clone() else {
                    let error = Error::new(Code::EngineFailed, "The worker has no model loaded.");
                    outbox.send(FromWorker::Failed { run, error }).await?;
                    continue;
                };
                let (cancel, cancelled) = oneshot::channel();
                cancels.retain(|_, cancel| !cancel.is_closed());
                cancels.insert(run, cancel);
                let request = generate::Request { run, messages, parameters };
                tokio::spawn(generate::generate(model, request, cancelled, outbox.clone()));
            }
            ToWorker::Cancel { run } => {
                if let Some(cancel) = cancels.remove(&run) {
                    let _ = cancel.send(());
                }
            }
        }
    }
    Ok(())
}

async fn report_memory(outbox: Outbox) {
    let mut ticks = tokio::time::interval(MEMORY_INTERVAL);
    loop {
        ticks.tick().await;
        let Some(usage) = memory_stats::memory_stats() else { return };
        let bytes = usage.physical_mem as u64;
        if outbox.send(FromWorker::Memory { bytes }).await.is_err() {
            return;
        }
    }
}
