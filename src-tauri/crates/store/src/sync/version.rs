use nopenai_domain::{Clock, WorkstationId};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// The latest moment a version may claim, µs: the year 2200. A clock beyond it
/// is broken, and nothing could ever be newer.
const LATEST: i64 = 7_258_118_400_000_000;

/// What tells two states of a row apart, and which of them prevails: the greater
/// one, by the clock and then by the workstation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Hybrid clock: µs since 1970, never less than a clock seen before.
    pub clock: i64,
    /// Who wrote it.
    pub workstation: WorkstationId,
}

impl Version {
    /// Whether its clock is one that a workstation can have.
    pub fn is_credible(&self) -> bool {
        (0..=LATEST).contains(&self.clock)
    }
}

/// The hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014) in
/// one number: the physical time, or one more than the latest seen where that
/// is later. And whether writes are recorded, or come from the server.
pub struct Recorder {
    last: AtomicI64,
    recording: AtomicBool,
}

impl Recorder {
    pub(super) fn new() -> Self {
        Self { last: AtomicI64::new(0), recording: AtomicBool::new(true) }
    }

    /// A clock for a change now.
    pub(super) fn tick(&self, clock: &dyn Clock) -> i64 {
        let now = clock.now().0.clamp(0, LATEST);
        let next = |last: i64| Some(now.max(last.saturating_add(1)));
        match self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next) {
            Ok(last) | Err(last) => now.max(last.saturating_add(1)),
        }
    }

    /// Takes note of a clock of somebody else.
    pub(super) fn observe(&self, clock: i64) {
        self.last.fetch_max(clock.min(LATEST), Ordering::Relaxed);
    }

    pub(super) fn last(&self) -> i64 {
        self.last.load(Ordering::Relaxed)
    }

    pub(super) fn is_recording(&self) -> bool {
        self.recording.load(Ordering::Relaxed)
    }

    /// Runs `work` without recording what it writes. Only the writer's thread
    /// writes, so nothing else is missed meanwhile.
    pub(super) fn silently<T>(&self, work: impl FnOnce() -> T) -> T {
        self.recording.store(false, Ordering::Relaxed);
        let result = work();
        self.recording.store(true, Ordering::Relaxed);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nopenai_domain::Timestamp;

    struct At(i64);

    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp(self.0)
        }
    }

    #[test]
    fn it_never_goes_back_and_is_later_than_what_it_has_seen() {
        let recorder = Recorder::new();
        assert_eq!(recorder.tick(&At(100)), 100);
        assert_eq!(recorder.tick(&At(40)), 101);
        recorder.observe(5_000);
        assert_eq!(recorder.tick(&At(200)), 5_001);
        assert_eq!(recorder.tick(&At(9_000)), 9_000);
        assert_eq!(recorder.tick(&At(-1)), 9_001);
        recorder.observe(i64::MAX);
        assert!(recorder.tick(&At(1)) > LATEST, "which is not credible, and refused");
    }
}
