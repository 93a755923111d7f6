//! Ending an answer before a stop text.

/// Cuts a streamed text where one of some texts begins. A piece's end that a
/// stop text may begin with is held back until the next pieces decide.
///
/// Of several stop texts the one that is complete first counts, and of those
/// that end together the longest: so the cut does not depend on how the text
/// was chopped into pieces.
pub struct StopCut {
    stops: Vec<String>,
    held: String,
}

/// What came of one more piece of an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Passed {
    /// Text that is certainly before any stop text; it may be empty.
    Text(String),
    /// A stop text is complete; the last text before it.
    Stopped(String),
}

impl StopCut {
    /// Cuts before any of `stops`, none of which is empty.
    pub fn new(stops: Vec<String>) -> Self {
        Self { stops, held: String::new() }
    }

    /// Takes one more piece. Nothing may follow once it has stopped.
    pub fn push(&mut self, piece: &str) -> Passed {
        self.held.push_str(piece);
        let complete = self.stops.iter().filter_map(|stop| {
            let start = self.held.find(stop)?;
            Some((start + stop.len(), start))
        });
        if let Some((_, start)) = complete.min() {
            self.held.truncate(start);
            return Passed::Stopped(std::mem::take(&mut self.held));
        }
        let decided = self.held.len() - self.undecided();
        let rest = self.held.split_off(decided);
        Passed::Text(std::mem::replace(&mut self.held, rest))
    }

    /// What is held back, when nothing follows any more.
    pub fn rest(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// Bytes at the end that a stop text may begin with.
    fn undecided(&self) -> usize {
        let begins = |stop: &String| {
            let mut lengths = stop.char_indices().rev().map(|(length, _)| length);
            lengths.find(|&length| self.held.ends_with(&stop[..length]))
        };
        self.stops.iter().filter_map(begins).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(stops: &[String], pieces: &[String]) -> (String, bool) {
        let mut cut = StopCut::new(stops.to_vec());
        let mut passed = String::new();
        for piece in pieces {
            match cut.push(piece) {
                Passed::Text(text) => passed.push_str(&text),
                Passed::Stopped(text) => return (passed + &text, true),
            }
        }
        (passed + &cut.rest(), false)
    }

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn a_stop_text_is_found_within_and_across_pieces() {
        let stops = owned(&["END"]);
        for pieces in [&["one END two"][..], &["one E", "ND"], &["one ", "E", "N", "D two"]] {
            assert_eq!(cut(&stops, &owned(pieces)), ("one ".to_owned(), true));
        }
        assert_eq!(cut(&stops, &owned(&["one EN", "EN", "D"])), ("one EN".to_owned(), true));
        assert_eq!(cut(&stops, &owned(&["END"])), (String::new(), true));
    }

    #[test]
    fn what_may_begin_a_stop_text_is_held_and_released_when_it_does_not() {
        let mut cut = StopCut::new(owned(&["\n\nQ:", "##"]));
        assert_eq!(cut.push("one\n"), Passed::Text("one".to_owned()));
        assert_eq!(cut.push("\n"), Passed::Text(String::new()));
        assert_eq!(cut.push("Query"), Passed::Text("\n\nQuery".to_owned()));
        assert_eq!(cut.push(" #"), Passed::Text(" ".to_owned()));
        assert_eq!(cut.rest(), "#");
    }

    #[test]
    fn the_first_complete_stop_text_counts() {
        assert_eq!(cut(&owned(&["abcd", "bc"]), &owned(&["abcd"])), ("a".to_owned(), true));
        assert_eq!(cut(&owned(&["c", "bc", "abc"]), &owned(&["xabc"])), ("x".to_owned(), true));
    }

    #[test]
    fn without_stop_texts_nothing_is_held() {
        assert_eq!(StopCut::new(Vec::new()).push("é"), Passed::Text("é".to_owned()));
    }

    /// By looking at every beginning of the whole text: the first that ends in
    /// a stop text is where it stops.
    fn naive(stops: &[String], text: &str) -> (String, bool) {
        let ends = text.char_indices().map(|(at, letter)| at + letter.len_utf8());
        for end in ends {
            let longest = stops.iter().filter(|stop| text[..end].ends_with(stop.as_str()));
            if let Some(length) = longest.map(String::len).max() {
                return (text[..end - length].to_owned(), true);
            }
        }
        (text.to_owned(), false)
    }

    proptest! {
        #[test]
        fn any_chopping_gives_the_same_cut(
            // Few letters, so that stop texts do occur, overlap and begin again.
            text in "[abé\\n]{0,40}",
            stops in proptest::collection::vec("[abé\\n]{1,5}", 0..4),
            marks in proptest::collection::vec(any::<bool>(), 40),
        ) {
            let mut pieces = vec![String::new()];
            for (letter, cut_here) in text.chars().zip(marks) {
                if cut_here {
                    pieces.push(String::new());
                }
                pieces.last_mut().unwrap().push(letter);
            }
            prop_assert_eq!(cut(&stops, &pieces), naive(&stops, &text));
        }

        #[test]
        fn any_chopping_of_any_text_gives_the_same_cut(
            text in "\\PC{0,60}", from in 0..50_usize, length in 1..6_usize, size in 1..7_usize,
        ) {
            let letters: Vec<char> = text.chars().collect();
            let stop: String = letters.iter().skip(from).take(length).collect();
            let stops: Vec<String> = [stop].into_iter().filter(|stop| !stop.is_empty()).collect();
            let pieces: Vec<String> =
                letters.chunks(size).map(|piece| piece.iter().collect()).collect();
            prop_assert_eq!(cut(&stops, &pieces), naive(&stops, &text));
        }
    }
}
