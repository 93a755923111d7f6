use super::{
    choice::chosen,
    shape,
    text::{normalised, without_thoughts},
};
use nopenai_domain::{Expectation, Reason, Verdict};
use regex::{Regex, RegexBuilder};
use serde_json::Value;

/// The largest compiled regular expression, bytes: with the bound of the text
/// it bounds the time of a search, which grows with their product.
const MAX_REGEX_BYTES: usize = 256 * 1024;

/// The longest answer that is searched by a regular expression, bytes.
const MAX_SEARCHED_BYTES: usize = 64 * 1024;

/// What an answer came to, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// What it came to.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// Facts behind the reason.
    pub detail: Option<String>,
}

/// Judges an answer; none where only another model can.
///
/// Of every answer the thoughts at its start (`<think>…</think>`) are left out.
/// - exact: both texts in Unicode NFC, without characters that only direct the
///   writing, white space at the ends trimmed; in lower case unless the item
///   says that case makes a difference. Then they are equal.
/// - contains: both as for exact; then one is within the other.
/// - regex: searched for in the answer as it came, up to 64 KiB. The engine
///   knows no backtracking: its time is linear in the answer.
/// - multiple choice: the letter by [`chosen`].
/// - JSON schema: the whole answer as JSON, and where that is none the first
///   code fence, ```` ```json ```` or without a language, that holds JSON.
pub fn assess(expectation: &Expectation, answer: &str) -> Option<Assessment> {
    let answer = without_thoughts(answer);
    let found = match expectation {
        Expectation::Exact { text, case_sensitive } => {
            let equal = normalised(answer, *case_sensitive) == normalised(text, *case_sensitive);
            Found::when(equal, Reason::Different)
        }
        Expectation::Contains { text, case_sensitive } => {
            let text = normalised(text, *case_sensitive);
            let within = normalised(answer, *case_sensitive).contains(&text);
            Found::when(within, Reason::NotContained)
        }
        Expectation::Regex { .. } if answer.len() > MAX_SEARCHED_BYTES => Found::TooLong,
        Expectation::Regex { pattern } => match regex(pattern) {
            Ok(pattern) => Found::when(pattern.is_match(answer), Reason::NoMatch),
            Err(_) => Found::Wrong(Reason::NoMatch, None),
        },
        Expectation::MultipleChoice { letter } => match chosen(answer) {
            Some(found) if found == letter.to_ascii_uppercase() => Found::AsExpected,
            Some(found) => Found::Wrong(Reason::Different, Some(found.to_string())),
            None => Found::Wrong(Reason::NoChoice, None),
        },
        Expectation::JsonSchema { schema } => match json(answer) {
            Some(value) => match shape::mismatch(schema, &value) {
                Some(place) => Found::Wrong(Reason::OtherShape, Some(place)),
                None => Found::AsExpected,
            },
            None => Found::Wrong(Reason::NoJson, None),
        },
        Expectation::Judge { .. } => return None,
    };
    Some(found.into())
}

/// Compiles a regular expression of bounded size; the engine knows neither
/// backtracking nor look-around.
///
/// # Errors
/// Why it is none.
pub fn regex(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(MAX_REGEX_BYTES).dfa_size_limit(1 << 20).build()
}

enum Found {
    AsExpected,
    Wrong(Reason, Option<String>),
    TooLong,
}

impl Found {
    fn when(as_expected: bool, otherwise: Reason) -> Self {
        if as_expected { Self::AsExpected } else { Self::Wrong(otherwise, None) }
    }
}

impl From<Found> for Assessment {
    fn from(found: Found) -> Self {
        let (verdict, reason, detail) = match found {
            Found::AsExpected => (Verdict::Passed, Reason::AsExpected, None),
            Found::Wrong(reason, detail) => (Verdict::Failed, reason, detail),
            Found::TooLong => (Verdict::NotJudged, Reason::TooLong, None),
        };
        Self { verdict, reason, detail }
    }
}

/// The JSON in an answer.
fn json(answer: &str) -> Option<Value> {
    let whole = serde_json::from_str(answer.trim()).ok();
    whole.or_else(|| {
        // Every second piece between fences is within one.
        answer.split("```").skip(1).step_by(2).find_map(|fence| {
            let language = fence.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("json"));
            let inside = if language { fence.get(4..)? } else { fence };
            serde_json::from_str(inside.trim()).ok()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn reason(expectation: &Expectation, answer: &str) -> Reason {
        assess(expectation, answer).unwrap().reason
    }

    fn exact(text: &str) -> Expectation {
        Expectation::Exact { text: text.to_owned(), case_sensitive: false }
    }

    fn contains(text: &str) -> Expectation {
        Expectation::Contains { text: text.to_owned(), case_sensitive: true }
    }

    fn pattern(pattern: &str) -> Expectation {
        Expectation::Regex { pattern: pattern.to_owned() }
    }

    #[test]
    fn texts_are_compared_as_stated() {
        assert_eq!(reason(&exact("Café"), "\u{200f} cafe\u{301} "), Reason::AsExpected);
        assert_eq!(reason(&exact("Café"), "Café."), Reason::Different);
        assert_eq!(reason(&contains("Paris"), "It is Paris."), Reason::AsExpected);
        assert_eq!(reason(&contains("Paris"), "It is paris."), Reason::NotContained);
        assert_eq!(reason(&contains("4"), "<think>4</think>5"), Reason::NotContained);
        assert_eq!(reason(&exact("a\u{0}b"), "A\u{0}B"), Reason::AsExpected);
    }

    #[test]
    fn options_and_expressions() {
        let choice = Expectation::MultipleChoice { letter: 'b' };
        assert_eq!(reason(&choice, "B) Paris"), Reason::AsExpected);
        let other = assess(&choice, "The answer is C.").unwrap();
        assert_eq!((other.reason, other.detail.as_deref()), (Reason::Different, Some("C")));
        assert_eq!(reason(&choice, "Paris"), Reason::NoChoice);
        assert_eq!(reason(&pattern(r"\b42\b"), "It is 42."), Reason::AsExpected);
        assert_eq!(reason(&pattern(r"\b42\b"), "It is 142."), Reason::NoMatch);
    }

    #[test]
    fn json_is_taken_from_the_answer_or_its_fence() {
        let schema = json!({ "type": "object", "required": ["a"] });
        let expectation = Expectation::JsonSchema { schema };
        for answer in [
            r#" {"a": 1} "#,
            "Here:\n```json\n{\"a\": 1}\n```\nDone.",
            "```\nno json\n```\n```JSON {\"a\": 1}```",
            "<think>```json {}```</think>```\n{\"a\":[]}\n```",
        ] {
            assert_eq!(reason(&expectation, answer), Reason::AsExpected, "{answer}");
        }
        assert_eq!(reason(&expectation, "```json\n{}\n```"), Reason::OtherShape);
        for answer in ["", "a: 1", "```json", "``````", "```é```", &"[".repeat(100_000)] {
            assert_eq!(reason(&expectation, answer), Reason::NoJson, "{:.20}", answer);
        }
    }

    #[test]
    fn hostile_expressions_end() {
        let answer = "ab".repeat(MAX_SEARCHED_BYTES / 2);
        for hostile in ["(a+)+$", "(a|a)*c", "(.*)*=x", "[ab]*a[ab]{100}c", "(?:a?){50}a{50}c"] {
            let assessment = assess(&pattern(hostile), &answer).unwrap();
            assert_eq!(assessment.reason, Reason::NoMatch, "{hostile}");
        }
        assert!(regex("(((a{100}){100}){100}){100}").is_err(), "too large");
        assert!(regex(r"(?=a)").is_err(), "no look-around");
        let long = assess(&pattern("a"), &"a".repeat(1 << 20)).unwrap();
        assert_eq!((long.verdict, long.reason), (Verdict::NotJudged, Reason::TooLong));
    }

    #[test]
    fn long_answers_are_compared() {
        let answer = "é\u{202e}x ".repeat(200_000);
        assert_eq!(reason(&contains("nowhere"), &answer), Reason::NotContained);
        assert_eq!(reason(&exact(&answer), &answer), Reason::AsExpected);
        let choice = Expectation::MultipleChoice { letter: 'A' };
        assert_eq!(reason(&choice, &"answer (".repeat(100_000)), Reason::NoChoice);
    }

    proptest! {
        #[test]
        fn every_text_contains_and_equals_itself(text in "\\PC{1,40}", around in any::<String>()) {
            prop_assume!(!normalised(&text, true).is_empty() && !text.contains("<think>"));
            prop_assert_eq!(reason(&exact(&text), &format!(" {text}\n")), Reason::AsExpected);
            prop_assume!(!around.contains("<think>"));
            let within = format!("{around} {text} {around}");
            prop_assert_eq!(reason(&contains(text.trim()), &within), Reason::AsExpected);
        }

        #[test]
        fn no_answer_breaks_a_judgement(answer in any::<String>()) {
            let schema = Expectation::JsonSchema { schema: json!({ "type": "object" }) };
            for expectation in [schema, Expectation::MultipleChoice { letter: 'A' }, pattern(".")] {
                prop_assert!(assess(&expectation, &answer).is_some());
            }
        }
    }
}
