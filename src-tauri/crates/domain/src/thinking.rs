//! What a reasoning model writes before its answer, between `<think>` and
//! `</think>`.

const OPENING: &str = "<think>";
const CLOSING: &str = "</think>";

/// An answer without the thinking before it. A chat template may have opened
/// the block in the prompt, so that the answer only closes it; an answer that
/// ended while it was thinking says nothing.
pub fn without_thinking(answer: &str) -> &str {
    if let Some((_, said)) = answer.split_once(CLOSING) {
        return said.trim_start();
    }
    if answer.trim_start().starts_with(OPENING) {
        return "";
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_stays() {
        assert_eq!(without_thinking("<think>\n2+2\n</think>\n\n4"), "4");
        assert_eq!(without_thinking("2+2 is\n</think>\n4"), "4");
        assert_eq!(without_thinking("<think>\nnever"), "");
        assert_eq!(
            without_thinking("An answer about <think> tags"),
            "An answer about <think> tags"
        );
        assert_eq!(without_thinking(""), "");
    }
}
