use regex::Regex;
use std::sync::LazyLock;

/// "B", "(B)", "**B**", "B) Paris", "b. Paris" at the start of the answer. A
/// letter before a space is none: "A cat is …" chooses nothing.
static AT_START: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[\s*_(\[`]*([A-Za-z])(?:[*_`]*\s*$|[*_`]*[).:\]])")
        .expect("the pattern is constant")
});

/// "the answer is (B)", "Answer: B", "the correct option is B", "الجواب: B".
static IN_WORDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:(?i:answer|option|choice)|الإجابة|الجواب|الخيار)[^.\n]{0,40}?(?:\b(?i:is)\b|:|هو|هي)[\s*_(\[`]*([A-Z])(?:[^\w]|$)",
    )
    .expect("the pattern is constant")
});

/// "(B)" or "**B**" anywhere.
static MARKED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\(([A-Z])\)|\*\*([A-Z])\*\*").expect("the pattern is constant"));

/// The option that an answer chooses, by the first rule that finds one:
///
/// 1. the answer begins with a letter that stands alone or before `)`, `.`, `:`
///    or `]`, in brackets and emphasis or not;
/// 2. the last "answer is X", "answer: X", "option is X" or "choice is X",
///    X being a capital;
/// 3. letters in round brackets or bold, when all of them are the same one.
pub fn chosen(answer: &str) -> Option<char> {
    let letter = |found: &str| found.chars().next().map(|letter| letter.to_ascii_uppercase());
    if let Some(found) = AT_START.captures(answer) {
        return letter(&found[1]);
    }
    if let Some(found) = IN_WORDS.captures_iter(answer).last() {
        return letter(&found[1]);
    }
    let mut marked = MARKED
        .captures_iter(answer)
        .filter_map(|found| found.get(1).or_else(|| found.get(2)))
        .filter_map(|found| letter(found.as_str()));
    let first = marked.next()?;
    marked.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_read_by_the_rules() {
        for answer in [
            "B",
            "b",
            " (B) ",
            "**B**",
            "B) Paris",
            "B. Paris",
            "[B]: Paris",
            "The answer is B.",
            "First A looked right, but the correct answer is **B**",
            "Answer: (B)\nsince it is the capital",
            "The correct option is B",
            "الإجابة الصحيحة هي B",
            "I would say (B), yes, (B).",
        ] {
            assert_eq!(chosen(answer), Some('B'), "{answer}");
        }
        for answer in
            ["", "A cat sat on the mat.", "Either (A) or (B).", "Paris", "The answer is Berlin."]
        {
            assert_eq!(chosen(answer), None, "{answer}");
        }
    }
}
