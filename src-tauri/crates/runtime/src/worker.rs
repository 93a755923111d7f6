use crate::launcher::Launcher;
use crate::replies::Replies;
use crate::runs::{Generation, Runs};
use nopenai_domain::{
    Code, Embedding, Error, LoadProgress, LoadStage, Parameters, Result, RunId, Runtime,
    TextLikelihood,
};
use nopenai_protocol::{
    Chat, ElementType, FromWorker, LoadedModel, ProcessMemory, Reader, ToWorker, VERSION, Writer,
};
use std::{
    collections::VecDeque,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    sync::{mpsc, watch},
    task::JoinHandle,
};

/// How long a worker may take to say its first word: usually a twentieth of a
/// second, but a large program that is not in the memory yet was seen to need
/// more than twenty on a busy machine. A load can be cancelled meanwhile.
const HELLO_TIMEOUT: Duration = Duration::from_secs(90);

/// How long a cancelled run may go on before its worker is killed: the engine
/// looks at a cancellation only between tokens, and a long prompt is read as
/// one step.
const CANCEL_GRACE: Duration = Duration::from_secs(3);

/// Lines of a worker's log that are kept to explain its end.
const LOG_LINES: usize = 20;

impl Launcher {
    /// Starts a worker of `runtime` and loads `model` into it. Dropping the
    /// future kills the worker: that is how a load is cancelled.
    ///
    /// # Errors
    /// [`Code::EngineFailed`] when the process can't be started or ends;
    /// [`Code::UnsupportedModel`] when the engine refuses the file.
    pub async fn start(
        &self,
        runtime: Runtime,
        model: &Path,
        element_type: ElementType,
        mut progress: impl FnMut(LoadProgress),
    ) -> Result<Worker> {
        let bytes_total = weight_bytes(model);
        progress(LoadProgress { stage: LoadStage::Starting, bytes_read: 0, bytes_total });
        let program = self.program(runtime)?;
        let mut process = spawn(program)?;
        let hello = tokio::time::timeout(HELLO_TIMEOUT, process.reader.next()).await;
        match hello {
            Ok(Ok(Some(FromWorker::Hello { version: VERSION }))) => {}
            Ok(Ok(Some(FromWorker::Hello { version }))) => {
                return Err(engine_failed(format!(
                    "The engine at {} speaks protocol {version}, and this application speaks \
                     {VERSION}: install both from the same package.",
                    program.display()
                )));
            }
            Err(_) => return Err(engine_failed("The engine's process did not answer.")),
            _ => return Err(process.death().await),
        }
        let load = ToWorker::Load { path: model.to_owned(), bytes_total, element_type };
        if process.writer.send(&load).await.is_err() {
            return Err(process.death().await);
        }
        loop {
            match process.reader.next().await {
                Ok(Some(FromWorker::LoadProgress(step))) => progress(step),
                Ok(Some(FromWorker::Loaded(loaded))) => {
                    return Ok(process.supervise(runtime, loaded));
                }
                Ok(Some(FromWorker::LoadFailed { error })) => return Err(error),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return Err(process.death().await),
            }
        }
    }
}

fn spawn(program: &Path) -> Result<Process> {
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A local folder can make the engine ask the hub: nothing leaves
        // this machine unless a download was asked for.
        .env("HF_HUB_OFFLINE", "1")
        // glibc gives every thread an arena, and what one frees another
        // doesn't use: with engines that come and go, memory grew for good.
        .env("MALLOC_ARENA_MAX", "2")
        // And it raises by itself from which size on a block goes back to the
        // system when it is freed: keys and values of an engine that had gone
        // stayed. Its first bound, set, is not raised.
        .env("MALLOC_MMAP_THRESHOLD_", "131072")
        // llama.cpp's threads wait for each other some hundred times a token,
        // spinning. OpenMP's default is to go on for milliseconds: with another
        // model at work on the same cores 1 token/s came of 100. So briefly, it
        // is as fast alone (docs/BENCHMARKS.md).
        .env("GOMP_SPINCOUNT", "300")
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            engine_failed(format!(
                "The engine at {} could not be started: {error}. Reinstall the application.",
                program.display()
            ))
        })?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
        return Err(Error::internal("the engine's process has no pipes"));
    };
    let log = Arc::new(Log::default());
    tokio::spawn(log.clone().follow(stderr));
    Ok(Process { child, reader: Reader::new(stdout), writer: Writer::new(stdin), log })
}

/// What a model's weights occupy on disk: a file, or the safetensors of a
/// folder.
fn weight_bytes(model: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(model) else {
        return std::fs::metadata(model).map_or(0, |file| file.len());
    };
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "safetensors"))
        .filter_map(|path| path.metadata().ok())
        .map(|file| file.len())
        .sum()
}

/// A started process, before its model is loaded.
struct Process {
    child: Child,
    reader: Reader<ChildStdout, FromWorker>,
    writer: Writer<ChildStdin, ToWorker>,
    log: Arc<Log>,
}

impl Process {
    /// Waits for the end that the closed pipe announced, and tells its reason.
    async fn death(mut self) -> Error {
        let _ = self.child.start_kill();
        let status = self.child.wait().await.ok();
        explain(status, &self.log)
    }

    fn supervise(self, runtime: Runtime, loaded: LoadedModel) -> Worker {
        let Self { child, reader, mut writer, log } = self;
        let process_id = child.id();
        let heard = Heard::default();
        let (memory, memory_seen) = watch::channel(loaded.memory);
        let (to_worker, mut outgoing) = mpsc::unbounded_channel();
        let (kill, killed) = watch::channel(false);
        tokio::spawn(async move {
            while let Some(message) = outgoing.recv().await {
                if writer.send(&message).await.is_err() {
                    break;
                }
            }
        });
        let supervisor = tokio::spawn(supervise(child, reader, killed, heard.clone(), memory, log));
        Worker {
            runtime,
            loaded,
            process_id,
            heard,
            to_worker,
            memory: memory_seen,
            kill: Arc::new(kill),
            supervisor: Arc::new(Mutex::new(Some(supervisor))),
        }
    }
}

/// Those who wait for what the worker says.
#[derive(Clone, Default)]
struct Heard {
    runs: Arc<Runs>,
    counts: Arc<Replies<u32>>,
    renders: Arc<Replies<String>>,
    embeddings: Arc<Replies<Vec<Embedding>>>,
    likelihoods: Arc<Replies<TextLikelihood>>,
}

/// Reads what the worker says until it ends, then ends its runs and counts.
async fn supervise(
    mut child: Child,
    mut reader: Reader<ChildStdout, FromWorker>,
    mut killed: watch::Receiver<bool>,
    heard: Heard,
    memory: watch::Sender<Option<ProcessMemory>>,
    log: Arc<Log>,
) {
    loop {
        let message = tokio::select! {
            message = reader.next() => message,
            _ = killed.wait_for(|wanted| *wanted) => Ok(None),
        };
        match message {
            Ok(Some(FromWorker::Memory(now))) => {
                memory.send_replace(Some(now));
            }
            Ok(Some(FromWorker::Counted { count, tokens })) => heard.counts.deliver(count, tokens),
            Ok(Some(FromWorker::Rendered { render, text })) => heard.renders.deliver(render, text),
            Ok(Some(FromWorker::Embedded { embed, embeddings })) => {
                heard.embeddings.deliver(embed, embeddings);
            }
            Ok(Some(FromWorker::Weighed { weigh, likelihood })) => {
                heard.likelihoods.deliver(weigh, likelihood);
            }
            Ok(Some(message)) => heard.runs.deliver(message),
            Ok(None) | Err(_) => break,
        }
    }
    // A worker that ended by itself is waited for, so that its own status is
    // the reason; one that hangs after closing its pipe is not.
    let wanted = *killed.borrow();
    let patience = if wanted { Duration::ZERO } else { Duration::from_millis(500) };
    let status = match tokio::time::timeout(patience, child.wait()).await {
        Ok(status) => status.ok(),
        Err(_) => {
            let _ = child.start_kill();
            child.wait().await.ok()
        }
    };
    heard.runs.end(explain(status, &log));
    heard.counts.end();
    heard.renders.end();
    heard.embeddings.end();
    heard.likelihoods.end();
}

/// A process with a loaded model; clones share it. It ends when the last clone
/// is dropped.
#[derive(Clone)]
pub struct Worker {
    runtime: Runtime,
    loaded: LoadedModel,
    process_id: Option<u32>,
    heard: Heard,
    to_worker: mpsc::UnboundedSender<ToWorker>,
    memory: watch::Receiver<Option<ProcessMemory>>,
    kill: Arc<watch::Sender<bool>>,
    supervisor: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Worker {
    /// What computes in it.
    pub fn runtime(&self) -> Runtime {
        self.runtime
    }

    /// The model in it.
    pub fn loaded(&self) -> &LoadedModel {
        &self.loaded
    }

    /// The operating system's identifier of the process.
    pub fn process_id(&self) -> Option<u32> {
        self.process_id
    }

    /// Memory of the process, as it last reported. The channel closes when the
    /// process has ended.
    pub fn memory(&self) -> watch::Receiver<Option<ProcessMemory>> {
        self.memory.clone()
    }

    /// Whether the process has not ended.
    pub fn is_alive(&self) -> bool {
        self.memory.has_changed().is_ok()
    }

    /// Whether both are the same process.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.heard.runs, &other.heard.runs)
    }

    /// Why the process ended; meaningful once [`Worker::memory`] has closed.
    pub fn death(&self) -> Error {
        self.heard.runs.death()
    }

    /// Starts a run. Its events end in exactly one `Finished` or `Failed`.
    pub fn generate(&self, run: RunId, chat: Chat, parameters: Parameters) -> Generation {
        let generation = self.heard.runs.open(run);
        let _ = self.to_worker.send(ToWorker::Generate { run, chat, parameters });
        generation
    }

    /// How many tokens `chat` would be sent as, chat template included.
    ///
    /// # Errors
    /// [`Code::InvalidInput`] when the template is none or refuses it;
    /// [`Code::EngineFailed`] when the process has ended.
    pub async fn count(&self, chat: Chat) -> Result<u32> {
        let (count, replied) = self.heard.counts.open();
        let _ = self.to_worker.send(ToWorker::Count { count, chat });
        replied.await.unwrap_or_else(|_| Err(self.death()))
    }

    /// The text `chat` would be sent as, before it becomes tokens.
    ///
    /// # Errors
    /// As [`Worker::count`].
    pub async fn render(&self, chat: Chat) -> Result<String> {
        let (render, replied) = self.heard.renders.open();
        let _ = self.to_worker.send(ToWorker::Render { render, chat });
        replied.await.unwrap_or_else(|_| Err(self.death()))
    }

    /// Points for texts, after the run that is under way.
    ///
    /// # Errors
    /// [`Code::UnsupportedModel`] when the runtime gives none;
    /// [`Code::EngineFailed`] when it can't, or its process has ended.
    pub async fn embed(&self, texts: Vec<String>) -> Result<Vec<Embedding>> {
        let (embed, replied) = self.heard.embeddings.open();
        let _ = self.to_worker.send(ToWorker::Embed { embed, texts });
        replied.await.unwrap_or_else(|_| Err(self.death()))
    }

    /// How likely a text is, after the run that is under way.
    ///
    /// # Errors
    /// As [`Worker::embed`].
    pub async fn weigh(&self, text: String) -> Result<TextLikelihood> {
        let (weigh, replied) = self.heard.likelihoods.open();
        let _ = self.to_worker.send(ToWorker::Weigh { weigh, text });
        replied.await.unwrap_or_else(|_| Err(self.death()))
    }

    /// Stops a run: within one token while it generates; by ending the whole
    /// worker when it does not react, as while a long prompt is being read.
    pub fn cancel(&self, run: RunId) {
        if !self.heard.runs.cancel(run) {
            return;
        }
        let _ = self.to_worker.send(ToWorker::Cancel { run });
        let worker = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(CANCEL_GRACE).await;
            if worker.heard.runs.is_open(run) {
                worker.kill.send_replace(true);
            }
        });
    }

    /// Ends the process and returns when its memory is free again.
    pub async fn stop(&self) {
        self.kill.send_replace(true);
        let supervisor = self.supervisor.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(supervisor) = supervisor {
            let _ = supervisor.await;
        }
    }
}

/// The last lines of a worker's standard error.
#[derive(Default)]
struct Log {
    lines: Mutex<VecDeque<String>>,
}

impl Log {
    async fn follow(self: Arc<Self>, stderr: ChildStderr) {
        let mut lines = BufReader::new(stderr).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            tracing::info!(target: "worker", "{line}");
            let mut kept = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == LOG_LINES {
                kept.pop_front();
            }
            kept.push_back(line);
        }
    }

    fn text(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

fn explain(status: Option<ExitStatus>, log: &Log) -> Error {
    let how = status.map_or("in an unknown way".to_owned(), |status| in_words(&status));
    engine_failed(format!("The engine's process ended {how}. The next run starts a new one."))
        .with("log", log.text())
}

#[cfg(unix)]
fn in_words(status: &ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.signal(), status.code()) {
        (Some(9), _) => {
            "because it was killed (signal 9), by hand or for lack of memory".to_owned()
        }
        (Some(signal), _) => format!("by signal {signal}"),
        (None, Some(code)) => format!("with exit code {code}"),
        (None, None) => "in an unknown way".to_owned(),
    }
}

#[cfg(not(unix))]
fn in_words(status: &ExitStatus) -> String {
    format!("with {status}")
}

fn engine_failed(message: impl Into<String>) -> Error {
    Error::new(Code::EngineFailed, message)
}
