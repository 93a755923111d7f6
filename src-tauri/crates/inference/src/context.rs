//! Fitting a conversation into a model's context.
//!
//! What is always sent: the system prompt and the last message of the person,
//! with what may follow it. What gives way are the turns before, by the policy
//! that was chosen. Tokens are counted by whoever calls, template included, and
//! as seldom as can be: each count renders and tokenizes the whole chat.

mod way;

use nopenai_domain::{ContextPolicy, Message, Result, Role};
use std::ops::Range;
use way::{Kept, Roll, Truncate, Way};

/// A chat that was fitted, and what it took.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fitted {
    pub messages: Vec<Message>,
    /// Tokens of them.
    pub used: u32,
    /// Earlier messages that are not among them at all.
    pub left_out: u32,
    /// Characters of earlier messages that are not among them.
    pub cut_characters: u32,
}

/// Tokens that are kept free for the answer: as many as it may have, but at
/// most a quarter of the context, so that a long answer that is allowed does
/// not push most of the conversation out.
pub(crate) fn room_for_answer(max_tokens: u32, context_length: u32) -> u32 {
    max_tokens.min(context_length / 4)
}

/// Leaves out of `messages` what `policy` gives up, until they have at most
/// `budget` tokens by `count`. Where the last question with the system prompt
/// alone has more, just those remain, and the count says so. Nothing is left
/// out by [`ContextPolicy::Refuse`].
///
/// # Errors
/// Those of `count`.
pub(crate) async fn fit<F>(
    messages: Vec<Message>,
    policy: ContextPolicy,
    budget: u32,
    mut count: impl FnMut(Vec<Message>) -> F,
) -> Result<Fitted>
where
    F: Future<Output = Result<u32>>,
{
    let used = count(messages.clone()).await?;
    let earlier = earlier(&messages);
    if policy == ContextPolicy::Refuse || used <= budget || earlier.is_empty() {
        return Ok(Fitted { messages, used, left_out: 0, cut_characters: 0 });
    }
    let around = Around {
        before: messages[..earlier.start].to_vec(),
        after: messages[earlier.end..].to_vec(),
    };
    let giving = &messages[earlier];
    let way: &dyn Way = match policy {
        ContextPolicy::TruncateMiddle => &Truncate::of(giving),
        _ => &Roll::of(giving),
    };
    let (mut least, mut most) = (0, way.whole());
    let mut kept = way.keep(least);
    let mut at_least = count(around.with(&kept)).await?;
    let mut at_most = used;
    let mut steps = 0_u32;
    while at_least <= budget && most - least > way.tolerance(least) {
        let middle = between(least, most, share(budget, at_least, at_most), steps);
        steps += 1;
        let tried = way.keep(middle);
        let tokens = count(around.with(&tried)).await?;
        if tokens <= budget {
            (least, at_least, kept) = (middle, tokens, tried);
        } else {
            (most, at_most) = (middle, tokens);
        }
    }
    let messages = around.with(&kept);
    Ok(Fitted { messages, used: at_least, left_out: kept.left_out, cut_characters: kept.cut })
}

/// What is always sent.
struct Around {
    before: Vec<Message>,
    after: Vec<Message>,
}

impl Around {
    fn with(&self, kept: &Kept) -> Vec<Message> {
        [&self.before[..], &kept.messages, &self.after].concat()
    }
}

/// Where between two counts the budget lies, as a share of the way.
fn share(budget: u32, at_least: u32, at_most: u32) -> f64 {
    let way = f64::from(at_most.saturating_sub(at_least).max(1));
    f64::from(budget.saturating_sub(at_least)) / way
}

/// The next place to count at: where a straight line meets the budget, and
/// every second time the middle, so that the way is halved at least
/// (interpolation with bisection, as in Dekker 1969).
fn between(least: usize, most: usize, share: f64, steps: u32) -> usize {
    let share = if steps.is_multiple_of(2) { share } else { 0.5 };
    let at = least + ((most - least) as f64 * share) as usize;
    at.clamp(least + 1, most - 1)
}

/// The turns that may give way: what stands between the system prompt and the
/// last question.
fn earlier(messages: &[Message]) -> Range<usize> {
    let start = messages.iter().take_while(|message| message.role == Role::System).count();
    let last = messages.iter().rposition(|message| message.role == Role::User);
    start..last.unwrap_or(start).max(start)
}

#[cfg(test)]
mod tests;
