//! What of a prompt needn't be read again.

/// Tokens that are read at once. A prompt is always read in the same parts, so
/// that a run is the same to the last bit whether its beginning was kept or
/// not: llama.cpp's sums depend on how many tokens it computes together.
pub const PART: usize = 128;

/// The keys and values that are in the context: those of the last prompt's
/// whole parts.
#[derive(Debug)]
pub struct Kept<T>(Vec<T>);

impl<T: PartialEq + Clone> Kept<T> {
    /// Nothing yet.
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// How many of `prompt`'s first tokens needn't be read: whole parts, and
    /// never all of it, since its last token yields the answer's first.
    pub fn shared_with(&self, prompt: &[T]) -> usize {
        let same = self.0.iter().zip(prompt).take_while(|(kept, token)| kept == token).count();
        same.min(prompt.len().saturating_sub(1)) / PART * PART
    }

    /// Notes what has been read of a prompt.
    pub fn keep(&mut self, read: &[T]) {
        self.0.clear();
        self.0.extend_from_slice(&read[..read.len() / PART * PART]);
    }

    /// Nothing is kept any more.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_parts_are_shared_and_the_last_token_is_read() {
        let prompt: Vec<u32> = (0..300).collect();
        let mut kept = Kept::new();
        assert_eq!(kept.shared_with(&prompt), 0);
        kept.keep(&prompt);
        assert_eq!(kept.shared_with(&prompt), 256);
        assert_eq!(kept.shared_with(&prompt[..256]), 128);
        assert_eq!(kept.shared_with(&prompt[..257]), 256);
        assert_eq!(kept.shared_with(&prompt[..1]), 0);
        assert_eq!(kept.shared_with(&[]), 0);
        let mut other = prompt.clone();
        other[200] = 7;
        assert_eq!(kept.shared_with(&other), 128);
        kept.forget();
        assert_eq!(kept.shared_with(&prompt), 0);
    }
}
