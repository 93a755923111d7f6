//! The application itself: what it is, and what changes in it.

use crate::{
    Studio, SyncStatus, Task, diagnostics,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
};
use nopenai_domain::{Notification, Result, Settings};
use nopenai_inference::EngineStatus;
use nopenai_models::{Download, ModelList};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use tokio::sync::broadcast::error::RecvError;

/// How often a watcher that hears nothing is looked after.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The operations of this module.
pub const ALL: &[Entry] =
    &[Entry::of::<ReadApplicationInfo>(), Entry::of::<ReadDiagnostics>(), Entry::of::<Watch>()];

/// What the application is and where it keeps things.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ApplicationInfo {
    /// The product's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The folder with everything it keeps.
    pub data_folder: String,
    /// The folder with the models.
    pub models_folder: String,
    /// The database's file.
    pub database_file: String,
    /// The version of the database's schema.
    pub schema_version: u32,
    /// The version of SQLite.
    pub sqlite_version: String,
    /// The engines' executables, a comma between them.
    pub worker: String,
    /// Processor and system it was built for.
    pub target: String,
}

/// Tells what the application is and where it keeps things.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ReadApplicationInfo {}

impl Operation for ReadApplicationInfo {
    const NAME: &'static str = "application_info";
    const ROUTE: Route = Route { method: Method::Get, path: "/application" };
    type Event = NoEvents;
    type Output = ApplicationInfo;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<ApplicationInfo> {
        let data = studio.data();
        Ok(ApplicationInfo {
            name: "nOpenai Studio".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data_folder: data.path().display().to_string(),
            models_folder: studio.models_folder().display().to_string(),
            database_file: data.database().display().to_string(),
            schema_version: nopenai_store::latest_version(),
            sqlite_version: nopenai_store::sqlite_version().to_owned(),
            worker: workers(&studio),
            target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        })
    }
}

fn workers(studio: &Studio) -> String {
    let programs = studio.launcher().programs().values();
    programs.map(|program| program.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// A report for whoever helps.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Diagnostics {
    /// Plain text in lines.
    pub text: String,
}

/// Describes the application, the machine, the settings and the models, for
/// whoever helps. No prompt, no answer, no secret; the home folder is written
/// as `~`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ReadDiagnostics {}

impl Operation for ReadDiagnostics {
    const NAME: &'static str = "diagnostics";
    const ROUTE: Route = Route { method: Method::Get, path: "/diagnostics" };
    type Event = NoEvents;
    type Output = Diagnostics;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Diagnostics> {
        Ok(Diagnostics { text: diagnostics::report(&studio).await? })
    }
}

/// Something that changed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// What the engine is doing.
    Engine {
        /// As it is now.
        engine: EngineStatus,
    },
    /// The models there are.
    Models {
        /// As they are now.
        models: ModelList,
    },
    /// The history has other rows than before: look again.
    History,
    /// There are other conversations, or messages in them, than before: look
    /// again.
    Chats,
    /// Prompt sets or evaluations are others than before: look again.
    Evaluations,
    /// The long work under way.
    Tasks {
        /// As it is now.
        tasks: Vec<Task>,
    },
    /// The models on their way.
    Downloads {
        /// As they are now.
        downloads: Vec<Download>,
    },
    /// What is set for the whole application.
    Settings {
        /// As it is now.
        settings: Settings,
    },
    /// There are other modes than before: look again.
    Modes,
    /// How the exchange with the team's database goes.
    Sync {
        /// As it is now.
        sync: SyncStatus,
    },
    /// How many notifications are unread.
    Unread {
        /// So many.
        unread: u64,
    },
    /// A notification has come.
    Notification {
        /// The notification.
        notification: Notification,
    },
    /// Nothing changed for a while.
    Heartbeat,
}

/// Streams what changes, starting with everything but the history as it is.
/// Ends when nobody listens any more.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Watch {}

impl Operation for Watch {
    const NAME: &'static str = "watch";
    const ROUTE: Route = Route { method: Method::Get, path: "/changes" };
    type Event = Change;
    type Output = ();

    async fn run(self, studio: Studio, events: Events<Change>) -> Result<()> {
        let mut engine = studio.engine().subscribe();
        let mut models = studio.registry().subscribe();
        let mut history = studio.history_changes();
        let mut chats = studio.chats_changes();
        let mut evaluations = studio.evaluating().changes();
        let mut tasks = studio.tasks().subscribe();
        let mut downloads = studio.downloads().subscribe();
        let mut settings = studio.settings();
        let mut modes = studio.modes().changes();
        let mut sync = studio.team().subscribe();
        let mut unread = studio.notifications().unread();
        let mut posted = studio.notifications().posted();
        engine.mark_changed();
        models.mark_changed();
        tasks.mark_changed();
        downloads.mark_changed();
        settings.mark_changed();
        sync.mark_changed();
        unread.mark_changed();
        loop {
            let change = tokio::select! {
                changed = engine.changed() => changed.map(|()| Change::Engine {
                    engine: engine.borrow_and_update().clone(),
                }),
                changed = models.changed() => changed.map(|()| Change::Models {
                    models: ModelList::clone(&Arc::clone(&models.borrow_and_update())),
                }),
                changed = history.changed() => changed.map(|()| Change::History),
                changed = chats.changed() => changed.map(|()| Change::Chats),
                changed = evaluations.changed() => changed.map(|()| Change::Evaluations),
                changed = tasks.changed() => changed.map(|()| Change::Tasks {
                    tasks: tasks.borrow_and_update().clone(),
                }),
                changed = downloads.changed() => changed.map(|()| Change::Downloads {
                    downloads: downloads.borrow_and_update().clone(),
                }),
                changed = settings.changed() => changed.map(|()| Change::Settings {
                    settings: settings.borrow_and_update().clone(),
                }),
                changed = modes.changed() => changed.map(|()| Change::Modes),
                changed = sync.changed() => changed.map(|()| Change::Sync {
                    sync: sync.borrow_and_update().clone(),
                }),
                changed = unread.changed() => changed.map(|()| Change::Unread {
                    unread: *unread.borrow_and_update(),
                }),
                notification = posted.recv() => match notification {
                    Ok(notification) => Ok(Change::Notification { notification }),
                    // What was missed is in the list all the same.
                    Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => return Ok(()),
                },
                () = tokio::time::sleep(HEARTBEAT) => Ok(Change::Heartbeat),
            };
            let Ok(change) = change else { return Ok(()) };
            if !events.send(&change) {
                return Ok(());
            }
        }
    }
}
