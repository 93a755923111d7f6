//! Searching by words, whatever is typed.

use crate::fixture::{a_run, all, ended, new, recorded};
use nopenai_domain::{RunFilter, RunQuery, RunSort};
use nopenai_store::History;
use proptest::prelude::*;

async fn found(history: &History, search: &str) -> Vec<i64> {
    let filter = RunFilter { search: Some(search.to_owned()), ..RunFilter::default() };
    let query = RunQuery { filter, ascending: true, ..RunQuery::default() };
    let mut times = Vec::new();
    for run in all(history, &query, 50).await {
        times.push(history.get(run).await.unwrap().started_at.0);
    }
    times
}

#[tokio::test]
async fn every_word_counts_and_the_last_may_be_begun() {
    let (_folder, store) = new();
    let history = store.history();
    recorded(&history, 1, "How do computers count?", "In twos.").await;
    recorded(&history, 2, "What counts?", "Computing, said the computer.").await;
    recorded(&history, 3, "Counting sheep", "").await;
    for (search, expected) in [
        ("", &[1, 2, 3][..]),
        ("  ?! ", &[1, 2, 3]),
        ("c", &[1, 2, 3]),
        ("comp", &[1, 2]),
        ("computi", &[2]),
        ("computer", &[1, 2]),
        ("computers", &[1]),
        ("computer ", &[1, 2]),
        ("COMPUTER count", &[2]),
        ("computers count", &[1]),
        ("count computer", &[1]),
        ("counts comput", &[2]),
        ("sheep-counting", &[3]),
        ("counting counting", &[3]),
        ("count counting", &[]),
        ("said sheep", &[]),
        ("zebra", &[]),
    ] {
        assert_eq!(found(&history, search).await, expected, "{search:?}");
    }
}

#[tokio::test]
async fn accents_case_and_scripts() {
    let (_folder, store) = new();
    let history = store.history();
    recorded(&history, 1, "Crème brûlée, STRASSE", "Ångström").await;
    recorded(&history, 2, "ما هي عاصمة فرنسا؟", "باريس").await;
    recorded(&history, 3, "東京 大阪", "Đà Nẵng").await;
    recorded(&history, 4, "cafe\u{301} au lait", "nul\u{0}byte").await;
    for (search, expected) in [
        ("creme brul", &[1][..]),
        ("BRÛLÉE", &[1]),
        ("strasse", &[1]),
        ("angstrom", &[1]),
        ("عاصمة", &[2]),
        ("عاص", &[2]),
        ("باريس فرنسا", &[2]),
        ("فرنسا؟", &[2]),
        ("東京", &[3]),
        ("東", &[3]),
        ("nang", &[3]),
        ("café", &[4]),
        ("cafe\u{301}", &[4]),
        ("byte", &[4]),
        ("nul\u{0}by", &[4]),
    ] {
        assert_eq!(found(&history, search).await, expected, "{search:?}");
    }
}

#[tokio::test]
async fn arabic_is_found_as_people_write_it() {
    let (_folder, store) = new();
    let history = store.history();
    recorded(&history, 1, "ذَهَبَ مُحَمَّدٌ إِلَى ٱلْمَدْرَسَةِ", "أحمد").await;
    recorded(&history, 2, "ذهب محمد الى المدرسه", "احمد").await;
    recorded(&history, 3, "مدرســـة القرآن", "هٰذا، مستشفى").await;
    for (search, expected) in [
        ("محمد", &[1, 2][..]),
        ("مُحَمَّد", &[1, 2]),
        ("إلى المدرسة", &[1, 2]),
        ("الى المدرسه", &[1, 2]),
        ("أحم", &[1, 2]),
        ("ا\u{654}حمد", &[1, 2]),
        ("مدرسة", &[3]),
        ("القران هذا", &[3]),
        ("مستشفي", &[3]),
        ("َ", &[1, 2, 3]),
    ] {
        assert_eq!(found(&history, search).await, expected, "{search:?}");
    }
    // What is changed or removed takes its words along.
    let query = RunQuery { ascending: true, ..RunQuery::default() };
    let first = history.get(all(&history, &query, 9).await[0]).await.unwrap();
    history.finish(nopenai_domain::Run { answer: "سَلام".to_owned(), ..first }).await.unwrap();
    assert_eq!(found(&history, "احمد").await, [2]);
    assert_eq!(found(&history, "محمد سلا").await, [1]);
}

#[tokio::test]
async fn a_long_beginning_finds_every_word_that_begins_so() {
    let (_folder, store) = new();
    let history = store.history();
    for time in 0..200 {
        recorded(&history, time, &format!("beginning{time} {}", time % 2), "").await;
    }
    assert_eq!(found(&history, "beginni").await.len(), 200, "more words than are named");
    assert_eq!(found(&history, "beginning1").await.len(), 111);
    assert_eq!(found(&history, "beginning19").await.len(), 11);
    assert_eq!(found(&history, "0 beginning1").await.len(), 55);
    assert_eq!(found(&history, "beginning1234").await.len(), 0);
}

#[tokio::test]
async fn hostile_texts_are_words_like_others() {
    let (_folder, store) = new();
    let history = store.history();
    recorded(&history, 1, "NEAR AND OR NOT \"quoted\" col:umn a*b ^start {x} -minus +plus", "")
        .await;
    for search in [
        "\"",
        "'",
        "\"\"\"",
        "NEAR(a b, 5)",
        "AND",
        "OR",
        "NOT",
        "a AND",
        "AND AND",
        "NEAR OR NOT",
        "prompt:near",
        "prompt : x",
        "{prompt answer}: near",
        "^near",
        "*",
        "a*",
        "near*",
        "-near",
        "near + and",
        "(",
        ")",
        "((",
        "near)",
        "\u{0}",
        "near\u{0}",
        "\u{301}",
        "\u{301}\u{301} a",
        "a\u{301}",
        "\u{200f}\u{202e}",
        "\u{feff}",
        "\u{10ffff}",
        "\u{e000}",
        "; DROP TABLE run_text",
        "%",
        "_",
        "\\",
        "?1",
        "near \"",
        "1e999",
        "İ",
        "ß",
        "ŉ",
        "ﬁ",
        "𝒜",
        "👩‍👩‍👧",
        "'; --",
    ] {
        found(&history, search).await;
    }
    for (search, expected) in [
        ("NEAR", 1),
        ("near and or not", 1),
        ("\"quoted", 1),
        ("col:umn", 1),
        ("a*b", 1),
        ("^start", 1),
        ("NOT near", 1),
        ("prompt:near", 0),
        ("xx OR near", 0),
    ] {
        assert_eq!(found(&history, search).await.len(), expected, "{search:?}");
    }
    let long = "near ".repeat(20_000);
    assert_eq!(found(&history, &long).await, [1]);
    assert_eq!(found(&history, &"n".repeat(100_000)).await.len(), 0);
    assert_eq!(found(&history, &"\"".repeat(100_000)).await, [1], "no word at all");
    let many: Vec<String> = (0..100).map(|number| format!("w{number}")).collect();
    recorded(&history, 2, &many.join(" "), "").await;
    assert_eq!(found(&history, &many.join(" ")).await, [2]);
}

#[tokio::test]
async fn a_run_is_found_when_it_has_ended_and_by_what_it_ended_with() {
    let (_folder, store) = new();
    let history = store.history();
    let run = a_run(1);
    history.start(run.clone()).await.unwrap();
    assert!(found(&history, "wer").await.is_empty());
    history.finish(ended(&run, "first")).await.unwrap();
    assert_eq!(found(&history, "wer first").await, [1]);
    history.finish(ended(&run, "second")).await.unwrap();
    assert!(found(&history, "first").await.is_empty());
    assert_eq!(found(&history, "wer second").await, [1]);
}

#[tokio::test]
async fn a_search_can_be_sorted_by_a_measure() {
    let (_folder, store) = new();
    let history = store.history();
    let mut expected = Vec::new();
    for time in 0..300_u32 {
        let run = a_run(time.into());
        history.start(run.clone()).await.unwrap();
        let mut run = ended(&run, if time % 3 == 0 { "third" } else { "other" });
        run.measures.total_ms = Some(f64::from(time * 7919 % 300));
        history.finish(run.clone()).await.unwrap();
        if time % 3 == 0 {
            expected.push((time * 7919 % 300, run.id));
        }
    }
    expected.sort_unstable();
    let filter = RunFilter { search: Some("thi".to_owned()), ..RunFilter::default() };
    let query = RunQuery { filter, sort: RunSort::TotalMs, ascending: true };
    let expected: Vec<_> = expected.into_iter().map(|(_, run)| run).collect();
    assert_eq!(all(&history, &query, 7).await, expected);
}

/// Any text, or one of Arabic letters and signs.
fn some_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[\u{600}-\u{6ff}a ]{0,16}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn no_text_is_a_syntax_error(searches in proptest::collection::vec(some_text(), 20)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (_folder, store) = new();
            let history = store.history();
            // Each text finds the run that consists of it, by the index, and
            // sorted by a measure, for which texts are looked through.
            for (time, search) in searches.iter().enumerate() {
                let run = recorded(&history, time as i64, search, "").await.id;
                let filter = RunFilter { search: Some(search.clone()), ..RunFilter::default() };
                let query = RunQuery { filter, ..RunQuery::default() };
                let indexed = all(&history, &query, 50).await;
                assert!(indexed.contains(&run), "{search:?}");
                let query = RunQuery { sort: RunSort::TotalMs, ..query };
                assert_eq!(all(&history, &query, 50).await, indexed, "{search:?}");
            }
        });
    }
}
