use nopenai_domain::{Code, Error, FinishReason, RunId, TokenLikelihood};
use nopenai_protocol::FromWorker;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::mpsc;

/// What a run's owner hears; the last is `Finished` or `Failed`.
#[derive(Debug, Clone, PartialEq)]
pub enum GenerationEvent {
    /// The prompt fits and is being read.
    Started {
        /// Tokens of the prompt, template included.
        tokens_in: u32,
    },
    /// A token's text, to append to the answer; empty while it is held back.
    Token(String),
    /// The run ended in order.
    Finished {
        /// Why the model stopped.
        reason: FinishReason,
        /// Tokens of the answer.
        tokens_out: u32,
        /// What else could have come in the place of each, where that was asked.
        likelihoods: Option<Vec<TokenLikelihood>>,
    },
    /// The run failed.
    Failed(Error),
}

/// The events of one run, in order.
pub type Generation = mpsc::UnboundedReceiver<GenerationEvent>;

/// The runs of one worker that have not ended, and how the worker ended once
/// it has.
#[derive(Default)]
pub struct Runs {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: HashMap<RunId, Open>,
    death: Option<Error>,
}

struct Open {
    events: mpsc::UnboundedSender<GenerationEvent>,
    tokens: u32,
    cancelled: bool,
}

impl Runs {
    /// Registers a run; on a dead worker it fails at once.
    pub fn open(&self, run: RunId) -> Generation {
        let (events, generation) = mpsc::unbounded_channel();
        let mut state = self.lock();
        match &state.death {
            Some(reason) => {
                let _ = events.send(GenerationEvent::Failed(reason.clone()));
            }
            None => {
                state.open.insert(run, Open { events, tokens: 0, cancelled: false });
            }
        }
        generation
    }

    /// Notes that a run's end is wanted; false when it has ended already.
    pub fn cancel(&self, run: RunId) -> bool {
        match self.lock().open.get_mut(&run) {
            Some(open) => {
                open.cancelled = true;
                true
            }
            None => false,
        }
    }

    pub fn is_open(&self, run: RunId) -> bool {
        self.lock().open.contains_key(&run)
    }

    /// Passes on what the worker said of a run.
    pub fn deliver(&self, message: FromWorker) {
        let mut state = self.lock();
        let (run, event, last) = match message {
            FromWorker::Started { run, tokens_in } => {
                (run, GenerationEvent::Started { tokens_in }, false)
            }
            FromWorker::Token { run, text } => (run, GenerationEvent::Token(text), false),
            FromWorker::Finished { run, reason, tokens_out, likelihoods } => {
                (run, GenerationEvent::Finished { reason, tokens_out, likelihoods }, true)
            }
            FromWorker::Failed { run, error } => (run, GenerationEvent::Failed(error), true),
            _ => return,
        };
        if let Some(open) = state.open.get_mut(&run) {
            if matches!(event, GenerationEvent::Token(_)) {
                open.tokens += 1;
            }
            let _ = open.events.send(event);
        }
        if last {
            state.open.remove(&run);
        }
    }

    /// Ends every open run with `reason`, and every later one: the worker is
    /// dead. A run whose end was wanted has just ended.
    pub fn end(&self, reason: Error) {
        let mut state = self.lock();
        for (_, open) in state.open.drain() {
            let _ = open.events.send(if open.cancelled {
                GenerationEvent::Finished {
                    reason: FinishReason::Cancelled,
                    tokens_out: open.tokens,
                    likelihoods: None,
                }
            } else {
                GenerationEvent::Failed(reason.clone())
            });
        }
        state.death.get_or_insert(reason);
    }

    /// How the worker ended.
    pub fn death(&self) -> Error {
        self.lock().death.clone().unwrap_or_else(|| {
            Error::new(Code::EngineFailed, "The engine's process ended without a reason.")
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn killed() -> Error {
        Error::new(Code::EngineFailed, "killed")
    }

    #[test]
    fn a_dead_worker_fails_its_runs_and_those_that_come_later() {
        let runs = Runs::default();
        let mut before = runs.open(RunId::generate());
        runs.end(killed());
        let mut after = runs.open(RunId::generate());
        for generation in [&mut before, &mut after] {
            assert_eq!(generation.try_recv(), Ok(GenerationEvent::Failed(killed())));
            assert!(generation.try_recv().is_err());
        }
    }

    #[test]
    fn a_run_that_was_cancelled_is_not_failed_by_its_workers_death() {
        let runs = Runs::default();
        let run = RunId::generate();
        let mut generation = runs.open(run);
        runs.deliver(FromWorker::Token { run, text: "a".to_owned() });
        assert!(runs.cancel(run));
        runs.end(killed());
        assert_eq!(generation.try_recv(), Ok(GenerationEvent::Token("a".to_owned())));
        let reason = FinishReason::Cancelled;
        assert_eq!(
            generation.try_recv(),
            Ok(GenerationEvent::Finished { reason, tokens_out: 1, likelihoods: None })
        );
    }

    #[test]
    fn nothing_follows_the_last_event() {
        let runs = Runs::default();
        let run = RunId::generate();
        let mut generation = runs.open(run);
        let reason = FinishReason::Stop;
        runs.deliver(FromWorker::Finished { run, reason, tokens_out: 0, likelihoods: None });
        runs.deliver(FromWorker::Token { run, text: "late".to_owned() });
        assert_eq!(
            generation.try_recv(),
            Ok(GenerationEvent::Finished { reason, tokens_out: 0, likelihoods: None })
        );
        assert!(generation.try_recv().is_err());
        assert!(!runs.cancel(run));
    }
}
