//! Answers that are kept for prompts that come again.

use crate::{Engine, engine::lock, status::CacheStatus};
use hashlink::LruCache;
use nopenai_domain::{
    Clock, ContextPolicy, ContextUse, FinishReason, ModelId, Outcome, Parameters, Result, Run,
    RunId, Runtime, Timestamp,
};
use nopenai_protocol::Chat;
use nopenai_store::CacheKey;
use sha2::{Digest, Sha256};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// Answers kept.
const MOST_ENTRIES: usize = 512;

/// What they may occupy together, bytes of text.
const MOST_BYTES: usize = 64 << 20;

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
    pub context: Option<ContextUse>,
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
            context: run.context,
        })
    }
}

/// Exact answers to exact requests: the least recently used leave first, and
/// each after some time.
pub(crate) struct Cache {
    kept: Mutex<Kept>,
    time: Duration,
    clock: Arc<dyn Clock>,
}

struct Kept {
    answers: LruCache<CacheKey, (Arc<Answer>, Timestamp)>,
    bytes: usize,
    hits: u64,
    misses: u64,
    evictions: u64,
}

impl Cache {
    /// An empty cache that keeps answers for `time`.
    pub fn new(time: Duration, clock: Arc<dyn Clock>) -> Self {
        let answers = LruCache::new_unbounded();
        let kept = Kept { answers, bytes: 0, hits: 0, misses: 0, evictions: 0 };
        Self { kept: Mutex::new(kept), time, clock }
    }

    /// The answer, counted as a hit or a miss.
    pub fn get(&self, key: &CacheKey) -> Option<Arc<Answer>> {
        let oldest = self.clock.now().0 - self.time.as_micros() as i64;
        let mut kept = lock(&self.kept);
        if kept.answers.peek(key).is_some_and(|(_, since)| since.0 < oldest) {
            kept.remove(key);
            kept.evictions += 1;
        }
        let found = kept.answers.get(key).map(|(answer, _)| answer.clone());
        match found {
            Some(_) => kept.hits += 1,
            None => kept.misses += 1,
        }
        found
    }

    /// Keeps an answer, and gives up others for it; not one that is larger than
    /// all may be together.
    pub fn keep(&self, key: CacheKey, answer: Answer) {
        let now = self.clock.now();
        let mut kept = lock(&self.kept);
        kept.remove(&key);
        if answer.text.len() > MOST_BYTES {
            return;
        }
        kept.bytes += answer.text.len();
        kept.answers.insert(key, (Arc::new(answer), now));
        while kept.answers.len() > MOST_ENTRIES || kept.bytes > MOST_BYTES {
            kept.remove_oldest();
        }
    }

    /// Gives every answer up.
    pub fn clear(&self) {
        let mut kept = lock(&self.kept);
        kept.answers.clear();
        kept.bytes = 0;
    }

    pub fn status(&self) -> CacheStatus {
        let kept = lock(&self.kept);
        CacheStatus {
            entries: kept.answers.len() as u64,
            most_entries: MOST_ENTRIES as u64,
            bytes: kept.bytes as u64,
            hits: kept.hits,
            misses: kept.misses,
            evictions: kept.evictions,
        }
    }
}

impl Kept {
    fn remove(&mut self, key: &CacheKey) {
        if let Some((answer, _)) = self.answers.remove(key) {
            self.bytes -= answer.text.len();
        }
    }

    fn remove_oldest(&mut self) {
        if let Some((_, (answer, _))) = self.answers.remove_lru() {
            self.bytes -= answer.text.len();
            self.evictions += 1;
        }
    }
}

impl Engine {
    /// What decides the answer to `chat`, as a key; `None` where the answer
    /// is drawn anew each time, and while the model's hash is not known.
    pub(crate) fn cache_key(
        &self,
        model: &ModelId,
        runtime: Runtime,
        chat: &Chat,
        policy: ContextPolicy,
        parameters: &Parameters,
    ) -> Option<CacheKey> {
        let sha256 = self.shared.options.registry.get(model).ok()?.sha256?;
        let element_type = self.shared.options.element_type;
        let computed_in = format!("{runtime:?} {element_type:?}");
        key(&sha256, &computed_in, chat, policy, parameters)
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

/// A greedy run draws nothing, so its seed decides nothing. What the policy
/// leaves out of the messages follows from them, the model and the parameters.
fn key(
    sha256: &str,
    computed_in: &str,
    chat: &Chat,
    policy: ContextPolicy,
    parameters: &Parameters,
) -> Option<CacheKey> {
    // Likelihoods are not kept with an answer.
    if parameters.temperature != 0.0 || parameters.alternatives > 0 {
        return None;
    }
    // The system prompt is one of the messages.
    let decisive = Parameters { seed: None, system_prompt: String::new(), ..parameters.clone() };
    let all = serde_json::to_vec(&(sha256, computed_in, chat, policy, decisive)).ok()?;
    Some(Sha256::digest(all).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use nopenai_domain::{Message, Role};
    use std::sync::atomic::{AtomicI64, Ordering};

    fn answer(text: &str) -> Answer {
        Answer {
            run: RunId::generate(),
            text: text.to_owned(),
            finish_reason: FinishReason::Stop,
            tokens_in: Some(1),
            tokens_out: Some(2),
            context: None,
        }
    }

    fn number(number: u16) -> CacheKey {
        let mut key = [0; 32];
        key[..2].copy_from_slice(&number.to_le_bytes());
        key
    }

    fn asked(contents: &[&str]) -> Chat {
        let message = |content: &&str| Message { role: Role::User, content: (*content).to_owned() };
        Chat { messages: contents.iter().map(message).collect(), ..Chat::default() }
    }

    #[test]
    fn everything_that_decides_the_answer_is_in_the_key() {
        let greedy = Parameters { temperature: 0.0, ..Parameters::default() };
        let refuse = ContextPolicy::Refuse;
        let template = Some("{{ messages }}".to_owned());
        let of = |parameters: &Parameters| key("a", "F32", &asked(&["x"]), refuse, parameters);
        let base = of(&greedy).unwrap();
        assert_eq!(of(&Parameters { seed: Some(7), ..greedy.clone() }), Some(base));
        let others = [
            key("b", "F32", &asked(&["x"]), refuse, &greedy),
            key("a", "F16", &asked(&["x"]), refuse, &greedy),
            key("a", "F32", &asked(&["y"]), refuse, &greedy),
            key("a", "F32", &asked(&["y", "x"]), refuse, &greedy),
            key("a", "F32", &asked(&["x"]), ContextPolicy::Rolling, &greedy),
            key("a", "F32", &Chat { continued: true, ..asked(&["x"]) }, refuse, &greedy),
            key("a", "F32", &Chat { template, ..asked(&["x"]) }, refuse, &greedy),
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

    /// A clock that stands until it is set.
    #[derive(Default)]
    struct Set(AtomicI64);

    impl Clock for Set {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::Relaxed))
        }
    }

    fn cache() -> (Cache, Arc<Set>) {
        let clock = Arc::new(Set::default());
        (Cache::new(KEPT_FOR, clock.clone()), clock)
    }

    #[test]
    fn the_least_recently_used_of_too_many_leaves() {
        let (cache, _) = cache();
        for entry in 0..MOST_ENTRIES as u16 {
            cache.keep(number(entry), answer("x"));
        }
        assert!(cache.get(&number(0)).is_some());
        cache.keep(number(9999), answer("x"));
        let status = cache.status();
        assert_eq!((status.entries, status.evictions), (MOST_ENTRIES as u64, 1));
        assert!(cache.get(&number(0)).is_some(), "it was just used");
        assert!(cache.get(&number(1)).is_none());
        let status = cache.status();
        assert_eq!((status.hits, status.misses), (2, 1));
    }

    #[test]
    fn bytes_are_bounded_and_counted() {
        let (cache, _) = cache();
        let large = "x".repeat(20 << 20);
        for entry in 0..4 {
            cache.keep(number(entry), answer(&large));
        }
        cache.keep(number(3), answer(&large));
        let status = cache.status();
        assert_eq!((status.entries, status.bytes), (3, 3 * large.len() as u64));
        cache.keep(number(3), answer(&"x".repeat(MOST_BYTES + 1)));
        assert_eq!(cache.status().entries, 2, "it would take all the room");
    }

    #[test]
    fn answers_get_old_and_can_be_given_up() {
        let (cache, clock) = cache();
        cache.keep(number(1), answer("x"));
        clock.0.store(KEPT_FOR.as_micros() as i64, Ordering::Relaxed);
        assert!(cache.get(&number(1)).is_some());
        clock.0.store(KEPT_FOR.as_micros() as i64 + 1, Ordering::Relaxed);
        assert!(cache.get(&number(1)).is_none());
        assert_eq!((cache.status().entries, cache.status().evictions), (0, 1));
        cache.keep(number(1), answer("x"));
        cache.clear();
        assert!(cache.get(&number(1)).is_none());
        assert_eq!(cache.status().bytes, 0);
    }
}
