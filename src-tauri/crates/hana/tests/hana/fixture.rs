//! Workstations of the tests.

use nopenai_domain::{
    CacheUse, Clock, FinishReason, Measures, Mode, ModeId, ModelId, Outcome, ParameterOverrides,
    Parameters, Run, RunId, Runtime, SystemClock, Timestamp,
};
use nopenai_hana::{
    Backoff,
    sync::{Cycle, Engine, Server, Step, SyncError},
};
use nopenai_store::{
    Schema, Store,
    sync::{SyncedTable, TABLES, Value},
};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tempfile::{TempDir, tempdir, tempdir_in};
use tokio_util::sync::CancellationToken;

/// A clock that is wrong by so much, and can be set.
#[derive(Default)]
pub struct Skewed(pub AtomicI64);

impl Clock for Skewed {
    fn now(&self) -> Timestamp {
        Timestamp(SystemClock.now().0 + self.0.load(Ordering::Relaxed))
    }
}

/// A person's application.
pub struct Workstation {
    pub store: Store,
    pub clock: Arc<Skewed>,
    pub folder: TempDir,
}

pub const SOON: Backoff =
    Backoff { first: Duration::from_millis(20), longest: Duration::from_millis(200), attempts: 4 };

impl Workstation {
    pub fn new() -> Self {
        // Many of them, each with many commits: in memory where that can be.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempdir_in(memory) } else { tempdir() }.unwrap();
        let clock = Arc::new(Skewed::default());
        let store = Store::open(&folder.path().join("studio.db"), clock.clone()).unwrap();
        Self { store, clock, folder }
    }

    /// The application of a data folder that is kept.
    pub fn at(folder: &Path) -> Self {
        let clock = Arc::new(Skewed::default());
        let store = Store::open(&folder.join("studio.db"), clock.clone()).unwrap();
        Self { store, clock, folder: tempdir().unwrap() }
    }

    /// Ends the application and starts it again.
    pub fn reopen(&mut self) {
        self.reopen_as(Schema::CURRENT);
    }

    /// Ends the application and starts another version of it.
    pub fn reopen_as(&mut self, schema: Schema) {
        let path = self.folder.path().join("studio.db");
        let unused = self.folder.path().join("unused.db");
        self.store = Store::open(&unused, self.clock.clone()).unwrap();
        self.store = Store::open_as(&path, self.clock.clone(), schema).unwrap();
        std::fs::remove_file(unused).unwrap();
    }

    pub async fn sync(&self, server: &Arc<dyn Server>) -> Result<Cycle, SyncError> {
        let engine = Engine::new(self.store.clone(), server.clone(), SOON);
        engine.cycle(&CancellationToken::new(), &|_| {}).await
    }

    pub async fn save_mode(&self, id: &str, name: &str) {
        self.store.modes().save(a_mode(id, name)).await.unwrap();
    }

    /// Stops at the first step that moves rows; gives how many.
    pub async fn sync_until_the_first_step(&self, server: &Arc<dyn Server>) -> u64 {
        let engine = Engine::new(self.store.clone(), server.clone(), SOON);
        let (cancel, moved) = (CancellationToken::new(), AtomicI64::new(0));
        let on_step = |step: Step| {
            if let Step::Pushed(rows) | Step::Pulled(rows) = step {
                moved.fetch_add(rows as i64, Ordering::Relaxed);
                cancel.cancel();
            }
        };
        let stopped = engine.cycle(&cancel, &on_step).await;
        assert!(matches!(stopped, Err(SyncError::Cancelled)));
        moved.load(Ordering::Relaxed) as u64
    }

    pub async fn record(&self, prompt: &str, answer: &str) -> RunId {
        let run = a_run(self.store.clock().now().0, prompt, answer);
        self.store.history().start(Run { outcome: Outcome::Running, ..run.clone() }).await.unwrap();
        self.store.history().finish(run.clone()).await.unwrap();
        run.id
    }

    /// Everything that is for others.
    pub async fn contents(&self) -> Contents {
        let mut contents = Contents::new();
        for table in TABLES {
            let rows = self.store.sync().contents(table).await.unwrap();
            contents.push((table, rows));
        }
        contents
    }
}

pub type Contents = Vec<(&'static SyncedTable, Vec<(String, Vec<Value>)>)>;

pub fn a_mode(id: &str, name: &str) -> Mode {
    Mode {
        id: ModeId(id.to_owned()),
        name: name.to_owned(),
        description: String::new(),
        model: None,
        parameters: ParameterOverrides::default(),
        shipped: false,
        changed: false,
    }
}

pub fn a_run(at: i64, prompt: &str, answer: &str) -> Run {
    Run {
        id: RunId::generate(),
        started_at: Timestamp(at),
        model: ModelId("folder/model.gguf".to_owned()),
        model_name: "A model".to_owned(),
        prompt: prompt.to_owned(),
        answer: answer.to_owned(),
        parameters: Parameters::default(),
        outcome: Outcome::Completed,
        finish_reason: Some(FinishReason::Stop),
        error: None,
        measures: Measures {
            total_ms: Some(812.500_000_1),
            ttft_ms: Some(0.1 + 0.2),
            tokens_per_s: Some(41.25),
            tokens_in: Some(42),
            tokens_out: Some(30),
            cache: Some(CacheUse::Miss),
        },
        mode: None,
        streamed: true,
        cost: None,
        rating: None,
        tags: Vec::new(),
        runtime: Some(Runtime::LlamaCpp),
        chat: None,
        context: None,
        chat_template: Some("{{ messages }}".to_owned()),
        likelihoods: Some(Vec::new()),
        remote: None,
    }
}
