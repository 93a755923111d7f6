//! Prompt sets, asked of models as long work.

use crate::{
    Studio,
    background::facts,
    tasks::{Begun, TaskKind},
};
use nopenai_domain::{
    Caller, Code, ContextPolicy, Error, Evaluation, EvaluationId, EvaluationState, Level, ModeId,
    ModeRef, ModelId, Notice, ParameterOverrides, PromptSetId, Result, Run, RunId, Subject, Tally,
    Topic,
};
use nopenai_experiments::evaluation::{Ask, Evaluator, Question, Stops, quality};
use nopenai_inference::{Prompt, RunStep};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The most evaluations that are begun together.
const MOST_TARGETS: usize = 64;

/// How long to wait before a question is put again that the queue had no place
/// for.
const BUSY_PAUSE: Duration = Duration::from_millis(500);

/// Steps of progress per item: asked, and with its verdict.
const STEPS: u64 = 2;

/// Of whom a set is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvaluationTarget {
    /// The model.
    pub model: ModelId,
    /// The mode, when one is chosen.
    #[serde(default)]
    pub mode: Option<ModeId>,
}

/// The evaluations under way; clones share them.
#[derive(Clone, Default)]
pub(crate) struct Evaluating {
    under_way: Arc<Mutex<HashMap<EvaluationId, CancellationToken>>>,
    ending: CancellationToken,
    changes: watch::Sender<u64>,
}

impl Evaluating {
    /// Counts changes of evaluations and sets, so that windows know when to
    /// look again.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub fn changed(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// Leaves what is under way to be resumed.
    pub fn end(&self) {
        self.ending.cancel();
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<EvaluationId, CancellationToken>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who asks for evaluations: the engine.
struct Asking(Studio);

impl Ask for Asking {
    async fn ask(&self, question: Question, stop: &CancellationToken) -> Result<Run> {
        let prompt = Prompt {
            model: Some(question.model),
            mode: question.mode,
            prompt: question.prompt,
            parameters: question.parameters,
            stream: false,
            // What is judged is computed.
            cache: false,
            is_tool_result: false,
            before: Vec::new(),
            continue_answer: None,
            context_policy: ContextPolicy::Refuse,
            chat: None,
        };
        loop {
            match self.run(prompt.clone(), stop).await {
                Err(error) if error.code == Code::Busy => tokio::select! {
                    () = tokio::time::sleep(BUSY_PAUSE) => {}
                    () = stop.cancelled() => return Err(error),
                },
                ended => return ended,
            }
        }
    }
}

impl Asking {
    async fn run(&self, prompt: Prompt, stop: &CancellationToken) -> Result<Run> {
        let Self(studio) = self;
        let accepted = watch::Sender::new(None::<RunId>);
        let caller = Caller::new("evaluation");
        let running = studio.engine().run(prompt, &caller, |event| {
            if matches!(event.step, RunStep::Accepted) {
                accepted.send_replace(Some(event.run));
            }
            if matches!(event.step, RunStep::Accepted | RunStep::Finished { .. }) {
                studio.history_changed();
            }
        });
        tokio::pin!(running);
        tokio::select! {
            run = &mut running => return run,
            () = stop.cancelled() => {}
        }
        let mut accepted = accepted.subscribe();
        loop {
            let run = *accepted.borrow_and_update();
            if let Some(run) = run {
                // One that has ended meanwhile needs no stopping.
                let _ = studio.engine().cancel(run);
                return running.await;
            }
            tokio::select! {
                run = &mut running => return run,
                changed = accepted.changed() => changed.map_err(Error::internal)?,
            }
        }
    }
}

impl Studio {
    /// Begins to ask a set of models, one after the other, as one work; returns
    /// the evaluations, which go on by themselves.
    pub(crate) async fn start_evaluations(
        &self,
        set: PromptSetId,
        targets: Vec<EvaluationTarget>,
        judge: Option<ModelId>,
        parameters: ParameterOverrides,
    ) -> Result<Vec<Evaluation>> {
        parameters.validate()?;
        if !(1..=MOST_TARGETS).contains(&targets.len()) {
            return Err(Error::invalid("targets", "Choose 1 to 64 models and modes."));
        }
        let set = self.store().prompt_sets().get(set).await?;
        match &judge {
            Some(judge) => drop(self.registry().usable(judge)?),
            None if set.judged > 0 => {
                let message = "Some of the set's answers are judged by a model: choose one.";
                return Err(Error::invalid("judge", message));
            }
            None => {}
        }
        let started_at = self.store().clock().now();
        let mut evaluations = Vec::with_capacity(targets.len());
        for target in targets {
            let model = self.registry().usable(&target.model)?;
            let mode = match target.mode {
                Some(id) => {
                    let mode = self.modes().get(&id).await?;
                    Some(ModeRef { id: mode.id, name: mode.name })
                }
                None => None,
            };
            evaluations.push(Evaluation {
                id: EvaluationId::generate(),
                set: set.id.clone(),
                set_name: set.name.clone(),
                set_revision: set.revision,
                items: set.items,
                model: model.id,
                model_name: model.name,
                mode,
                judge: judge.clone().filter(|_| set.judged > 0),
                parameters: parameters.clone(),
                state: EvaluationState::Running,
                problem: None,
                started_at,
                ended_at: None,
                tally: Tally::default(),
            });
        }
        // Those of one model follow each other, so that it loads once.
        evaluations.sort_by(|a, b| a.model.cmp(&b.model));
        self.store().evaluations().begin(evaluations.clone()).await?;
        self.evaluate(evaluations.clone())?;
        Ok(evaluations)
    }

    /// Goes on with an evaluation that was stopped.
    pub(crate) async fn resume_evaluation(&self, id: EvaluationId) -> Result<Evaluation> {
        let evaluation = self.store().evaluations().get(id).await?;
        if evaluation.state == EvaluationState::Completed {
            return Err(Error::invalid("evaluation", "It is completed: start a new one."));
        }
        let running = Evaluation { state: EvaluationState::Running, problem: None, ..evaluation };
        self.evaluate(vec![running.clone()])?;
        Ok(running)
    }

    /// Stops an evaluation; what it has come to is kept.
    pub(crate) fn cancel_evaluation(&self, id: EvaluationId) -> Result<()> {
        match self.evaluating().under_way().get(&id) {
            Some(cancel) => {
                cancel.cancel();
                Ok(())
            }
            None => Err(Error::new(Code::NotFound, "That evaluation is not under way.")),
        }
    }

    /// Starts the work, unless some of it is under way: looked at and noted at
    /// once, so that nothing is asked twice.
    fn evaluate(&self, evaluations: Vec<Evaluation>) -> Result<()> {
        let task = {
            let mut under_way = self.evaluating().under_way();
            if evaluations.iter().any(|evaluation| under_way.contains_key(&evaluation.id)) {
                return Err(Error::invalid("evaluation", "It is under way already."));
            }
            let subject = evaluations.first().map_or("", |first| &first.set_name).to_owned();
            let task = self.tasks().begin(TaskKind::Evaluate, subject, self.store().clock().now());
            for evaluation in &evaluations {
                under_way.insert(evaluation.id, task.cancel.child_token());
            }
            task
        };
        self.evaluating().changed();
        let studio = self.clone();
        tokio::spawn(async move { studio.evaluate_all(evaluations, task).await });
        Ok(())
    }

    async fn evaluate_all(&self, evaluations: Vec<Evaluation>, task: Begun) {
        let total = evaluations.iter().map(|each| u64::from(each.items) * STEPS).sum();
        let mut begun = 0;
        for evaluation in evaluations {
            let token = self.evaluating().under_way().get(&evaluation.id).cloned();
            let stops = Stops {
                cancelled: token.unwrap_or_default(),
                ending: self.evaluating().ending.clone(),
            };
            let progress = |tally: &Tally| {
                let steps = u64::from(tally.done()) * STEPS + u64::from(tally.waiting);
                task.progress(begun + steps, Some(total));
                self.evaluating().changed();
            };
            let evaluator = Evaluator::new(self.store(), Asking(self.clone()));
            let ended = evaluator.evaluate(evaluation.id, &stops, progress).await;
            self.evaluating().under_way().remove(&evaluation.id);
            begun += u64::from(evaluation.items) * STEPS;
            match ended {
                Ok(evaluation) => self.notify_evaluation(evaluation).await,
                Err(error) => {
                    tracing::warn!(evaluation = %evaluation.id, %error, "an evaluation was lost");
                }
            }
            self.evaluating().changed();
        }
    }

    async fn notify_evaluation(&self, evaluation: Evaluation) {
        let set = evaluation.set_name.into();
        let model = evaluation.model_name.into();
        let (level, topic, facts) = match evaluation.state {
            EvaluationState::Completed => {
                let judged = quality(&evaluation.tally).map_or(0, |quality| quality.judged);
                let passed = evaluation.tally.passed;
                let facts = [
                    ("set", set),
                    ("model", model),
                    ("passed", passed.into()),
                    ("judged", judged.into()),
                ];
                (Level::Info, Topic::EvaluationCompleted, self::facts(facts))
            }
            EvaluationState::Paused => {
                let reason = evaluation.problem.map(|problem| problem.message).unwrap_or_default();
                let facts = [("set", set), ("model", model), ("reason", reason.into())];
                (Level::Warning, Topic::EvaluationPaused, self::facts(facts))
            }
            _ => return,
        };
        let subject = Some(Subject::Evaluation { evaluation: evaluation.id });
        self.notifications().post(Notice { level, topic, facts, subject }).await;
    }
}
