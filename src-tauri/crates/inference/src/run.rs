use crate::{Engine, Prompt, cache::Answer, engine::lock, measure::Stopwatch, sending::fitted};
use nopenai_domain::{
    CacheUse, Caller, Code, ContextUse, Cost, Error, FinishReason, LoadProgress, Measures, ModeRef,
    Outcome, Result, Run, RunId, Runtime,
};
use nopenai_protocol::Chat;
use nopenai_remote::check_promises;
use nopenai_runtime::{GenerationEvent, Worker};
use nopenai_store::{CacheKey, History, Store};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

/// One event of a run's stream: numbered from 0, ending in one `finished`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunEvent {
    /// The run.
    pub run: RunId,
    /// The event's number in the stream.
    pub sequence: u64,
    /// What happened.
    #[serde(flatten)]
    pub step: RunStep,
}

/// What happens in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RunStep {
    /// It is recorded and waits for its turn.
    Accepted,
    /// The model has to be loaded first.
    Loading {
        /// How far that has come.
        progress: LoadProgress,
    },
    /// The prompt is being read.
    Started {
        /// Tokens of the prompt, template included; absent where only the end
        /// tells, as it is elsewhere.
        tokens_in: Option<u32>,
        /// The seed of the draw.
        seed: u64,
        /// What was left out of the turns before, when something was.
        context: Option<ContextUse>,
    },
    /// Text to append to the answer; none of these come of a run that isn't
    /// streamed.
    Token {
        /// The text.
        text: String,
    },
    /// The last event: the run as recorded.
    Finished {
        /// The run.
        result: Box<Run>,
    },
}

impl Engine {
    /// Answers `prompt` when it is the turn of `caller`, recording the run from its start to its end, and
    /// returns it as recorded. A run that fails after it was recorded is a
    /// result, with its reason in [`Run::error`].
    ///
    /// # Errors
    /// Only before the run was recorded: [`Code::InvalidInput`],
    /// [`Code::NotFound`], [`Code::UnsupportedModel`], [`Code::Busy`] or
    /// [`Code::StoreUnavailable`].
    pub async fn run(
        &self,
        prompt: Prompt,
        caller: &Caller,
        events: impl FnMut(RunEvent) + Send,
    ) -> Result<Run> {
        prompt.validate()?;
        let stopwatch = Stopwatch::start();
        let run = self.record(&prompt).await?;
        let cancel = CancellationToken::new();
        lock(&self.shared.runs).insert(run.id, cancel.clone());
        let mut conversation = Conversation {
            store: self.shared.options.store.clone(),
            history: self.shared.options.store.history(),
            stopwatch,
            events,
            sequence: 0,
            pieces: 0,
            may_repeat: prompt.cache,
            computed: None,
            prompt,
            run,
        };
        conversation.emit(RunStep::Accepted);
        let ended = conversation.converse(self, caller, &cancel).await;
        if ended.is_ok() {
            self.shared.recovery.succeeded(&conversation.run.model);
        }
        let computed = conversation.computed;
        let run = conversation.close(ended).await;
        if let Some(key) = computed {
            self.keep_answer(key, &run);
        }
        lock(&self.shared.runs).remove(&run.id);
        Ok(run)
    }

    /// Stops a run, whether it waits, loads or answers.
    ///
    /// # Errors
    /// [`Code::NotFound`] when it is not under way.
    pub fn cancel(&self, run: RunId) -> Result<()> {
        match lock(&self.shared.runs).get(&run) {
            Some(cancel) => {
                cancel.cancel();
                Ok(())
            }
            None => Err(Error::new(Code::NotFound, format!("Run {run} is not under way."))),
        }
    }

    async fn record(&self, prompt: &Prompt) -> Result<Run> {
        let options = &self.shared.options;
        let mode = self.mode(prompt.mode.as_ref()).await?;
        // Refuses a file the engine can't run before anything is recorded.
        let model = options.registry.usable(&self.chosen(prompt, mode.as_ref())?)?;
        let mut parameters = self.combine(&model.id, mode.as_ref(), &prompt.parameters).await?;
        if model.remote.is_some() {
            check_promises(&parameters)?;
        }
        parameters.seed.get_or_insert_with(options.draw_seed);
        // An endpoint has a template of its own.
        let chat_template = match model.remote {
            Some(_) => None,
            None => self.configuration(&model.id).await?.chat_template,
        };
        let run = Run {
            id: RunId::generate(),
            started_at: options.store.clock().now(),
            model: model.id,
            model_name: model.name,
            prompt: prompt.prompt.clone(),
            answer: String::new(),
            parameters,
            outcome: Outcome::Running,
            finish_reason: None,
            error: None,
            measures: Measures::default(),
            runtime: None,
            chat_template,
            mode: mode.map(|mode| ModeRef { id: mode.id, name: mode.name }),
            chat: prompt.chat,
            context: None,
            streamed: prompt.stream,
            cost: None,
            rating: None,
            tags: Vec::new(),
            likelihoods: None,
            remote: None,
        };
        options.store.history().start(run.clone()).await?;
        Ok(run)
    }
}

/// A run under way.
pub(crate) struct Conversation<E> {
    store: Store,
    history: History,
    pub stopwatch: Stopwatch,
    events: E,
    sequence: u64,
    pieces: u64,
    /// Whether the answer may come from the prompt cache.
    may_repeat: bool,
    /// Under which key the answer is to be kept.
    computed: Option<CacheKey>,
    pub prompt: Prompt,
    pub run: Run,
}

impl<E: FnMut(RunEvent) + Send> Conversation<E> {
    fn emit(&mut self, step: RunStep) {
        (self.events)(RunEvent { run: self.run.id, sequence: self.sequence, step });
        self.sequence += 1;
    }

    async fn converse(
        &mut self,
        engine: &Engine,
        caller: &Caller,
        cancel: &CancellationToken,
    ) -> Result<FinishReason> {
        let chat = engine.chat(&self.run.model, &self.prompt, &self.run.parameters).await?;
        if let Some(remote) = engine.elsewhere(&self.run.model)? {
            return self.ask_elsewhere(engine, (&remote, &chat), caller, cancel).await;
        }
        let runtime = engine.runtime_for(&self.run.model).await?;
        let key = self.key(engine, runtime, &chat);
        if let Some(answer) = key.and_then(|key| engine.recall(key)) {
            self.run.runtime = Some(runtime);
            return Ok(self.repeat(&answer));
        }
        let cancelled = || Error::new(Code::Cancelled, "The run was stopped.");
        let model = self.run.model.clone();
        let _place = tokio::select! {
            place = engine.shared.queue.place(&model, caller) => place?,
            () = cancel.cancelled() => return Err(cancelled()),
        };
        let mut told = |progress| self.emit(RunStep::Loading { progress });
        let lease = tokio::select! {
            lease = engine.lease(&model, &mut told) => lease?,
            () = cancel.cancelled() => return Err(cancelled()),
        };
        let answering = lease.worker.runtime();
        self.run.runtime = Some(answering);
        let policy = self.prompt.context_policy;
        let (chat, context) = tokio::select! {
            fitted = fitted(&lease.worker, chat, policy, &self.run.parameters) => fitted?,
            () = cancel.cancelled() => return Err(cancelled()),
        };
        if let Some(context) = context {
            self.run.context = Some(context);
            self.history.note_context(self.run.id, context);
        }
        let reason = self.listen(&lease.worker, chat, cancel).await?;
        self.computed = key.filter(|_| answering == runtime);
        Ok(reason)
    }

    /// The key of the answer in the prompt cache, where it may come from there.
    fn key(&mut self, engine: &Engine, runtime: Runtime, chat: &Chat) -> Option<CacheKey> {
        let run = &self.run;
        let policy = self.prompt.context_policy;
        let key = self
            .may_repeat
            .then(|| engine.cache_key(&run.model, runtime, chat, policy, &run.parameters))
            .flatten();
        self.run.measures.cache = key.map(|_| CacheUse::Miss);
        key
    }

    /// Gives an answer that is kept.
    fn repeat(&mut self, answer: &Answer) -> FinishReason {
        self.run.measures.cache = Some(CacheUse::Hit);
        self.run.measures.tokens_in = answer.tokens_in;
        self.run.measures.tokens_out = answer.tokens_out;
        self.run.context = answer.context;
        if let Some(tokens_in) = answer.tokens_in {
            self.started(Some(tokens_in));
        }
        self.stopwatch.token();
        self.say(answer.text.clone());
        answer.finish_reason
    }

    async fn listen(
        &mut self,
        worker: &Worker,
        chat: Chat,
        cancel: &CancellationToken,
    ) -> Result<FinishReason> {
        let run = self.run.id;
        let mut generation = worker.generate(run, chat, self.run.parameters.clone());
        let mut asked_to_stop = false;
        loop {
            let event = tokio::select! {
                event = generation.recv() => event,
                () = cancel.cancelled(), if !asked_to_stop => {
                    asked_to_stop = true;
                    worker.cancel(run);
                    continue;
                }
            };
            let event =
                event.ok_or_else(|| Error::internal("a run ended without its last event"))?;
            if let Some(ended) = self.receive(event) {
                return ended;
            }
        }
    }

    fn receive(&mut self, event: GenerationEvent) -> Option<Result<FinishReason>> {
        match event {
            GenerationEvent::Started { tokens_in } => {
                self.run.measures.tokens_in = Some(tokens_in);
                self.started(Some(tokens_in));
                None
            }
            GenerationEvent::Token(text) => {
                self.stopwatch.token();
                self.say(text);
                None
            }
            GenerationEvent::Finished { reason, tokens_out, likelihoods } => {
                self.run.measures.tokens_out = Some(tokens_out);
                self.run.likelihoods = likelihoods;
                Some(Ok(reason))
            }
            GenerationEvent::Failed(error) => Some(Err(error)),
        }
    }

    pub fn started(&mut self, tokens_in: Option<u32>) {
        let seed = self.run.parameters.seed.unwrap_or_default();
        self.emit(RunStep::Started { tokens_in, seed, context: self.run.context });
    }

    pub fn say(&mut self, text: String) {
        if text.is_empty() {
            return;
        }
        self.run.answer.push_str(&text);
        self.history.append(self.run.id, self.pieces, text.clone());
        self.pieces += 1;
        if self.run.streamed {
            self.emit(RunStep::Token { text });
        }
    }

    /// What the tokens that were counted cost by the price that is in force.
    async fn cost(&self) -> Option<Cost> {
        let tokens_in = self.run.measures.tokens_in?;
        let tokens_out = self.run.measures.tokens_out?;
        let now = self.store.clock().now();
        match self.store.prices().at(self.run.model.clone(), now).await {
            Ok(price) => Some(price?.cost(tokens_in, tokens_out)),
            Err(error) => {
                tracing::warn!(run = %self.run.id, %error, "a run's cost is not known");
                None
            }
        }
    }

    /// Measures and records the end, then tells it.
    async fn close(mut self, ended: Result<FinishReason>) -> Run {
        let measured = self.run.measures;
        self.run.measures = self.stopwatch.measures(&measured);
        self.run.cost = self.cost().await;
        match ended {
            Ok(reason) => {
                self.run.finish_reason = Some(reason);
                self.run.outcome = match reason {
                    FinishReason::Cancelled => Outcome::Stopped,
                    FinishReason::Stop | FinishReason::Length => Outcome::Completed,
                };
            }
            Err(error) if error.code == Code::Cancelled => {
                self.run.finish_reason = Some(FinishReason::Cancelled);
                self.run.outcome = Outcome::Stopped;
            }
            Err(error) => {
                self.run.outcome = Outcome::Failed;
                self.run.error = Some(error);
            }
        }
        if let Err(error) = self.history.finish(self.run.clone()).await {
            // The answer is whole and shown; what failed is its record.
            self.run.error = Some(error.into());
        }
        let result = Box::new(self.run.clone());
        self.emit(RunStep::Finished { result });
        self.run
    }
}
