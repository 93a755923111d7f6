//! What goes on without being asked for.

use crate::{Studio, team};
use nopenai_domain::{Level, ModelId, Notice, Settings, Subject, Timestamp, Topic};
use nopenai_inference::{Engine, EngineStatus, ModelState, ModelStatus};
use nopenai_observability::Notifications;
use nopenai_store::Store;
use serde_json::{Map, Value};
use std::{collections::HashSet, time::Duration};
use tokio::sync::watch;

/// How often it is looked for models that nobody uses.
const LOOK_FOR_IDLE: Duration = Duration::from_secs(5);

/// Facts of a notice: names and values.
pub(crate) fn facts<const N: usize>(facts: [(&str, Value); N]) -> Map<String, Value> {
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Starts it all; it ends with the runtime.
pub(crate) fn start(studio: &Studio) {
    let engine = studio.engine().clone();
    tokio::spawn(watch_engine(engine.subscribe(), studio.notifications().clone()));
    tokio::spawn(unload_idle(engine.clone(), studio.settings(), studio.store().clone()));
    tokio::spawn(team::run(studio.downgrade(), studio.team().clone()));
    tokio::spawn(async move {
        if let Err(error) = engine.warm_cache().await {
            tracing::warn!(%error, "the prompt cache could not be warmed");
        }
    });
}

/// Notifies of models whose process ended by itself, for as long as there is
/// an engine.
async fn watch_engine(mut status: watch::Receiver<EngineStatus>, notifications: Notifications) {
    notifications.recount().await;
    let mut failed: HashSet<ModelId> = HashSet::new();
    while status.changed().await.is_ok() {
        let models = status.borrow_and_update().models.clone();
        let (fail, work): (Vec<_>, Vec<_>) =
            models.into_iter().partition(|model| model.state == ModelState::Failed);
        failed.retain(|model| !work.iter().any(|status| status.model == *model));
        for model in fail {
            if failed.insert(model.model.clone()) {
                notifications.post(engine_failed(model)).await;
            }
        }
    }
}

/// Unloads the models that were not used for as long as the settings say, for
/// as long as there are settings.
async fn unload_idle(engine: Engine, mut settings: watch::Receiver<Settings>, store: Store) {
    let mut ticks = tokio::time::interval(LOOK_FOR_IDLE);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            changed = settings.changed() => if changed.is_err() { return },
        }
        let minutes = settings.borrow_and_update().idle_unload_minutes;
        if let Some(minutes) = minutes {
            let now = store.clock().now();
            let since = Timestamp(now.0 - i64::from(minutes) * 60_000_000);
            engine.unload_unused_since(since).await;
        }
    }
}

fn engine_failed(status: ModelStatus) -> Notice {
    let reason = status.problem.map(|problem| problem.message).unwrap_or_default();
    let name = status.model_name;
    Notice {
        level: Level::Error,
        topic: Topic::EngineFailed,
        facts: facts([("model", name.into()), ("reason", reason.into())]),
        subject: Some(Subject::Model { model: status.model }),
    }
}
