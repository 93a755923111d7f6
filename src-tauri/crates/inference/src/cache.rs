//! Answers that are kept for prompts that come again.

use crate::{Engine, status::CacheStatus};
use moka::{notification::RemovalCause, policy::EvictionPolicy, sync::Cache as Kept};
use nopenai_domain::{FinishReason, Message, ModelId, Outcome, Parameters, Result, Run, RunId};
use nopenai_store::CacheKey;
use sha2::{Digest, Sha256};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Answers kept.
const MOST_ENTRIES: u64 = 512;

/// What they may occupy together, bytes of text.
const MOST_BYTES: u64 = 64 << 20;

/// An entry weighs no less than this, so that no more than [`MOST_ENTRIES`]
/// ever weigh [`MOST_BYTES`]: one bound stands for both.
const LEAST_WEIGHT: u64 = MOST_BYTES / MOST_ENTRIES;

/// How long an answer is kept.
pub(crate) const KEPT_FOR: Duration = Duration::from_secs(60 * 60);

/// An answer and what was counted of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    /// The run that computed it.
    pub run: RunId,
    pub text: String,
    pub finish_reason: FinishReason,
    pub tokens_in: Option<u32>,
    pub tokens_out: Option<u32>,
}

impl Answer {
    /// The answer of a run that ended in order by itself.
    pub fn of(run: &Run) -> Option<Self> {
        let finish_reason = run.finish_reason?;
        (run.outcome == Outcome::Completed).then(|| Self {
            run: run.id,
            text: run.answer.clone(),
            finish_reason,
            tokens_in: run.measures.tokens_in,
            tokens_out: run.measures.tokens_out,
        })
    }

    fn weight(&self) -> u32 {
        u32::try_from((self.text.len() as u64).max(LEAST_WEIGHT)).unwrap_or(u32::MAX)
    }
}

/// Exact answers to exact requests: the least recently used leave first, and
/// each after some time.
pub(crate) struct Cache {
    kept: Kept<CacheKey, Arc<Answer>>,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    evictions: AtomicU64,
    bytes: AtomicU64,
}

impl Cache {
    /// An empty cache that keeps answers for `time`.
    pub fn new(time: Duration) -> Self {
        let counters = Arc::<Counters>::default();
        let gone = counters.clone();
        let kept = Kept::builder()
            .max_capacity(MOST_BYTES)
            .weigher(|_, answer: &Arc<Answer>| answer.weight())
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(time)
            .eviction_listener(move |_, answer: Arc<Answer>, cause| {
                gone.bytes.fetch_sub(answer.text.len() as u64, Ordering::Relaxed);
                if matches!(cause, RemovalCause::Size | RemovalCause::Expired) {
                    gone.evictions.fetch_add(1, Ordering::Relaxed);
                }
            })
            .build();
        Self { kept, counters }
    }

    /// The answer, counted as a hit or a miss.
    pub fn get(&self, key: &CacheKey) -> Option<Arc<Answer>> {
        let found = self.kept.get(key);
        let counter = if found.is_some() { &self.counters.hits } else { &self.counters.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Keeps an answer.
    pub fn keep(&self, key: CacheKey, answer: Answer) {
        self.counters.bytes.fetch_add(answer.text.len() as u64, Ordering::Relaxed);
        self.kept.insert(key, Arc::new(answer));
    }

    /// Gives every answer up.
    pub fn clear(&self) {
        self.kept.invalidate_all();
    }

    pub fn status(&self) -> CacheStatus {
        self.kept.run_pending_tasks();
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CacheStatus {
            entries: self.kept.entry_count(),
            most_entries: MOST_ENTRIES,
            bytes: count(&self.counters.bytes),
            hits: count(&self.counters.hits),
            misses: count(&self.counters.misses),
            evictions: count(&self.counters.evictions),
        }
    }
}

impl Engine {
    /// What decides the answer to `messages`, as a key; `None` where the answer
    /// is drawn anew each time, and while the model's hash is not known.
    pub(crate) fn cache_key(
        &self,
        model: &ModelId,
        messages: &[Message],
        parameters: &Parameters,
    ) -> Option<CacheKey> {
        let sha256 = self.shared.options.registry.get(model).ok()?.sha256?;
        let element_type = self.shared.options.element_type;
        key(&sha256, &format!("{element_type:?}"), messages, parameters)
    }

    /// The answer that is kept, counted as a hit or a miss.
    pub(crate) fn recall(&self, key: CacheKey) -> Option<Arc<Answer>> {
        let found = self.shared.cache.get(&key);
        if let Some(answer) = &found {
            self.shared.options.store.prompt_cache().used(key, answer.run);
        }
        self.publish();
        found
    }

    /// Keeps the answer of a run that was computed.
    pub(crate) fn keep_answer(&self, key: CacheKey, run: &Run) {
        if let Some(answer) = Answer::of(run) {
            self.shared.options.store.prompt_cache().used(key, run.id);
            self.shared.cache.keep(key, answer);
            self.publish();
        }
    }

    /// Fills the cache anew with the answers to the prompts that were asked
    /// most often, as far as their runs are in the history: at the start, and
    /// when runs were deleted.
    ///
    /// # Errors
    /// Those of the store; the cache is empty then.
    pub async fn warm_cache(&self) -> Result<()> {
        self.shared.cache.clear();
        let store = &self.shared.options.store;
        for (key, run) in store.prompt_cache().most_used(MOST_ENTRIES as u32).await? {
            if let Some(answer) = Answer::of(&run) {
                self.shared.cache.keep(key, answer);
            }
        }
        self.publish();
        Ok(())
    }
}

/// A greedy run draws nothing, so its seed decides nothing.
fn key(
    sha256: &str,
    element_type: &str,
    messages: &[Message],
    parameters: &Parameters,
) -> Option<CacheKey> {
    if parameters.temperature != 0.0 {
        return None;
    }
    // The system prompt is one of the messages.
    let decisive = Parameters { seed: None, system_prompt: String::new(), ..parameters.clone() };
    let all = serde_json::to_vec(&(sha256, element_type, messages, decisive)).ok()?;
    Some(Sha256::digest(all).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use nopenai_domain::Role;

    fn answer(text: &str) -> Answer {
        Answer {
            run: RunId::generate(),
            text: text.to_owned(),
            finish_reason: FinishReason::Stop,
            tokens_in: Some(1),
            tokens_out: Some(2),
        }
    }

    fn number(number: u16) -> CacheKey {
        let mut key = [0; 32];
        key[..2].copy_from_slice(&number.to_le_bytes());
        key
    }

    fn asked(content: &str) -> Vec<Message> {
        vec![Message { role: Role::User, content: content.to_owned() }]
    }

    #[test]
    fn everything_that_decides_the_answer_is_in_the_key() {
        let greedy = Parameters { temperature: 0.0, ..Parameters::default() };
        let of = |parameters: &Parameters| key("a", "F32", &asked("x"), parameters);
        let base = of(&greedy).unwrap();
        assert_eq!(of(&Parameters { seed: Some(7), ..greedy.clone() }), Some(base));
        let others = [
            key("b", "F32", &asked("x"), &greedy),
            key("a", "F16", &asked("x"), &greedy),
            key("a", "F32", &asked("y"), &greedy),
            of(&Parameters { max_tokens: 3, ..greedy.clone() }),
            of(&Parameters { stop: vec!["s".to_owned()], ..greedy.clone() }),
            of(&Parameters { repetition_penalty: 1.1, ..greedy.clone() }),
            of(&Parameters { context_length: Some(256), ..greedy.clone() }),
        ];
        for other in others {
            assert!(other.is_some() && other != Some(base));
        }
        assert_eq!(of(&Parameters::default()), None, "it is drawn anew each time");
    }

    #[test]
    fn the_least_recently_used_of_too_many_leaves() {
        let cache = Cache::new(KEPT_FOR);
        for entry in 0..MOST_ENTRIES as u16 {
            cache.keep(number(entry), answer("x"));
        }
        assert_eq!(cache.status().entries, MOST_ENTRIES);
        assert!(cache.get(&number(0)).is_some());
        cache.status();
        cache.keep(number(9999), answer("x"));
        let status = cache.status();
        assert_eq!((status.entries, status.evictions), (MOST_ENTRIES, 1));
        assert!(cache.get(&number(0)).is_some(), "it was just used");
        assert!(cache.get(&number(1)).is_none());
        let status = cache.status();
        assert_eq!((status.hits, status.misses), (2, 1));
    }

    #[test]
    fn bytes_are_bounded_and_counted() {
        let cache = Cache::new(KEPT_FOR);
        let large = "x".repeat(20 << 20);
        for entry in 0..4 {
            cache.keep(number(entry), answer(&large));
        }
        let status = cache.status();
        assert!(status.entries <= 3 && status.bytes <= MOST_BYTES, "{status:?}");
        assert_eq!(status.bytes, status.entries * large.len() as u64);
    }

    #[test]
    fn answers_get_old_and_can_be_given_up() {
        let cache = Cache::new(Duration::from_millis(30));
        cache.keep(number(1), answer("x"));
        assert!(cache.get(&number(1)).is_some());
        std::thread::sleep(Duration::from_millis(60));
        assert!(cache.get(&number(1)).is_none());
        assert_eq!(cache.status().evictions, 1);

        let cache = Cache::new(KEPT_FOR);
        cache.keep(number(1), answer("x"));
        cache.clear();
        assert!(cache.get(&number(1)).is_none());
        assert_eq!(cache.status().bytes, 0);
    }
}
