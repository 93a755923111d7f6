//! What a person asks of the history: searches as they are typed, and pages.

use crate::{
    runs::{FIRST, INTERVAL, MODELS, MODES, TAGS},
    text::{Languages, Vocabulary},
};
use nopenai_domain::{ModeId, ModelId, Outcome, RunFilter, RunQuery, RunSort, Timestamp};
use rand::Rng;

const SORTS: [RunSort; 6] = [
    RunSort::Time,
    RunSort::TotalMs,
    RunSort::TtftMs,
    RunSort::TokensPerS,
    RunSort::TokensOut,
    RunSort::Rating,
];

/// A question and what kind it is.
pub struct Question {
    /// Which kind.
    pub kind: String,
    /// The question.
    pub query: RunQuery,
}

/// Words of each frequency, alone and in pairs, typed letter by letter: plain,
/// with a filter, and sorted by something else than time.
pub fn searches(languages: &Languages, random: &mut impl Rng, rows: i64) -> Vec<Question> {
    let mut questions = Vec::new();
    let filters = filters(rows);
    for round in 0..15 {
        for (kind, text) in typed(languages.drawn(random), random, round) {
            let (name, filter) = &filters[random.random_range(0..filters.len())];
            let sort = SORTS[random.random_range(1..SORTS.len())];
            let ascending = random.random_bool(0.5);
            for end in text.char_indices().map(|(at, letter)| at + letter.len_utf8()) {
                let mut ask = |kind: String, filter: &RunFilter, sort, ascending| {
                    let search = Some(text[..end].to_owned());
                    let filter = RunFilter { search, ..filter.clone() };
                    questions.push(Question { kind, query: RunQuery { filter, sort, ascending } });
                };
                ask(kind.to_owned(), &RunFilter::default(), RunSort::Time, false);
                ask(format!("{kind} + {name}"), filter, RunSort::Time, false);
                ask(format!("{kind} by {sort:?}"), &RunFilter::default(), sort, ascending);
            }
        }
    }
    questions
}

/// What is typed in one language, and what kind it is.
fn typed(
    vocabulary: &Vocabulary,
    random: &mut impl Rng,
    round: usize,
) -> [(&'static str, String); 7] {
    let common = vocabulary.ranked(random.random_range(0..100));
    let middle = vocabulary.ranked(random.random_range(150..3_000));
    let rare = vocabulary.ranked(random.random_range(10_000..30_000));
    [
        ("common", common.to_owned()),
        ("middle", middle.to_owned()),
        ("rare", rare.to_owned()),
        ("common middle", format!("{common} {middle}")),
        ("middle rare", format!("{middle} {rare}")),
        ("common common", format!("{common} {}", vocabulary.ranked(round))),
        ("nothing", format!("{common} zzyx{round}")),
    ]
}

/// Every sort in both directions, plain and with every filter.
pub fn pages(rows: i64) -> Vec<Question> {
    let mut questions = Vec::new();
    let plain = ("plain".to_owned(), RunFilter::default());
    for (name, filter) in std::iter::once(plain).chain(filters(rows)) {
        for sort in SORTS {
            for ascending in [false, true] {
                let kind = format!("{name} by {sort:?}");
                let query = RunQuery { filter: filter.clone(), sort, ascending };
                questions.push(Question { kind, query });
            }
        }
    }
    questions
}

fn filters(rows: i64) -> Vec<(String, RunFilter)> {
    let mut filters = Vec::new();
    let mut add = |name: String, filter: RunFilter| filters.push((name, filter));
    let none = RunFilter::default;
    for (model, _) in MODELS {
        add(model.to_owned(), RunFilter { models: vec![ModelId(model.to_owned())], ..none() });
    }
    for (mode, _) in MODES {
        add(mode.to_owned(), RunFilter { modes: vec![ModeId(mode.to_owned())], ..none() });
    }
    let two = MODELS[2..4].iter().map(|(model, _)| ModelId((*model).to_owned())).collect();
    add("two models".to_owned(), RunFilter { models: two, ..none() });
    for outcome in [Outcome::Completed, Outcome::Failed] {
        add(format!("{outcome:?}"), RunFilter { outcomes: vec![outcome], ..none() });
    }
    add("rating 4".to_owned(), RunFilter { min_rating: Some(4), ..none() });
    for tag in [TAGS[0], TAGS[7]] {
        add(format!("tag {tag}"), RunFilter { tags: vec![tag.to_owned()], ..none() });
    }
    let moment = |share: i64| Some(Timestamp(FIRST + rows / 100 * share * INTERVAL));
    add("a week".to_owned(), RunFilter { from: moment(50), until: moment(51), ..none() });
    add("a year".to_owned(), RunFilter { from: moment(20), until: moment(70), ..none() });
    add(
        "model, mode and rating".to_owned(),
        RunFilter {
            models: vec![ModelId(MODELS[1].0.to_owned())],
            modes: vec![ModeId(MODES[2].0.to_owned())],
            min_rating: Some(3),
            ..none()
        },
    );
    filters
}
