use crate::{Engine, engine::lock};
use nopenai_domain::ModelId;
use std::{collections::HashMap, sync::Mutex, time::Duration};

/// Deaths in a row after which the engine waits for the next run instead of
/// restarting by itself.
const MAX_RESTARTS: u32 = 5;

/// How often the process of each model died since its last run that ended in
/// order.
#[derive(Default)]
pub(crate) struct Recovery {
    deaths: Mutex<HashMap<ModelId, u32>>,
}

impl Recovery {
    /// A run of `model` ended in order: its process works.
    pub fn succeeded(&self, model: &ModelId) {
        lock(&self.deaths).remove(model);
    }

    /// How long to wait before the next restart; `None` when enough were tried.
    fn next_delay(&self, model: &ModelId) -> Option<Duration> {
        let mut deaths = lock(&self.deaths);
        let deaths = deaths.entry(model.clone()).or_default();
        let delay =
            (*deaths < MAX_RESTARTS).then(|| Duration::from_millis(500) * 2_u32.pow(*deaths));
        *deaths += 1;
        delay
    }
}

impl Engine {
    /// Loads `model` again after its worker died, later after each death. A
    /// run or a load that comes first is not held up: it restarts the engine
    /// itself.
    pub(crate) fn restart_later(&self, model: ModelId) {
        let Some(delay) = self.shared.recovery.next_delay(&model) else { return };
        let engine = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            if !engine.has_failed(&model) {
                return;
            }
            if let Err(error) = engine.load(&model, |_| {}).await {
                tracing::warn!(%model, %error, "the engine could not be restarted");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restarts_come_later_each_time_and_end_until_a_run_succeeds() {
        let recovery = Recovery::default();
        let (model, other) = (ModelId("a".to_owned()), ModelId("b".to_owned()));
        let delays: Vec<_> = (0..7).map(|_| recovery.next_delay(&model)).collect();
        assert!(delays[..5].windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(delays[5..], [None, None]);
        assert_eq!(recovery.next_delay(&other), delays[0], "another model is not to blame");
        recovery.succeeded(&model);
        assert_eq!(recovery.next_delay(&model), delays[0]);
    }
}
