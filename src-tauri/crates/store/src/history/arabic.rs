//! Arabic as the index knows it: what people write one for the other is one.

use std::borrow::Cow;

/// A text as the view `run_words` of `0002_history.sql` folds it.
pub fn folded(text: &str) -> Cow<'_, str> {
    if text.chars().all(|letter| fold(letter) == Some(letter)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter_map(fold).collect())
}

/// A letter in place of the one that is written; none for a sign that many
/// leave out.
fn fold(letter: char) -> Option<char> {
    match letter {
        // Tatweel, vowel signs, and the alef above a letter.
        '\u{640}' | '\u{64b}'..='\u{655}' | '\u{670}' => None,
        // Alef with madda, with hamza above and below, and wasla.
        '\u{622}' | '\u{623}' | '\u{625}' | '\u{671}' => Some('\u{627}'),
        // Alef maksura.
        '\u{649}' => Some('\u{64a}'),
        // Teh marbuta.
        '\u{629}' => Some('\u{647}'),
        _ => Some(letter),
    }
}
