use crate::DataFolder;
use nopenai_domain::{Clock, Result};
use nopenai_inference::{Engine, EngineOptions};
use nopenai_models::Registry;
use nopenai_protocol::ElementType;
use nopenai_runtime::Launcher;
use nopenai_store::Store;
use std::{path::PathBuf, sync::Arc};
use tokio::sync::watch;

/// What the application is started with.
pub struct StudioOptions {
    /// Where everything is kept.
    pub data_folder: PathBuf,
    /// The worker's executable.
    pub worker: PathBuf,
    /// The type of activations; `Auto` but for measurements.
    pub element_type: ElementType,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

/// The running application; clones share it.
#[derive(Clone)]
pub struct Studio {
    shared: Arc<Shared>,
}

struct Shared {
    data: DataFolder,
    worker: PathBuf,
    registry: Registry,
    store: Store,
    engine: Engine,
    /// Counts changes of the history, so that windows know when to look again.
    history: watch::Sender<u64>,
}

impl Studio {
    /// Opens the data folder and composes the rooms. Blocks for the database's
    /// check and the first scan of the models folder; call it within a Tokio
    /// runtime.
    ///
    /// # Errors
    /// [`nopenai_domain::Code::AlreadyRunning`],
    /// [`nopenai_domain::Code::StoreUnavailable`] or
    /// [`nopenai_domain::Code::StoreRefused`].
    pub fn open(options: StudioOptions) -> Result<Self> {
        let data = DataFolder::open(&options.data_folder)?;
        let store = Store::open(&data.database(), options.clock)?;
        let registry = Registry::open(data.models());
        let engine = Engine::new(EngineOptions {
            registry: registry.clone(),
            store: store.clone(),
            launcher: Launcher::new(options.worker.clone()),
            element_type: options.element_type,
            // Six digits: what a person reads and types.
            draw_seed: || rand::random_range(0..1_000_000),
        });
        let history = watch::Sender::new(0);
        let worker = options.worker;
        let shared = Shared { data, worker, registry, store, engine, history };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Ends the runs under way and the engine's process.
    pub async fn shut_down(&self) {
        self.shared.engine.shut_down().await;
    }

    pub(crate) fn data(&self) -> &DataFolder {
        &self.shared.data
    }

    pub(crate) fn worker(&self) -> &std::path::Path {
        &self.shared.worker
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    pub(crate) fn store(&self) -> &Store {
        &self.shared.store
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.shared.engine
    }

    pub(crate) fn history_changed(&self) {
        self.shared.history.send_modify(|changes| *changes += 1);
    }

    pub(crate) fn history_changes(&self) -> watch::Receiver<u64> {
        self.shared.history.subscribe()
    }
}
