use super::{assess::assess, judge};
use nopenai_domain::{
    Error, EvaluatedItem, Evaluation, EvaluationId, EvaluationResult, EvaluationState, Expectation,
    MAX_PROMPT_BYTES, ModeId, ModelId, Outcome, ParameterOverrides, PromptSetItem, Reason, Result,
    Run, Tally, Verdict,
};
use nopenai_store::{Evaluations, Store};
use tokio_util::sync::CancellationToken;

/// Runs that may fail one after the other before an evaluation pauses: what is
/// wrong then is the model, not the item.
const MOST_FAILURES: usize = 3;

/// The most tokens of a judge's answer.
const JUDGE_TOKENS: u32 = 400;

/// What a model is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The model.
    pub model: ModelId,
    /// In which mode, when one was chosen.
    pub mode: Option<ModeId>,
    /// The prompt.
    pub prompt: String,
    /// Over the mode's.
    pub parameters: ParameterOverrides,
}

/// Who asks models: evaluations know no engine.
pub trait Ask: Send + Sync {
    /// Has a question answered as a run of the history, or stops that run when
    /// `stop` is cancelled. A run that failed is a result.
    ///
    /// # Errors
    /// Why nothing could be asked.
    fn ask(
        &self,
        question: Question,
        stop: &CancellationToken,
    ) -> impl Future<Output = Result<Run>> + Send;
}

/// What ends an evaluation before its time.
#[derive(Debug, Clone, Default)]
pub struct Stops {
    /// A person cancelled it.
    pub cancelled: CancellationToken,
    /// The application ends: what is under way is left to be resumed.
    pub ending: CancellationToken,
}

/// Asks a set's items one after the other, and then has those judged that only
/// a model can judge.
pub struct Evaluator<A> {
    evaluations: Evaluations,
    ask: A,
}

/// Why an evaluation does not go on.
enum Halt {
    Stopped,
    Paused(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Paused(error)
    }
}

impl From<nopenai_store::StoreError> for Halt {
    fn from(error: nopenai_store::StoreError) -> Self {
        Self::Paused(error.into())
    }
}

impl<A: Ask> Evaluator<A> {
    /// Of a store, by way of `ask`.
    pub fn new(store: &Store, ask: A) -> Self {
        Self { evaluations: store.evaluations(), ask }
    }

    /// Goes on with an evaluation from its first item without a result, until
    /// every item has one, and returns it as it is then. `progress` hears of
    /// its start and of every result.
    ///
    /// It pauses with its reason when the model can't be asked, and when three
    /// runs fail one after the other; those three are asked again later.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn evaluate(
        &self,
        id: EvaluationId,
        stops: &Stops,
        progress: impl Fn(&Tally) + Send + Sync,
    ) -> Result<Evaluation> {
        let evaluation = self.evaluations.get(id).await?;
        self.evaluations.set_state(id, EvaluationState::Running, None).await?;
        progress(&evaluation.tally);
        let mut course =
            Course { evaluator: self, tally: evaluation.tally, evaluation, stops, progress };
        let (state, problem) = match course.run().await {
            Ok(()) => (EvaluationState::Completed, None),
            Err(Halt::Stopped) if stops.ending.is_cancelled() => {
                (EvaluationState::Interrupted, None)
            }
            Err(Halt::Stopped) => (EvaluationState::Cancelled, None),
            Err(Halt::Paused(error)) => (EvaluationState::Paused, Some(error)),
        };
        self.evaluations.set_state(id, state, problem).await?;
        Ok(self.evaluations.get(id).await?)
    }
}

/// One evaluation under way.
struct Course<'a, A, P> {
    evaluator: &'a Evaluator<A>,
    evaluation: Evaluation,
    tally: Tally,
    stops: &'a Stops,
    progress: P,
}

impl<A: Ask, P: Fn(&Tally) + Send + Sync> Course<'_, A, P> {
    async fn run(&mut self) -> Result<(), Halt> {
        self.pass(false).await?;
        self.pass(true).await
    }

    /// Goes through what is still to be asked, or still to be judged.
    async fn pass(&mut self, waiting: bool) -> Result<(), Halt> {
        let evaluations = self.evaluator.evaluations.clone();
        let mut after = 0;
        let mut failures = Vec::new();
        while let Some(next) = evaluations.next(self.evaluation.id, after, waiting).await? {
            after = next.item.position;
            let (result, error) =
                if waiting { self.judge(next).await? } else { self.answer(next.item).await? };
            match error {
                Some(error) => {
                    failures.push(result);
                    if failures.len() == MOST_FAILURES {
                        return Err(Halt::Paused(error));
                    }
                }
                None => {
                    failures.push(result);
                    self.record_all(&mut failures).await?;
                }
            }
        }
        self.record_all(&mut failures).await
    }

    async fn record_all(&mut self, results: &mut Vec<EvaluationResult>) -> Result<(), Halt> {
        for result in results.drain(..) {
            if result.judge_run.is_some() || result.reason == Reason::JudgeFailed {
                self.tally.waiting = self.tally.waiting.saturating_sub(1);
            }
            self.tally.add(result.verdict, 1);
            self.evaluator.evaluations.record(self.evaluation.id, result).await?;
            (self.progress)(&self.tally);
        }
        Ok(())
    }

    async fn ask(&self, question: Question) -> Result<Run, Halt> {
        let stop = self.stops.cancelled.child_token();
        if stop.is_cancelled() || self.stops.ending.is_cancelled() {
            return Err(Halt::Stopped);
        }
        let run = self.evaluator.ask.ask(question, &stop).await;
        let stopped = stop.is_cancelled() || self.stops.ending.is_cancelled();
        match run {
            // What was whole before the stop counts.
            Ok(run) if stopped && run.outcome != Outcome::Completed => Err(Halt::Stopped),
            Err(_) if stopped => Err(Halt::Stopped),
            asked => Ok(asked?),
        }
    }

    /// Asks an item; its result, and why its run failed.
    async fn answer(&self, item: PromptSetItem) -> Result<(EvaluationResult, Option<Error>), Halt> {
        let mut parameters = self.evaluation.parameters.clone();
        if item.system.is_some() {
            parameters.system_prompt = item.system;
        }
        let question = Question {
            model: self.evaluation.model.clone(),
            mode: self.evaluation.mode.as_ref().map(|mode| mode.id.clone()),
            prompt: item.prompt,
            parameters,
        };
        let run = self.ask(question).await?;
        let result = |verdict, reason, detail| EvaluationResult {
            position: item.position,
            verdict,
            reason,
            detail,
            run: Some(run.id),
            judge_run: None,
            answer: run.answer.clone(),
        };
        if run.outcome != Outcome::Completed {
            let error = failure(&run);
            let detail = Some(error.message.clone());
            return Ok((result(Verdict::NotRun, Reason::RunFailed, detail), Some(error)));
        }
        let Some(expectation) = item.expectation else {
            return Ok((result(Verdict::Answered, Reason::NothingExpected, None), None));
        };
        let answer = run.answer.clone();
        let assessment = tokio::task::spawn_blocking(move || assess(&expectation, &answer))
            .await
            .map_err(Error::internal)?;
        Ok(match assessment {
            Some(found) => (result(found.verdict, found.reason, found.detail), None),
            None => (result(Verdict::Waiting, Reason::NotAskedYet, None), None),
        })
    }

    /// Has an answer judged; its result, and why the judge's run failed.
    async fn judge(
        &self,
        waiting: EvaluatedItem,
    ) -> Result<(EvaluationResult, Option<Error>), Halt> {
        let EvaluatedItem { item, result: Some(result) } = waiting else {
            return Err(Error::internal("an item that waits has no result").into());
        };
        let Some(Expectation::Judge { criterion }) = &item.expectation else {
            return Err(Error::internal("an item that waits has no criterion").into());
        };
        let Some(model) = self.evaluation.judge.clone() else {
            return Err(Error::invalid("judge", "No model was chosen to judge.").into());
        };
        let prompt =
            judge::question(criterion, &item.prompt, super::text::without_thoughts(&result.answer));
        if prompt.len() > MAX_PROMPT_BYTES {
            return Ok((
                EvaluationResult {
                    verdict: Verdict::NotJudged,
                    reason: Reason::JudgeFailed,
                    detail: Some("The answer is too long.".to_owned()),
                    ..result
                },
                None,
            ));
        }
        let parameters = ParameterOverrides {
            temperature: Some(0.0),
            seed: self.evaluation.parameters.seed,
            max_tokens: Some(JUDGE_TOKENS),
            system_prompt: Some(String::new()),
            ..ParameterOverrides::default()
        };
        let run = self.ask(Question { model, mode: None, prompt, parameters }).await?;
        let judge_run = Some(run.id);
        if run.outcome != Outcome::Completed {
            let error = failure(&run);
            let detail = Some(error.message.clone());
            let result = EvaluationResult {
                verdict: Verdict::NotJudged,
                reason: Reason::JudgeFailed,
                detail,
                judge_run,
                ..result
            };
            return Ok((result, Some(error)));
        }
        let said = super::text::without_thoughts(&run.answer).trim();
        let (verdict, reason) = match judge::verdict(said) {
            Some(true) => (Verdict::Passed, Reason::Judged),
            Some(false) => (Verdict::Failed, Reason::Judged),
            None => (Verdict::NotJudged, Reason::JudgeUnclear),
        };
        let detail = Some(said.to_owned());
        Ok((EvaluationResult { verdict, reason, detail, judge_run, ..result }, None))
    }
}

fn failure(run: &Run) -> Error {
    run.error
        .clone()
        .unwrap_or_else(|| Error::new(nopenai_domain::Code::Cancelled, "The run was stopped."))
}

#[cfg(test)]
mod tests;
