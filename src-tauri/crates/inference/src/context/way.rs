//! The ways in which earlier turns give way.

use nopenai_domain::{Message, Role};

/// Fewer characters than this at either end of a cut say nothing.
const LEAST_END: usize = 8;

/// What is left of the earlier turns.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Kept {
    pub messages: Vec<Message>,
    /// Messages of which nothing is left.
    pub left_out: u32,
    /// Characters that are not left.
    pub cut: u32,
}

/// Keeps more or less of the earlier turns.
pub(super) trait Way: Sync {
    /// As much as there is, in the way's own unit.
    fn whole(&self) -> usize;
    /// How exact the search has to be when so much fits.
    fn tolerance(&self, kept: usize) -> usize;
    /// The earlier turns, with so much of them kept.
    fn keep(&self, amount: usize) -> Kept;
}

/// Leaves the oldest turns out, whole: a question with what followed it.
pub(super) struct Roll<'m> {
    messages: &'m [Message],
    /// Where each turn begins.
    turns: Vec<usize>,
}

impl<'m> Roll<'m> {
    pub fn of(messages: &'m [Message]) -> Self {
        let is_first = |at: &usize| *at == 0 || messages[*at].role == Role::User;
        Self { messages, turns: (0..messages.len()).filter(is_first).collect() }
    }
}

impl Way for Roll<'_> {
    fn whole(&self) -> usize {
        self.turns.len()
    }

    fn tolerance(&self, _: usize) -> usize {
        1
    }

    fn keep(&self, turns: usize) -> Kept {
        let dropped = self.turns.len() - turns.min(self.turns.len());
        let start = self.turns.get(dropped).copied().unwrap_or(self.messages.len());
        let (gone, kept) = self.messages.split_at(start);
        Kept {
            messages: kept.to_vec(),
            left_out: gone.len() as u32,
            cut: gone.iter().map(|message| characters(&message.content)).sum::<usize>() as u32,
        }
    }
}

/// Cuts the middle out of all earlier turns, taken as one text; as much stays
/// before the cut as behind it, and a line says where it is.
pub(super) struct Truncate<'m> {
    messages: &'m [Message],
    whole: usize,
}

impl<'m> Truncate<'m> {
    pub fn of(messages: &'m [Message]) -> Self {
        let whole = messages.iter().map(|message| characters(&message.content)).sum();
        Self { messages, whole }
    }
}

impl Way for Truncate<'_> {
    fn whole(&self) -> usize {
        self.whole
    }

    fn tolerance(&self, kept: usize) -> usize {
        (kept / 32).max(LEAST_END)
    }

    fn keep(&self, amount: usize) -> Kept {
        if amount < 2 * LEAST_END {
            let left_out = self.messages.len() as u32;
            return Kept { messages: Vec::new(), left_out, cut: self.whole as u32 };
        }
        let head = ends(self.messages, amount / 2, Cut::Behind);
        let tail = ends(self.messages, amount - amount / 2, Cut::Before);
        let left_out = tail.index.saturating_sub(head.index + 1) as u32;
        let cut = self.whole - amount;
        Kept { messages: joined(head, tail, cut), left_out, cut: cut as u32 }
    }
}

fn joined(head: End, tail: End, cut: usize) -> Vec<Message> {
    let (mut messages, mut behind) = (head.messages, tail.messages.into_iter());
    if let Some(last) = messages.last_mut() {
        last.content.push_str(&format!("\n[… {cut} characters left out …]\n"));
        // Chat templates want question and answer by turns.
        if let Some(next) = behind.next() {
            if next.role == last.role {
                last.content.push_str(&next.content);
            } else {
                messages.push(next);
            }
        }
    }
    messages.extend(behind);
    messages
}

/// On which side of what is kept the cut lies.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    Behind,
    Before,
}

/// The messages at one end of all, the last one perhaps in part.
struct End {
    messages: Vec<Message>,
    /// The message at the cut.
    index: usize,
}

/// So many characters of one end; at least one.
fn ends(messages: &[Message], amount: usize, cut: Cut) -> End {
    let mut left = amount;
    let mut kept = Vec::new();
    let mut index = 0;
    let from_end = |at: usize| if cut == Cut::Behind { at } else { messages.len() - 1 - at };
    for at in 0..messages.len() {
        if left == 0 {
            break;
        }
        index = from_end(at);
        let message = &messages[index];
        let whole = characters(&message.content);
        let taken = left.min(whole);
        left -= taken;
        let content = match cut {
            Cut::Behind => message.content.chars().take(taken).collect(),
            Cut::Before => message.content.chars().skip(whole - taken).collect(),
        };
        kept.push(Message { role: message.role, content });
    }
    if cut == Cut::Before {
        kept.reverse();
    }
    End { messages: kept, index }
}

fn characters(text: &str) -> usize {
    text.chars().count()
}
