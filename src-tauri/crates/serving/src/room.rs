//! Whether a prompt fits.

use nopenai_domain::{Code, Error, Result};

/// Tokens left for the answer to a prompt of `tokens`, of a model that reads
/// `most` together; `limit` is the context length that was set.
///
/// # Errors
/// [`Code::ContextOverflow`] when none is left.
pub fn room(tokens: u32, limit: Option<u32>, most: u32) -> Result<u32> {
    let available = limit.unwrap_or(u32::MAX).min(most);
    match available.checked_sub(tokens) {
        Some(room) if room > 0 => Ok(room),
        _ => Err(overflow(tokens, available, available < most)),
    }
}

fn overflow(used: u32, available: u32, limited: bool) -> Error {
    let message = if limited {
        format!(
            "The prompt has {used} tokens, and the context length is set to {available} with the \
             answer. Shorten the prompt or raise the context length."
        )
    } else {
        format!(
            "The prompt has {used} tokens, and this model reads {available} with its answer. \
             Shorten the prompt or choose a model with a longer context."
        )
    };
    Error::new(Code::ContextOverflow, message).with("used", used).with("available", available)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_leaves_room_for_one_token_at_least() {
        assert_eq!(room(99, None, 100), Ok(1));
        assert_eq!(room(50, Some(60), 100), Ok(10));
        assert_eq!(room(50, Some(1000), 100), Ok(50));
        let refused = |tokens, limit| room(tokens, limit, 100).unwrap_err();
        assert_eq!(refused(100, None).code, Code::ContextOverflow);
        assert_eq!(refused(100, None).details["available"], 100);
        assert_eq!(refused(60, Some(60)).details["available"], 60);
        assert!(refused(60, Some(60)).message.contains("set to 60"));
    }
}
