use crate::{
    DataFolder, Environment, ExportFormat,
    background::{self, facts},
    evaluations::Evaluating,
    export,
    remote::Removed,
    tasks::{TaskKind, Tasks},
    team::Team,
};
use futures::executor::block_on;
use nopenai_domain::{
    Clock, Code, Error, Level, ModelId, Notice, Outcome, Result, Run, RunQuery, RuntimeSpeed,
    Settings, Subject, Timestamp, Topic,
};
use nopenai_experiments::evaluation::keep_shipped;
use nopenai_inference::{Engine, EngineOptions, Modes, Requantized, WeightForm};
use nopenai_models::{Downloads, Hub, ImportMethod, Model, Registry, elsewhere::Surroundings};
use nopenai_observability::Notifications;
use nopenai_protocol::ElementType;
use nopenai_remote::{Patience, Remote};
use nopenai_runtime::Launcher;
use nopenai_secrets::Secrets;
use nopenai_store::Store;
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Weak},
};
use tokio::sync::watch;

/// What the application is started with.
pub struct StudioOptions {
    /// Where everything is kept.
    pub data_folder: PathBuf,
    /// The workers' executables.
    pub launcher: Launcher,
    /// The type of activations; `Auto` but for measurements.
    pub element_type: ElementType,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// What the machine and whoever starts it decide.
    pub environment: Environment,
}

/// What the keyring knows the application by.
const SERVICE: &str = "nopenai-studio";

/// The running application; clones share it.
#[derive(Clone)]
pub struct Studio {
    shared: Arc<Shared>,
}

/// A studio, for as long as others keep it open.
pub(crate) struct WeakStudio(Weak<Shared>);

impl WeakStudio {
    /// The studio, while it is open.
    pub fn upgrade(&self) -> Option<Studio> {
        Some(Studio { shared: self.0.upgrade()? })
    }
}

struct Shared {
    data: DataFolder,
    launcher: Launcher,
    registry: Registry,
    hub: Hub,
    downloads: Downloads,
    surroundings: Surroundings,
    remote: Remote,
    removed: Removed,
    store: Store,
    engine: Engine,
    modes: Modes,
    notifications: Notifications,
    tasks: Tasks,
    evaluating: Evaluating,
    team: Arc<Team>,
    settings: watch::Sender<Settings>,
    /// Counts changes of the history, so that windows know when to look again.
    history: watch::Sender<u64>,
    /// The same of the conversations.
    chats: watch::Sender<u64>,
}

impl Studio {
    /// Opens the data folder and composes the rooms. Blocks for the database's
    /// check and the first scan of the models folder; call it within a Tokio
    /// runtime.
    ///
    /// # Errors
    /// [`Code::AlreadyRunning`], [`Code::StoreUnavailable`] or
    /// [`Code::StoreRefused`].
    pub fn open(options: StudioOptions) -> Result<Self> {
        let data = DataFolder::open(&options.data_folder)?;
        let store = Store::open(&data.database(), options.clock)?;
        block_on(keep_shipped(&store))?;
        let settings = block_on(store.settings().get())?;
        let folder = models_folder(&data, &settings);
        let registry = block_on(Registry::open(folder, store.clone()))?;
        let Environment { hub, patience, secrets, surroundings } = options.environment;
        let secrets = Secrets::new(secrets, SERVICE);
        let hub = Hub::new(hub.as_deref(), secrets.clone(), patience);
        let remote = Remote::new(secrets.clone(), Patience::default());
        let team = Arc::new(Team::new(secrets, surroundings.home.clone()));
        let downloads = Downloads::open(registry.clone(), hub.clone());
        let engine = Engine::new(EngineOptions {
            registry: registry.clone(),
            store: store.clone(),
            launcher: options.launcher.clone(),
            remote: remote.clone(),
            element_type: options.element_type,
            // Six digits: what a person reads and types.
            draw_seed: || rand::random_range(0..1_000_000),
        });
        let shared = Shared {
            data,
            launcher: options.launcher,
            registry,
            hub,
            downloads,
            surroundings,
            remote,
            removed: Removed::default(),
            modes: engine.modes().clone(),
            notifications: Notifications::new(store.clone()),
            engine,
            tasks: Tasks::default(),
            evaluating: Evaluating::default(),
            team,
            settings: watch::Sender::new(settings),
            history: watch::Sender::new(0),
            chats: watch::Sender::new(0),
            store,
        };
        let studio = Self { shared: Arc::new(shared) };
        studio.engine().set_budget(studio.shared.settings.borrow().memory_budget_bytes);
        background::start(&studio);
        block_on(studio.notify_migration());
        Ok(studio)
    }

    /// Ends the runs under way and the engine's process.
    pub async fn shut_down(&self) {
        self.evaluating().end();
        self.team().cancel();
        self.shared.engine.shut_down().await;
    }

    /// Unloads the models that nobody has used since `moment` and that are not
    /// pinned.
    pub async fn unload_unused_since(&self, moment: Timestamp) {
        self.engine().unload_unused_since(moment).await;
    }

    pub(crate) fn data(&self) -> &DataFolder {
        &self.shared.data
    }

    pub(crate) fn launcher(&self) -> &Launcher {
        &self.shared.launcher
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.shared.hub
    }

    pub(crate) fn downloads(&self) -> &Downloads {
        &self.shared.downloads
    }

    /// Where other applications keep their models.
    pub(crate) fn surroundings(&self) -> &Surroundings {
        &self.shared.surroundings
    }

    /// Who asks the models that answer elsewhere.
    pub(crate) fn remote(&self) -> &Remote {
        &self.shared.remote
    }

    pub(crate) fn removed(&self) -> &Removed {
        &self.shared.removed
    }

    pub(crate) fn store(&self) -> &Store {
        &self.shared.store
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.shared.engine
    }

    pub(crate) fn modes(&self) -> &Modes {
        &self.shared.modes
    }

    pub(crate) fn notifications(&self) -> &Notifications {
        &self.shared.notifications
    }

    pub(crate) fn tasks(&self) -> &Tasks {
        &self.shared.tasks
    }

    pub(crate) fn evaluating(&self) -> &Evaluating {
        &self.shared.evaluating
    }

    pub(crate) fn team(&self) -> &Arc<Team> {
        &self.shared.team
    }

    /// What doesn't keep the application open.
    pub(crate) fn downgrade(&self) -> WeakStudio {
        WeakStudio(Arc::downgrade(&self.shared))
    }

    /// Rows came from elsewhere: whoever shows some looks again.
    pub(crate) fn rows_came(&self) {
        self.history_changed();
        self.modes().changed();
        self.evaluating().changed();
    }

    pub(crate) fn settings(&self) -> watch::Receiver<Settings> {
        self.shared.settings.subscribe()
    }

    /// Where models are looked for.
    pub(crate) fn models_folder(&self) -> PathBuf {
        models_folder(self.data(), &self.shared.settings.borrow())
    }

    /// Keeps the settings and lets them take effect.
    pub(crate) async fn change_settings(&self, settings: Settings) -> Result<Settings> {
        settings.validate()?;
        self.modes().get(&settings.default_mode).await.map_err(|_| {
            Error::invalid("default_mode", "There is no such mode: choose another.")
        })?;
        let folder = models_folder(self.data(), &settings);
        if !folder.is_absolute() || !folder.is_dir() {
            let message = format!("{} is no folder: choose another.", folder.display());
            return Err(Error::invalid("models_folder", message));
        }
        self.store().settings().set(settings.clone()).await?;
        if folder != self.models_folder() {
            self.downloads().set_folder(&folder);
            self.registry().set_folder(folder);
        }
        self.engine().set_budget(settings.memory_budget_bytes);
        self.shared.settings.send_replace(settings.clone());
        Ok(settings)
    }

    pub(crate) fn history_changed(&self) {
        self.shared.history.send_modify(|changes| *changes += 1);
    }

    pub(crate) fn history_changes(&self) -> watch::Receiver<u64> {
        self.shared.history.subscribe()
    }

    pub(crate) fn chats_changed(&self) {
        self.shared.chats.send_modify(|changes| *changes += 1);
    }

    pub(crate) fn chats_changes(&self) -> watch::Receiver<u64> {
        self.shared.chats.subscribe()
    }

    /// Brings a model in, as work under way whose end is notified.
    pub(crate) async fn import_model(
        &self,
        path: &Path,
        name: Option<&str>,
        method: ImportMethod,
    ) -> Result<Model> {
        let own = || path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let subject = name.map_or_else(own, str::to_owned);
        let task = self.tasks().begin(TaskKind::ImportModel, subject, self.store().clock().now());
        let progress = |done, total| task.progress(done, Some(total));
        let imported = self.registry().import(path, name, method, progress, &task.cancel).await;
        match &imported {
            Ok(model) => {
                let subject = Some(Subject::Model { model: model.id.clone() });
                let facts = facts([("model", model.name.clone().into())]);
                self.notify(Level::Info, Topic::ModelImported, facts, subject).await;
            }
            Err(error) => self.notify_file(Topic::ImportFailed, path, error).await,
        }
        imported
    }

    /// Writes runs to a file, as work under way whose end is notified.
    pub(crate) async fn export(
        &self,
        query: RunQuery,
        format: ExportFormat,
        path: &Path,
    ) -> Result<u64> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let task = self.tasks().begin(TaskKind::ExportRuns, name, self.store().clock().now());
        let exported = export::export(self.store(), query, format, path, Arc::new(task)).await;
        match &exported {
            Ok(rows) => {
                let shown = path.display().to_string();
                let facts = facts([("rows", (*rows).into()), ("path", shown.clone().into())]);
                let subject = Some(Subject::File { path: shown });
                self.notify(Level::Info, Topic::RunsExported, facts, subject).await;
            }
            Err(error) => self.notify_file(Topic::ExportFailed, path, error).await,
        }
        exported
    }

    /// Times the runtimes with a model, as work under way.
    pub(crate) async fn measure_runtimes(&self, model: &ModelId) -> Result<Vec<RuntimeSpeed>> {
        let name = self.registry().get(model)?.name;
        let task = self.tasks().begin(TaskKind::MeasureRuntimes, name, self.store().clock().now());
        let progress = |done, total| task.progress(done, Some(total));
        self.engine().measure_runtimes(model, progress, &task.cancel).await
    }

    /// Writes a model in another form, as work under way whose end is notified.
    pub(crate) async fn requantize(
        &self,
        model: &ModelId,
        form: WeightForm,
    ) -> Result<Requantized> {
        let name = self.registry().get(model)?.name;
        let now = self.store().clock().now();
        let task = self.tasks().begin(TaskKind::RequantizeModel, name.clone(), now);
        let progress = |done, total| task.progress(done, Some(total));
        let written = self.engine().requantize(model, form, progress, &task.cancel).await?;
        let facts = facts([
            ("model", name.into()),
            ("form", form.name().into()),
            ("before", format!("{:.2}", written.perplexity_before).into()),
            ("after", format!("{:.2}", written.perplexity_after).into()),
        ]);
        let subject = Some(Subject::Model { model: model.clone() });
        self.notify(Level::Info, Topic::ModelRequantized, facts, subject).await;
        Ok(written)
    }

    /// Notifies of a run that failed; a stopped one was meant to.
    pub(crate) async fn notify_failure(&self, run: &Run) {
        if run.outcome != Outcome::Failed {
            return;
        }
        let reason = run.error.as_ref().map(|error| error.message.clone()).unwrap_or_default();
        let facts = facts([("model", run.model_name.clone().into()), ("reason", reason.into())]);
        let subject = Some(Subject::Run { run: run.id });
        self.notify(Level::Error, Topic::RunFailed, facts, subject).await;
    }

    async fn notify_migration(&self) {
        if let Some(migrated) = self.store().migrated() {
            let path = migrated.backup.display().to_string();
            let facts = facts([("path", path.clone().into())]);
            let subject = Some(Subject::File { path });
            self.notify(Level::Info, Topic::StoreMigrated, facts, subject).await;
        }
    }

    async fn notify_file(&self, topic: Topic, path: &Path, error: &Error) {
        if error.code == Code::Cancelled {
            return;
        }
        let path = path.display().to_string();
        let facts = facts([("path", path.into()), ("reason", error.message.clone().into())]);
        self.notify(Level::Error, topic, facts, None).await;
    }

    async fn notify(
        &self,
        level: Level,
        topic: Topic,
        facts: serde_json::Map<String, Value>,
        subject: Option<Subject>,
    ) {
        self.notifications().post(Notice { level, topic, facts, subject }).await;
    }
}

fn models_folder(data: &DataFolder, settings: &Settings) -> PathBuf {
    settings.models_folder.as_ref().map_or_else(|| data.models(), PathBuf::from)
}
