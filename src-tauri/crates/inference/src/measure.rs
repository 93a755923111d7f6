use nopenai_domain::{CacheUse, Measures};
use std::time::{Duration, Instant};

/// The times of one run, on the monotonic clock.
pub struct Stopwatch {
    accepted: Instant,
    first_token: Option<Instant>,
    arrivals: u32,
}

impl Stopwatch {
    pub fn start() -> Self {
        Self { accepted: Instant::now(), first_token: None, arrivals: 0 }
    }

    /// Notes the arrival of a token, or of several that come together.
    pub fn token(&mut self) {
        self.arrivals += 1;
        self.first_token.get_or_insert_with(Instant::now);
    }

    /// What the run measured, ending now.
    /// `counted` has what was counted meanwhile.
    pub fn measures(&self, counted: &Measures) -> Measures {
        let end = Instant::now();
        // What comes at once tells nothing of how long it took.
        let generating = self.first_token.filter(|_| self.arrivals > 1).map(|first| end - first);
        Measures {
            total_ms: Some(milliseconds(end - self.accepted)),
            ttft_ms: self.first_token.map(|first| milliseconds(first - self.accepted)),
            // What is kept comes at once: it was generated at another time.
            tokens_per_s: match counted.cache {
                Some(CacheUse::Hit) => None,
                _ => rate(counted.tokens_out, generating),
            },
            ..*counted
        }
    }
}

/// Tokens after the first over the time since the first.
pub fn rate(tokens_out: Option<u32>, generating: Option<Duration>) -> Option<f64> {
    let after_first = tokens_out?.checked_sub(1).filter(|&tokens| tokens > 0)?;
    let seconds = generating?.as_secs_f64();
    (seconds > 0.0).then(|| f64::from(after_first) / seconds)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_leaves_out_the_first_token_and_needs_a_second() {
        let two_seconds = Some(Duration::from_secs(2));
        assert_eq!(rate(Some(21), two_seconds), Some(10.0));
        assert_eq!(rate(Some(1), two_seconds), None);
        assert_eq!(rate(Some(0), two_seconds), None);
        assert_eq!(rate(None, two_seconds), None);
        assert_eq!(rate(Some(21), None), None);
    }

    #[test]
    fn an_answer_that_comes_at_once_has_no_rate() {
        let counted = Measures { tokens_out: Some(30), ..Measures::default() };
        let mut stopwatch = Stopwatch::start();
        stopwatch.token();
        assert_eq!(stopwatch.measures(&counted).tokens_per_s, None);
        stopwatch.token();
        assert!(stopwatch.measures(&counted).tokens_per_s.is_some());
    }

    #[test]
    fn without_a_token_there_is_no_ttft() {
        let counted = Measures { tokens_in: Some(3), ..Measures::default() };
        let measures = Stopwatch::start().measures(&counted);
        assert_eq!(measures.ttft_ms, None);
        assert!(measures.total_ms.is_some());
    }
}
