use super::*;
use nopenai_domain::{
    Code, Measures, PageRequest, Parameters, PromptSet, PromptSetId, RunId, SystemClock, Timestamp,
};
use std::sync::{Arc, Mutex};

/// Answers by a rule, and remembers what it was asked.
#[derive(Clone)]
struct Scripted {
    asked: Arc<Mutex<Vec<Question>>>,
    rule: fn(&Question, usize) -> Result<String>,
    stops: Stops,
    stop_after: usize,
}

impl Ask for Scripted {
    async fn ask(&self, question: Question, _: &CancellationToken) -> Result<Run> {
        let number = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(question.clone());
            asked.len()
        };
        if number == self.stop_after {
            self.stops.cancelled.cancel();
            return Err(Error::new(Code::Cancelled, "The run was stopped."));
        }
        let answer = (self.rule)(&question, number)?;
        let failed = answer.strip_prefix("failed: ").map(|why| Error::new(Code::EngineFailed, why));
        Ok(Run {
            id: RunId::generate(),
            started_at: Timestamp(0),
            model_name: question.model.0.clone(),
            model: question.model,
            prompt: question.prompt,
            answer: if failed.is_some() { String::new() } else { answer },
            parameters: Parameters::default(),
            outcome: if failed.is_some() { Outcome::Failed } else { Outcome::Completed },
            finish_reason: None,
            error: failed,
            measures: Measures::default(),
            mode: None,
            chat: None,
            context: None,
            runtime: None,
            chat_template: None,
            likelihoods: None,
            remote: None,
            streamed: false,
            cost: None,
            rating: None,
            tags: Vec::new(),
        })
    }
}

struct Bench {
    store: Store,
    evaluation: EvaluationId,
    _folder: tempfile::TempDir,
}

fn exact(text: &str) -> Option<Expectation> {
    Some(Expectation::Exact { text: text.to_owned(), case_sensitive: false })
}

fn criterion() -> Option<Expectation> {
    Some(Expectation::Judge { criterion: "It is polite.".to_owned() })
}

async fn bench(expectations: Vec<Option<Expectation>>) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("studio.db"), Arc::new(SystemClock)).unwrap();
    let items: Vec<_> = (1..)
        .zip(expectations)
        .map(|(position, expectation)| PromptSetItem {
            position,
            prompt: format!("prompt {position}"),
            system: (position == 2).then(|| "Be brief.".to_owned()),
            expectation,
        })
        .collect();
    let set = PromptSet::new(PromptSetId("set".to_owned()), "Set".to_owned());
    let set = store.prompt_sets().save(set, items).await.unwrap();
    let evaluation = Evaluation {
        id: EvaluationId::generate(),
        set: set.id,
        set_name: set.name,
        set_revision: set.revision,
        items: set.items,
        model: ModelId("model".to_owned()),
        model_name: "Model".to_owned(),
        mode: None,
        judge: Some(ModelId("judge".to_owned())),
        parameters: ParameterOverrides {
            temperature: Some(0.0),
            seed: Some(1),
            ..ParameterOverrides::default()
        },
        state: EvaluationState::Running,
        problem: None,
        started_at: Timestamp(0),
        ended_at: None,
        tally: Tally::default(),
    };
    store.evaluations().begin(vec![evaluation.clone()]).await.unwrap();
    Bench { store, evaluation: evaluation.id, _folder: folder }
}

impl Bench {
    /// Evaluates until it ends; what it is then, and what was asked.
    async fn evaluate(
        &self,
        stop_after: usize,
        rule: fn(&Question, usize) -> Result<String>,
    ) -> (Evaluation, Vec<Question>) {
        let stops = Stops::default();
        let asked = Arc::default();
        let ask = Scripted { asked: Arc::clone(&asked), rule, stops: stops.clone(), stop_after };
        let told = Mutex::new(Vec::new());
        let evaluation = Evaluator::new(&self.store, ask)
            .evaluate(self.evaluation, &stops, |tally| told.lock().unwrap().push(*tally))
            .await
            .unwrap();
        if let Some(last) = told.lock().unwrap().last() {
            assert_eq!(*last, evaluation.tally, "progress says what is stored");
        }
        let asked = asked.lock().unwrap().clone();
        (evaluation, asked)
    }

    async fn results(&self) -> Vec<EvaluationResult> {
        let evaluations = self.store.evaluations();
        let page = evaluations.items(self.evaluation, None, PageRequest::default()).await.unwrap();
        page.items.into_iter().filter_map(|item| item.result).collect()
    }
}

#[tokio::test]
async fn every_item_gets_its_verdict_and_its_run() {
    let bench = bench(vec![exact("prompt 1"), exact("other"), None]).await;
    let (evaluation, asked) = bench.evaluate(0, |question, _| Ok(question.prompt.clone())).await;
    assert_eq!(evaluation.state, EvaluationState::Completed);
    assert!(evaluation.ended_at.is_some());
    let expected = Tally { passed: 1, failed: 1, answered: 1, ..Tally::default() };
    assert_eq!(evaluation.tally, expected);
    assert_eq!(asked[0].parameters.temperature, Some(0.0));
    assert_eq!(asked[0].parameters.system_prompt, None);
    assert_eq!(asked[1].parameters.system_prompt.as_deref(), Some("Be brief."));
    let results = bench.results().await;
    assert!(results.iter().all(|result| result.run.is_some()));
    assert_eq!((results[1].reason, results[1].answer.as_str()), (Reason::Different, "prompt 2"));
}

#[tokio::test]
async fn a_cancelled_one_goes_on_where_it_stopped() {
    let bench = bench(vec![exact("x"), exact("x"), exact("x")]).await;
    let (evaluation, _) = bench.evaluate(2, |_, _| Ok("x".to_owned())).await;
    assert_eq!(evaluation.state, EvaluationState::Cancelled);
    assert_eq!(evaluation.tally.passed, 1);
    let (evaluation, asked) = bench.evaluate(0, |_, _| Ok("x".to_owned())).await;
    assert_eq!((evaluation.state, evaluation.tally.passed), (EvaluationState::Completed, 3));
    let prompts: Vec<_> = asked.iter().map(|question| question.prompt.as_str()).collect();
    assert_eq!(prompts, ["prompt 2", "prompt 3"], "nothing is asked twice");
}

#[tokio::test]
async fn single_failures_are_counted_apart_and_three_in_a_row_pause() {
    let bench = bench(vec![exact("x"), exact("x"), exact("x"), exact("x"), exact("x")]).await;
    let (evaluation, _) = bench
        .evaluate(0, |_, number| {
            Ok(if number % 2 == 0 || number > 2 { "failed: no memory" } else { "x" }.to_owned())
        })
        .await;
    assert_eq!(evaluation.state, EvaluationState::Paused);
    assert_eq!(evaluation.problem.unwrap().message, "no memory");
    assert_eq!(evaluation.tally, Tally { passed: 1, ..Tally::default() });
    let (evaluation, asked) = bench
        .evaluate(0, |_, number| Ok(if number == 1 { "failed: odd" } else { "x" }.to_owned()))
        .await;
    assert_eq!(asked.len(), 4, "those that failed are asked again");
    assert_eq!(evaluation.tally, Tally { passed: 4, not_run: 1, ..Tally::default() });
    let results = bench.results().await;
    assert_eq!(results[1].detail.as_deref(), Some("odd"));
}

#[tokio::test]
async fn what_cannot_be_asked_pauses_with_its_reason() {
    let bench = bench(vec![exact("x")]).await;
    let gone = |_: &Question, _| Err(Error::new(Code::NotFound, "There is no such model."));
    let (evaluation, _) = bench.evaluate(0, gone).await;
    assert_eq!(evaluation.state, EvaluationState::Paused);
    assert_eq!(evaluation.problem.unwrap().code, Code::NotFound);
}

#[tokio::test]
async fn a_judge_is_asked_after_all_and_must_be_readable() {
    let bench = bench(vec![criterion(), criterion(), criterion(), exact("x")]).await;
    let rule = |question: &Question, number: usize| {
        Ok(match (question.model.0.as_str(), number) {
            ("model", _) => "x",
            (_, 5) => "Yes.\nVERDICT: PASS",
            (_, 6) => "VERDICT: FAIL",
            _ => "Well, perhaps.",
        }
        .to_owned())
    };
    let (stopped, _) = bench.evaluate(6, rule).await;
    assert_eq!(stopped.tally, Tally { passed: 2, waiting: 2, ..Tally::default() });
    let rule = |question: &Question, number: usize| {
        assert_eq!(question.model.0, "judge", "no answer is asked for twice");
        Ok(if number == 1 { "VERDICT: FAIL" } else { "Well, perhaps." }.to_owned())
    };
    let (evaluation, asked) = bench.evaluate(0, rule).await;
    assert_eq!(evaluation.state, EvaluationState::Completed);
    let expected = Tally { passed: 2, failed: 1, not_judged: 1, ..Tally::default() };
    assert_eq!(evaluation.tally, expected);
    assert!(asked[0].prompt.contains("It is polite.") && asked[0].prompt.contains("prompt 2"));
    assert_eq!(asked[0].parameters.system_prompt.as_deref(), Some(""));
    let results = bench.results().await;
    assert_eq!(results[2].reason, Reason::JudgeUnclear);
    assert!(results[..3].iter().all(|result| result.judge_run.is_some()));
}
