//! Repeating what is worth it: bounded, with exponential back-off and jitter.

use crate::{Class, DatabaseError, Result};
use rand::Rng;
use std::{
    thread,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// A pause looks so often whether it is cancelled.
const LOOK: Duration = Duration::from_millis(20);

/// How long to wait between attempts.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// Before the second attempt, at most.
    pub first: Duration,
    /// Between attempts, at most.
    pub longest: Duration,
    /// Attempts in all.
    pub attempts: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_millis(100), longest: Duration::from_secs(5), attempts: 5 }
    }
}

impl Backoff {
    /// How long to wait after attempt `attempt` (from 1): a random share of a
    /// bound that doubles ("full jitter", M. Brooker, AWS Architecture Blog 2015),
    /// so that workstations that failed together don't come together again.
    pub fn delay(&self, attempt: u32, random: &mut impl Rng) -> Duration {
        let doubled = self.first.saturating_mul(1 << attempt.saturating_sub(1).min(16));
        doubled.min(self.longest).mul_f64(random.random_range(0.0..=1.0))
    }
}

/// Repeats `work` while it fails transiently and attempts are left. What fails
/// otherwise is never repeated. Blocks.
///
/// # Errors
/// The last failure; [`Class::Cancelled`].
pub fn retry<T>(
    backoff: &Backoff,
    cancel: &CancellationToken,
    mut work: impl FnMut() -> Result<T>,
) -> Result<T> {
    let mut attempt = 1;
    loop {
        if cancel.is_cancelled() {
            return Err(DatabaseError::new(Class::Cancelled, "It was cancelled."));
        }
        match work() {
            Err(DatabaseError { class, .. })
                if class.is_transient() && attempt < backoff.attempts =>
            {
                pause(backoff.delay(attempt, &mut rand::rng()), cancel);
                attempt += 1;
            }
            result => return result,
        }
    }
}

fn pause(delay: Duration, cancel: &CancellationToken) {
    let began = Instant::now();
    while let Some(left) = delay.checked_sub(began.elapsed())
        && !left.is_zero()
        && !cancel.is_cancelled()
    {
        thread::sleep(left.min(LOOK));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    const SHORT: Backoff =
        Backoff { first: Duration::from_micros(1), longest: Duration::from_micros(9), attempts: 4 };

    fn attempts(class: Class) -> u32 {
        let mut attempts = 0;
        let result: Result<()> = retry(&SHORT, &CancellationToken::new(), || {
            attempts += 1;
            Err(DatabaseError::new(class, "no"))
        });
        assert_eq!(result.unwrap_err().class, class);
        attempts
    }

    #[test]
    fn only_what_is_transient_is_repeated_and_not_for_ever() {
        for class in [Class::Connection, Class::Transaction, Class::Busy] {
            assert_eq!(attempts(class), 4);
        }
        for class in [Class::PasswordWrong, Class::UserLocked, Class::NoPrivilege, Class::Other] {
            assert_eq!(attempts(class), 1);
        }
    }

    #[test]
    fn a_pause_ends_when_it_is_cancelled() {
        let long = Duration::from_secs(60);
        let patient = Backoff { first: long, longest: long, attempts: 9 };
        let cancel = CancellationToken::new();
        let cancelling = cancel.clone();
        let began = Instant::now();
        let result: Result<()> = retry(&patient, &cancel, || {
            cancelling.cancel();
            Err(DatabaseError::new(Class::Busy, "no"))
        });
        assert_eq!(result.unwrap_err().class, Class::Cancelled);
        assert!(began.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn the_bound_doubles_up_to_the_longest() {
        let backoff = Backoff::default();
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut most = |attempt| {
            let delays = (0..500).map(|_| backoff.delay(attempt, &mut random));
            delays.max().unwrap_or_default()
        };
        assert!(most(1) <= Duration::from_millis(100) && most(1) > Duration::from_millis(90));
        assert!(most(3) <= Duration::from_millis(400) && most(3) > Duration::from_millis(350));
        assert!(most(40) <= Duration::from_secs(5) && most(40) > Duration::from_millis(4500));
    }
}
