use crate::Engine;
use nopenai_domain::ModelId;
use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// Deaths in a row after which the engine waits for the next run instead of
/// restarting by itself.
const MAX_RESTARTS: u32 = 5;

/// How often the engine's process died since the last run that ended in order.
#[derive(Default)]
pub(crate) struct Recovery {
    deaths: AtomicU32,
}

impl Recovery {
    /// A run ended in order: the engine works.
    pub fn succeeded(&self) {
        self.deaths.store(0, Ordering::Relaxed);
    }

    /// How long to wait before the next restart; `None` when enough were tried.
    fn next_delay(&self) -> Option<Duration> {
        let deaths = self.deaths.fetch_add(1, Ordering::Relaxed);
        (deaths < MAX_RESTARTS).then(|| Duration::from_millis(500) * 2_u32.pow(deaths))
    }
}

impl Engine {
    /// Loads `model` again after its worker died, later after each death. A
    /// run or a load that comes first is not held up: it restarts the engine
    /// itself.
    pub(crate) fn restart_later(&self, model: ModelId) {
        let Some(delay) = self.shared.recovery.next_delay() else { return };
        let engine = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            if engine.status().model.as_ref() != Some(&model) {
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
        let delays: Vec<_> = (0..7).map(|_| recovery.next_delay()).collect();
        assert!(delays[..5].windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(delays[5..], [None, None]);
        recovery.succeeded();
        assert_eq!(recovery.next_delay(), delays[0]);
    }
}
