//! Characters out of tokens, whose bytes may begin or end within one.

/// What stands for bytes that are no character.
const REPLACEMENT: char = '\u{fffd}';

/// Decodes UTF-8 that comes in pieces.
#[derive(Debug, Default)]
pub struct Utf8 {
    /// The beginning of a character whose rest is to come.
    begun: Vec<u8>,
}

impl Utf8 {
    /// The characters that are whole with `bytes`.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.begun.extend_from_slice(bytes);
        let mut text = String::new();
        loop {
            match str::from_utf8(&self.begun) {
                Ok(rest) => {
                    text.push_str(rest);
                    self.begun.clear();
                    return text;
                }
                Err(error) => {
                    let whole = error.valid_up_to();
                    text.push_str(&String::from_utf8_lossy(&self.begun[..whole]));
                    let Some(wrong) = error.error_len() else {
                        self.begun.drain(..whole);
                        return text;
                    };
                    text.push(REPLACEMENT);
                    self.begun.drain(..whole + wrong);
                }
            }
        }
    }

    /// What is left when nothing follows: a cut character is shown as such.
    pub fn finish(&mut self) -> String {
        let cut = !std::mem::take(&mut self.begun).is_empty();
        if cut { REPLACEMENT.to_string() } else { String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_character_is_told_when_it_is_whole() {
        let mut utf8 = Utf8::default();
        let earth = "🌍".as_bytes();
        assert_eq!(utf8.push(&earth[..1]), "");
        assert_eq!(utf8.push(&earth[1..3]), "");
        assert_eq!(utf8.push(&earth[3..]), "🌍");
        assert_eq!(utf8.push(b"a\xc3"), "a");
        assert_eq!(utf8.push(b"\xa9b"), "éb");
        assert_eq!(utf8.finish(), "");
    }

    #[test]
    fn what_is_no_character_is_marked_once() {
        let mut utf8 = Utf8::default();
        assert_eq!(utf8.push(b"a\xffb"), "a\u{fffd}b");
        assert_eq!(utf8.push(b"\xf0\x9f"), "");
        assert_eq!(utf8.push(b"x"), "\u{fffd}x");
        assert_eq!(utf8.push(b"\xe2\x82"), "");
        assert_eq!(utf8.finish(), "\u{fffd}");
        assert_eq!(utf8.finish(), "");
    }

    proptest! {
        #[test]
        fn any_chopping_gives_what_the_whole_gives(
            bytes in proptest::collection::vec(any::<u8>(), 0..64),
            text in "\\PC{0,20}",
            size in 1..5_usize,
        ) {
            for bytes in [&bytes[..], text.as_bytes()] {
                let mut utf8 = Utf8::default();
                let mut decoded: String = bytes.chunks(size).map(|piece| utf8.push(piece)).collect();
                decoded.push_str(&utf8.finish());
                prop_assert_eq!(decoded, String::from_utf8_lossy(bytes));
            }
        }
    }
}
