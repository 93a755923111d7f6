use unicode_normalization::UnicodeNormalization;

/// What opens and closes the thoughts that some models write before their
/// answer.
const THOUGHTS: (&str, &str) = ("<think>", "</think>");

/// The answer without the thoughts at its start: nothing is left of an answer
/// that never came to an end of them.
pub fn without_thoughts(answer: &str) -> &str {
    let Some(thoughts) = answer.trim_start().strip_prefix(THOUGHTS.0) else { return answer };
    thoughts.split_once(THOUGHTS.1).map_or("", |(_, answer)| answer)
}

/// A text as texts are compared: without the invisible characters that only
/// direct the writing (LRM, RLM, ALM, embeddings, overrides and isolates) and
/// the byte order mark, in Unicode NFC, without white space at its ends, and in
/// lower case unless case makes a difference.
pub fn normalised(text: &str, case_sensitive: bool) -> String {
    let visible: String = text.chars().filter(|letter| !is_direction(*letter)).nfc().collect();
    let trimmed = visible.trim();
    if case_sensitive { trimmed.to_owned() } else { trimmed.to_lowercase().nfc().collect() }
}

fn is_direction(letter: char) -> bool {
    matches!(letter,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn thoughts_are_left_out_at_the_start_only() {
        assert_eq!(without_thoughts("\n<think>4? 5?</think> 4"), " 4");
        assert_eq!(without_thoughts("<think>without an end"), "");
        assert_eq!(without_thoughts("I <think> so"), "I <think> so");
    }

    #[test]
    fn what_looks_the_same_is_the_same() {
        assert_eq!(normalised(" Cafe\u{301}\n", false), "café");
        assert_eq!(normalised("\u{200f}\u{202e}Paris\u{2069}", false), "paris");
        assert_eq!(normalised("Paris", true), "Paris");
        assert_eq!(normalised("a\u{0}b", false), "a\u{0}b", "NUL is a letter like others");
    }

    proptest! {
        #[test]
        fn normalising_again_changes_nothing(text in any::<String>(), case in any::<bool>()) {
            let once = normalised(&text, case);
            prop_assert_eq!(normalised(&once, case), once);
        }
    }
}
