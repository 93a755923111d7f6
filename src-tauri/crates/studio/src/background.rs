//! What goes on without being asked for.

use nopenai_domain::{Level, Notice, Subject, Topic};
use nopenai_inference::{EngineState, EngineStatus};
use nopenai_observability::Notifications;
use serde_json::{Map, Value};
use tokio::sync::watch;

/// Facts of a notice: names and values.
pub(crate) fn facts<const N: usize>(facts: [(&str, Value); N]) -> Map<String, Value> {
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Notifies of an engine that ended by itself, for as long as there is one.
pub(crate) async fn watch_engine(
    mut status: watch::Receiver<EngineStatus>,
    notifications: Notifications,
) {
    notifications.recount().await;
    let mut failed = false;
    while status.changed().await.is_ok() {
        let now = status.borrow_and_update().clone();
        let fails = now.state == EngineState::Failed;
        if fails && !failed {
            notifications.post(engine_failed(now)).await;
        }
        failed = fails;
    }
}

fn engine_failed(status: EngineStatus) -> Notice {
    let reason = status.problem.map(|problem| problem.message).unwrap_or_default();
    let name = status.model_name.unwrap_or_default();
    Notice {
        level: Level::Error,
        topic: Topic::EngineFailed,
        facts: facts([("model", name.into()), ("reason", reason.into())]),
        subject: status.model.map(|model| Subject::Model { model }),
    }
}
