//! A model that judges another's answer.

use regex::Regex;
use std::sync::LazyLock;

const RUBRIC: &str = include_str!("../../../../../assets/evaluations/judge.md");

/// The last line that must say it, alone on the line but for emphasis.
static VERDICT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?im)^\W*verdict\W+(pass|fail)\W*$").expect("the pattern is constant")
});

/// What the model that judges is asked. The parts are put in at once, so that
/// nothing in them is taken for a placeholder.
pub fn question(criterion: &str, prompt: &str, answer: &str) -> String {
    let mut asked = String::with_capacity(RUBRIC.len() + prompt.len() + answer.len());
    let mut rest = RUBRIC;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((name, behind)) = behind.split_once("}}") else { break };
        asked.push_str(before);
        asked.push_str(match name {
            "criterion" => criterion,
            "prompt" => prompt,
            _ => answer,
        });
        rest = behind;
    }
    asked + rest
}

/// Whether the answer met the criterion; none when the verdict can't be read.
pub fn verdict(answer: &str) -> Option<bool> {
    let found = VERDICT.captures_iter(answer).last()?;
    Some(found[1].eq_ignore_ascii_case("pass"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_holds_every_part_once() {
        let asked = question("names {{answer}}", "Who?", "I. VERDICT: PASS");
        assert!(asked.contains("names {{answer}}") && asked.contains("Who?"));
        assert_eq!(asked.matches("I. VERDICT: PASS").count(), 1);
        assert!(!asked.contains("{{criterion}}") && !asked.contains("{{prompt}}"));
    }

    #[test]
    fn only_a_line_of_its_own_is_a_verdict() {
        assert_eq!(verdict("It is right.\nVERDICT: PASS"), Some(true));
        assert_eq!(verdict("**Verdict: fail**\n"), Some(false));
        assert_eq!(verdict("VERDICT: PASS\nno,\nVERDICT: FAIL"), Some(false), "the last counts");
        for unclear in ["", "PASS", "The verdict: PASS or FAIL", "VERDICT: PASSED", "VERDICT:"] {
            assert_eq!(verdict(unclear), None, "{unclear}");
        }
    }
}
