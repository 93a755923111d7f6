use schemars::JsonSchema;
use serde::Serialize;
use similar::{Algorithm, ChangeTag, TextDiff};
use std::time::{Duration, Instant};

/// How long the search for a small difference may take; a coarser one is given
/// then.
const DEADLINE: Duration = Duration::from_millis(500);

/// Which of two texts has a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Both.
    Same,
    /// Only the first.
    OnlyA,
    /// Only the second.
    OnlyB,
}

/// Adjacent words with the same fate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Piece {
    /// Which text has it.
    pub change: Change,
    /// The words, with the white space between them.
    pub text: String,
}

/// What differs between two texts, word by word (Unicode Standard Annex 29;
/// Myers 1986, "An O(ND) Difference Algorithm"). The pieces that are not
/// [`Change::OnlyB`] are `a`, those that are not [`Change::OnlyA`] are `b`.
pub fn differences(a: &str, b: &str) -> Vec<Piece> {
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Myers)
        .deadline(Instant::now() + DEADLINE)
        .diff_unicode_words(a, b);
    let mut pieces: Vec<Piece> = Vec::new();
    for word in diff.iter_all_changes() {
        let change = match word.tag() {
            ChangeTag::Equal => Change::Same,
            ChangeTag::Delete => Change::OnlyA,
            ChangeTag::Insert => Change::OnlyB,
        };
        match pieces.last_mut() {
            Some(piece) if piece.change == change => piece.text.push_str(word.value()),
            _ => pieces.push(Piece { change, text: word.value().to_owned() }),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn side(pieces: &[Piece], other: Change) -> String {
        let of_side = pieces.iter().filter(|piece| piece.change != other);
        of_side.map(|piece| piece.text.as_str()).collect()
    }

    #[test]
    fn a_changed_word_is_found() {
        let pieces = differences("The sky is blue.", "The sky is red.");
        let changed: Vec<_> = pieces.iter().filter(|piece| piece.change != Change::Same).collect();
        assert_eq!(changed.len(), 2);
        assert_eq!((changed[0].change, changed[0].text.as_str()), (Change::OnlyA, "blue"));
        assert_eq!((changed[1].change, changed[1].text.as_str()), (Change::OnlyB, "red"));
    }

    #[test]
    fn large_texts_end_in_time() {
        let text = |word: &str| format!("{word} x ").repeat(50_000);
        let began = Instant::now();
        let pieces = differences(&text("a"), &text("b"));
        assert!(began.elapsed() < Duration::from_secs(30));
        assert_eq!(side(&pieces, Change::OnlyB), text("a"));
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_from_the_pieces(a in "[ab ×ش\n]{0,60}", b in "[ab ×ش\n]{0,60}") {
            let pieces = differences(&a, &b);
            prop_assert_eq!(side(&pieces, Change::OnlyB), a);
            prop_assert_eq!(side(&pieces, Change::OnlyA), b);
        }
    }
}
