//! Prompt sets, their evaluations, and what came of them.

use crate::fixture::{new, open, place};
use nopenai_domain::{
    Capability, Code, Error, Evaluation, EvaluationId, EvaluationResult, EvaluationState,
    Expectation, ModeId, ModeRef, ModelId, PageRequest, ParameterOverrides, PromptSet, PromptSetId,
    PromptSetItem, Reason, RunId, Tally, Timestamp, Verdict,
};
use nopenai_store::{Store, StoreError};
use std::time::{Duration, Instant};

fn set(id: &str, name: &str) -> PromptSet {
    PromptSet {
        description: "What it is for.".to_owned(),
        licence: "Apache-2.0".to_owned(),
        capability: Some(Capability::Math),
        ..PromptSet::new(PromptSetId(id.to_owned()), name.to_owned())
    }
}

fn items(count: u32) -> Vec<PromptSetItem> {
    let expectation = |position: u32| match position % 3 {
        0 => Some(Expectation::Judge { criterion: "polite".to_owned() }),
        1 => Some(Expectation::MultipleChoice { letter: 'B' }),
        _ => None,
    };
    (1..=count)
        .map(|position| PromptSetItem {
            position,
            prompt: format!("Wer? ما؟ \u{0} {position}"),
            system: (position == 1).then(|| "Be brief.".to_owned()),
            expectation: expectation(position),
        })
        .collect()
}

fn evaluation(set: &PromptSet, model: &str, started_at: i64) -> Evaluation {
    Evaluation {
        id: EvaluationId::generate(),
        set: set.id.clone(),
        set_name: set.name.clone(),
        set_revision: set.revision,
        items: set.items,
        model: ModelId(model.to_owned()),
        model_name: model.to_uppercase(),
        mode: Some(ModeRef { id: ModeId("fast".to_owned()), name: "Fast".to_owned() }),
        judge: Some(ModelId("judge".to_owned())),
        parameters: ParameterOverrides { seed: Some(7), ..ParameterOverrides::default() },
        state: EvaluationState::Running,
        problem: None,
        started_at: Timestamp(started_at),
        ended_at: None,
        tally: Tally::default(),
    }
}

fn result(position: u32, verdict: Verdict) -> EvaluationResult {
    EvaluationResult {
        position,
        verdict,
        reason: Reason::AsExpected,
        detail: None,
        run: Some(RunId::generate()),
        judge_run: None,
        answer: "B".to_owned(),
    }
}

async fn kept(store: &Store, id: &str, name: &str, count: u32) -> PromptSet {
    store.prompt_sets().save(set(id, name), items(count)).await.unwrap()
}

fn code(error: StoreError) -> Code {
    Error::from(error).code
}

#[tokio::test]
async fn sets_are_kept_with_each_revision_of_their_items() {
    let (_folder, store) = new();
    let sets = store.prompt_sets();
    let first = kept(&store, "a", " Zebra ", 5).await;
    assert_eq!((first.name.as_str(), first.revision), ("Zebra", 1));
    assert_eq!((first.items, first.expecting, first.judged), (5, 3, 1));
    let page = PageRequest { limit: 3, after: None };
    let page = sets.items(first.id.clone(), 1, page).await.unwrap();
    assert_eq!(page.items, items(5)[..3]);
    let page = sets.items(first.id.clone(), 1, PageRequest { limit: 3, after: page.next });
    assert_eq!(page.await.unwrap().items, items(5)[3..]);

    let taken = sets.save(set("b", "zebra"), items(1)).await.unwrap_err();
    assert_eq!(code(taken), Code::AlreadyExists);
    for (name, count) in [("", 1), (&"é".repeat(81), 1), ("empty", 0)] {
        let refused = sets.save(set("b", name), items(count)).await.unwrap_err();
        assert_eq!(code(refused), Code::InvalidInput, "{name}");
    }

    let second = kept(&store, "a", "Zebra", 2).await;
    assert_eq!((second.revision, second.items), (2, 2));
    let before = sets.items(first.id, 1, PageRequest::default()).await.unwrap();
    assert_eq!(before.items.len(), 5, "the items before stay for their evaluations");
    let shipped = PromptSet { shipped: true, ..set("s", "Shipped") };
    let shipped = sets.save(shipped, items(1)).await.unwrap();
    kept(&store, "c", "ant", 1).await;
    let names: Vec<_> = sets.list().await.unwrap().into_iter().map(|set| set.name).collect();
    assert_eq!(names, ["Shipped", "ant", "Zebra"]);
    // A later version of the product ships a set by a name that a person gave.
    let later = sets.save(PromptSet { shipped: true, ..set("t", "Ant") }, items(1)).await.unwrap();
    assert_eq!(sets.named("ANT".to_owned()).await.unwrap(), Some(later));
    assert_eq!(code(sets.remove(shipped.id).await.unwrap_err()), Code::InvalidInput);
}

#[tokio::test]
async fn a_removed_set_comes_back_until_the_next_start() {
    let (_folder, path) = place();
    let store = open(&path).unwrap();
    let sets = store.prompt_sets();
    let one = kept(&store, "a", "One", 2).await;
    let begun = evaluation(&one, "m", 1);
    store.evaluations().begin(vec![begun.clone()]).await.unwrap();
    store.evaluations().record(begun.id, result(1, Verdict::Passed)).await.unwrap();
    sets.remove(one.id.clone()).await.unwrap();
    assert_eq!(code(sets.get(one.id.clone()).await.unwrap_err()), Code::NotFound);
    assert_eq!(code(store.evaluations().get(begun.id).await.unwrap_err()), Code::NotFound);
    assert_eq!(code(sets.remove(one.id.clone()).await.unwrap_err()), Code::NotFound);
    assert_eq!(sets.restore(one.id.clone()).await.unwrap(), one);
    assert_eq!(store.evaluations().get(begun.id).await.unwrap().tally.passed, 1);
    assert_eq!(code(sets.restore(one.id.clone()).await.unwrap_err()), Code::NotFound);

    sets.remove(one.id.clone()).await.unwrap();
    kept(&store, "b", "one", 1).await;
    let taken = sets.restore(one.id.clone()).await.unwrap_err();
    assert_eq!(code(taken), Code::AlreadyExists);
    drop((sets, store));
    let store = open(&path).unwrap();
    let gone = store.prompt_sets().restore(one.id).await.unwrap_err();
    assert_eq!(code(gone), Code::NotFound);
    let left = crate::fixture::number(&store, "SELECT count(*) FROM evaluation_result").await;
    assert_eq!(left, 0, "its results went with it");
}

#[tokio::test]
async fn results_are_recorded_once_and_counted() {
    let (_folder, path) = place();
    let store = open(&path).unwrap();
    let one = kept(&store, "a", "One", 4).await;
    let evaluations = store.evaluations();
    let begun = evaluation(&one, "m", 1);
    evaluations.begin(vec![begun.clone()]).await.unwrap();
    assert_eq!(evaluations.get(begun.id).await.unwrap(), begun);
    let next = |after, waiting| evaluations.next(begun.id, after, waiting);
    assert_eq!(next(0, false).await.unwrap().unwrap().item.position, 1);
    evaluations.record(begun.id, result(1, Verdict::Passed)).await.unwrap();
    evaluations.record(begun.id, result(1, Verdict::Failed)).await.unwrap();
    evaluations.record(begun.id, result(3, Verdict::Waiting)).await.unwrap();
    assert_eq!(next(0, false).await.unwrap().unwrap().item.position, 2);
    assert_eq!(next(2, false).await.unwrap().unwrap().item.position, 4);
    let waiting = next(0, true).await.unwrap().unwrap();
    assert_eq!(waiting.result.unwrap().verdict, Verdict::Waiting);
    let judged =
        EvaluationResult { judge_run: Some(RunId::generate()), ..result(3, Verdict::Failed) };
    evaluations.record(begun.id, judged.clone()).await.unwrap();
    evaluations.record(begun.id, result(3, Verdict::Passed)).await.unwrap();
    let tally = Tally { passed: 1, failed: 1, ..Tally::default() };
    assert_eq!(evaluations.get(begun.id).await.unwrap().tally, tally);
    assert_eq!(next(0, true).await.unwrap(), None);

    let failed = evaluations.items(begun.id, Some(Verdict::Failed), PageRequest::default());
    let failed = failed.await.unwrap().items;
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].result.as_ref().unwrap().judge_run, judged.judge_run);
    let page = PageRequest { limit: 2, after: None };
    let page = evaluations.items(begun.id, None, page).await.unwrap();
    assert_eq!(page.items[1].result, None, "not asked yet");
    assert_eq!(page.next.as_deref(), Some("2"));

    drop((evaluations, store));
    let store = open(&path).unwrap();
    let found = store.evaluations().get(begun.id).await.unwrap();
    assert_eq!(found.state, EvaluationState::Interrupted);
    assert_eq!(found.tally, tally, "what was recorded is there");
}

#[tokio::test]
async fn the_latest_of_each_model_and_set_counts_for_the_items_the_set_has_now() {
    let (_folder, store) = new();
    let one = kept(&store, "a", "One", 1).await;
    let two = kept(&store, "b", "Two", 1).await;
    let evaluations = store.evaluations();
    let all = [
        evaluation(&one, "m", 1),
        evaluation(&one, "m", 2),
        evaluation(&one, "n", 3),
        evaluation(&two, "m", 4),
        evaluation(&two, "m", 5),
    ];
    evaluations.begin(all.to_vec()).await.unwrap();
    for done in [&all[1], &all[0], &all[2], &all[3]] {
        evaluations.set_state(done.id, EvaluationState::Completed, None).await.unwrap();
    }
    let paused = Error::new(Code::OutOfMemory, "No memory.");
    evaluations.set_state(all[4].id, EvaluationState::Paused, Some(paused)).await.unwrap();
    let latest = async || -> Vec<EvaluationId> {
        evaluations.latest().await.unwrap().into_iter().map(|each| each.id).collect()
    };
    assert_eq!(latest().await, [all[0].id, all[3].id, all[2].id], "the last that ended");
    let page = evaluations.page(Some(two.id), PageRequest { limit: 1, after: None }).await.unwrap();
    assert_eq!(page.items[0].problem.as_ref().unwrap().message, "No memory.");
    let page = evaluations.page(None, PageRequest { limit: 4, after: page.next }).await.unwrap();
    assert_eq!(page.items.len(), 4);
    assert_eq!(page.next, None);

    kept(&store, "a", "One", 2).await;
    assert_eq!(latest().await, [all[3].id], "other items, no figure yet");
    let odd = PageRequest { limit: 1, after: Some("x~y".to_owned()) };
    assert_eq!(code(evaluations.page(None, odd).await.unwrap_err()), Code::InvalidInput);
}

#[tokio::test]
async fn ten_thousand_items_are_fine() {
    let (_folder, store) = new();
    let began = Instant::now();
    let large = kept(&store, "a", "Large", 10_000).await;
    let begun = evaluation(&large, "m", 1);
    store.evaluations().begin(vec![begun.clone()]).await.unwrap();
    let next = store.evaluations().next(begun.id, 9_998, false).await.unwrap().unwrap();
    assert_eq!(next.item.position, 9_999);
    assert_eq!(store.evaluations().get(begun.id).await.unwrap().items, 10_000);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}
