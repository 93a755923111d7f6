//! The engine around a loaded model.

use crate::{generate, load, prompt::Prompter};
use mistralrs::core::{
    AddModelConfig, DefaultSchedulerMethod, EngineConfig, Pipeline, SchedulerConfig,
};
use mistralrs::{Model, model_builder_trait::build_model_from_pipeline};
use nopenai_domain::Result;
use nopenai_protocol::{Chat, ElementType, LoadedModel};
use nopenai_serving::{
    Answer, End, Engine, Progress, Request, engine_failed,
    toktrie::{TokEnv, TokEnvWithTrie},
};
use std::{
    num::NonZeroUsize,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::Mutex;

/// Sequences the engine's scheduler computes at once.
const MAX_SEQUENCES: NonZeroUsize = NonZeroUsize::new(32).expect("32 is not zero");

/// Prompts whose keys and values a device keeps for the next one with the same
/// start.
const PREFIX_CACHE_SEQUENCES: usize = 16;

/// The most that is kept so on a CPU, bytes.
const KEPT_BYTES: u64 = 128 << 20;

/// Tokens by which mistral.rs lets keys and values grow.
const GROWTH: u64 = 512;

/// An engine and what it is made of.
///
/// mistral.rs 0.8.1 keeps the keys and values of every prompt it answered, to
/// begin the next one where they part, and on a CPU it never gives them up. So
/// they are counted here, and past [`KEPT_BYTES`] a new engine takes the old
/// one's place around the same weights, which costs one token's time.
pub struct LoadedEngine {
    pipeline: Arc<Mutex<dyn Pipeline>>,
    current: Mutex<Arc<Model>>,
    /// Bytes of keys and values a token has; 0 where the engine itself bounds
    /// what it keeps.
    token_bytes: u64,
    config: EngineConfig,
    kept: AtomicU64,
    prompter: Prompter,
}

impl LoadedEngine {
    /// Starts an engine around what was loaded.
    ///
    /// # Errors
    /// When its chat template isn't understood.
    pub async fn start(pipeline: Arc<Mutex<dyn Pipeline>>) -> anyhow::Result<Self> {
        let prompter = Prompter::of(&*pipeline.lock().await)?;
        let token_bytes = token_bytes(&*pipeline.lock().await);
        let config = EngineConfig {
            prefix_cache_n: PREFIX_CACHE_SEQUENCES,
            // What can't be counted, or is too much at once, isn't kept.
            no_prefix_cache: token_bytes.is_none_or(|bytes| GROWTH * bytes > KEPT_BYTES),
            ..EngineConfig::default()
        };
        let token_bytes = token_bytes.unwrap_or(0);
        let current = Mutex::new(engine(&pipeline, &config).await);
        let kept = AtomicU64::new(0);
        Ok(Self { pipeline, current, token_bytes, config, kept, prompter })
    }

    /// The engine; waits for a new one that is being started.
    pub async fn model(&self) -> Arc<Model> {
        self.current.lock().await.clone()
    }

    #[cfg(test)]
    pub(crate) fn prompter(&self) -> &Prompter {
        &self.prompter
    }
}

impl Engine for LoadedEngine {
    async fn load(
        path: &Path,
        element_type: ElementType,
        progress: Progress,
    ) -> anyhow::Result<(Self, LoadedModel)> {
        let following = tokio::spawn(load::follow_reading(path.is_dir(), progress));
        let built = load::build(path, element_type).await;
        following.abort();
        built
    }

    async fn render(&self, chat: &Chat) -> Result<String> {
        self.prompter.render(chat)
    }

    async fn count(&self, chat: &Chat) -> Result<u32> {
        let tokens = self.prompter.tokens(chat)?;
        Ok(u32::try_from(tokens.len()).unwrap_or(u32::MAX))
    }

    async fn answer(&self, request: Request, answer: &mut Answer<'_>) -> Result<End> {
        generate::answer(&*self.model().await, &self.prompter, request, answer).await
    }

    async fn vocabulary(&self) -> Result<TokEnv> {
        let metadata = self.pipeline.lock().await.get_metadata();
        let untold = || engine_failed("this model's tokenizer can't be looked into");
        let vocabulary = metadata.tok_env().ok_or_else(untold)?;
        if metadata.eos_tok.is_empty() {
            return Ok(vocabulary);
        }
        // With every end the engine knows: that of a chat's turn is another one
        // than that of a text.
        let trie = vocabulary.tok_trie().with_eos_tokens(&metadata.eos_tok);
        Ok(Arc::new(TokEnvWithTrie::new(vocabulary, trie)))
    }

    /// What the engine keeps is given back when it is too much.
    async fn ended(&self, tokens: u32) {
        let mut current = self.current.lock().await;
        let bytes = u64::from(tokens).next_multiple_of(GROWTH) * self.token_bytes;
        let kept = self.kept.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if !self.config.no_prefix_cache && kept > KEPT_BYTES {
            self.kept.store(0, Ordering::Relaxed);
            *current = engine(&self.pipeline, &self.config).await;
        }
    }
}

async fn engine(pipeline: &Arc<Mutex<dyn Pipeline>>, config: &EngineConfig) -> Arc<Model> {
    let scheduler =
        SchedulerConfig::DefaultScheduler { method: DefaultSchedulerMethod::Fixed(MAX_SEQUENCES) };
    let config = AddModelConfig::new(config.clone());
    Arc::new(build_model_from_pipeline(pipeline.clone(), scheduler, config).await)
}

/// See [`LoadedEngine::token_bytes`]; `None` when it is not known.
fn token_bytes(pipeline: &dyn Pipeline) -> Option<u64> {
    if !pipeline.device().is_cpu() {
        return Some(0);
    }
    let metadata = pipeline.get_metadata();
    let model = metadata.model_metadata.as_ref()?;
    let elements: usize = (0..model.num_layers())
        .filter(|&layer| model.uses_own_kv_cache_for_layer(layer))
        .map(|layer| {
            let width = model.k_head_dim_for_layer(layer) + model.v_head_dim_for_layer(layer);
            model.num_kv_heads_for_layer(layer) * width
        })
        .sum();
    Some((elements * metadata.activation_dtype.size_in_bytes()) as u64)
}
