//! Conversations: a tree of messages, of which one branch is shown.

use crate::{
    ChatId, Error, FinishReason, MAX_PROMPT_BYTES, Measures, Message, MessageId, ModeId, ModelId,
    Outcome, ParameterOverrides, Result, Role, Run, RunId, Timestamp, ToolCall, declared_tools,
    tool_calls, without_thinking,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// The longest title, in characters.
const MAX_TITLE: usize = 200;

/// The most files of a message.
const MAX_ATTACHMENTS: usize = 16;

/// The title's length where it is made of the first message, in characters.
const OWN_TITLE: usize = 60;

/// What happens when a conversation no longer fits into the model's context.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContextPolicy {
    /// The run is refused with the tokens used and available.
    #[default]
    Refuse,
    /// The oldest turns are left out: questions with their answers.
    Rolling,
    /// The middle of the earlier turns is cut out, and a line says where.
    TruncateMiddle,
}

/// What was sent of a conversation that did not fit whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContextUse {
    /// What was done so that it fits.
    pub policy: ContextPolicy,
    /// Earlier messages that were not sent at all.
    pub left_out: u32,
    /// Characters that were cut out of earlier messages, those of messages
    /// that were left out among them.
    pub cut_characters: u32,
    /// Tokens of what was sent, chat template included.
    pub used: u32,
    /// Tokens that prompt and answer may have together.
    pub available: u32,
}

/// A text file that stands under a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attachment {
    /// The file's name, without its folder.
    pub name: String,
    /// What it holds.
    pub text: String,
    /// The file's size, bytes.
    pub bytes: u64,
}

/// How a conversation is held.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ChatSettings {
    /// Its name, at most 200 characters; empty: the first words of its first
    /// message, once there is one.
    pub title: String,
    /// The model that answers; absent: the one the window has chosen.
    pub model: Option<ModelId>,
    /// The mode, when one is chosen.
    pub mode: Option<ModeId>,
    /// Over mode and configuration, the system prompt among them.
    pub parameters: ParameterOverrides,
    /// What happens when it no longer fits into the context.
    pub context_policy: ContextPolicy,
}

impl ChatSettings {
    /// Checks every range.
    ///
    /// # Errors
    /// [`crate::Code::InvalidInput`] naming the field.
    pub fn validate(&self) -> Result<()> {
        if self.title.chars().count() > MAX_TITLE {
            return Err(Error::invalid("title", "A title has at most 200 characters."));
        }
        self.parameters.validate()
    }
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Chat {
    /// Its identifier.
    pub id: ChatId,
    /// How it is held.
    pub settings: ChatSettings,
    /// The last message of the branch that is shown; absent while it is empty.
    pub leaf: Option<MessageId>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When something was last said in it.
    pub updated_at: Timestamp,
}

/// A message of a conversation. Messages with the same parent are versions of
/// each other: an edited question, an answer that was given anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChatMessage {
    /// Its identifier.
    pub id: MessageId,
    /// The conversation.
    pub chat: ChatId,
    /// The message it follows; absent for a first one.
    pub parent: Option<MessageId>,
    /// Who speaks: a person, the model, or a function it has called.
    pub role: Role,
    /// What is said; of an answer under way, what had come before it was
    /// continued.
    pub text: String,
    /// Files that stand under it.
    pub attachments: Vec<Attachment>,
    /// The run that made it, of an answer; the last one, where it was
    /// continued.
    pub run: Option<RunId>,
    /// When it was written.
    pub created_at: Timestamp,
}

impl ChatMessage {
    /// Its text as it is sent, with the files under it.
    pub fn content(&self) -> String {
        let mut content = self.text.clone();
        for Attachment { name, text, .. } in &self.attachments {
            let (end, fence) = (if text.ends_with('\n') { "" } else { "\n" }, fence(text));
            // Writing to a String cannot fail.
            let _ = write!(content, "\n\n{name}:\n{fence}\n{text}{end}{fence}");
        }
        content
    }

    /// Checks a person's message.
    ///
    /// # Errors
    /// [`crate::Code::InvalidInput`] naming the field.
    pub fn validate(&self) -> Result<()> {
        if self.text.trim().is_empty() {
            return Err(Error::invalid("text", "The message is empty: type a question."));
        }
        if self.attachments.len() > MAX_ATTACHMENTS {
            return Err(Error::invalid("attachments", "A message has at most 16 files."));
        }
        let bytes = self.content().len();
        if bytes > MAX_PROMPT_BYTES {
            let message = format!(
                "The message has {bytes} bytes with its files, and at most {MAX_PROMPT_BYTES} are \
                 read. Shorten it, or attach less."
            );
            return Err(Error::invalid("text", message));
        }
        Ok(())
    }
}

/// A fence that no line of `text` can close.
fn fence(text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// A title made of a first message: its first words.
pub fn title_of(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= OWN_TITLE {
        return line;
    }
    let start: String = line.chars().take(OWN_TITLE).collect();
    let words = start.rsplit_once(' ').map_or(start.as_str(), |(words, _)| words);
    format!("{words}…")
}

/// The branch that ends in `leaf`, its first message first. Empty when there is
/// no such message.
pub fn branch(messages: &[ChatMessage], leaf: Option<MessageId>) -> Vec<&ChatMessage> {
    let mut branch = Vec::new();
    let mut next = leaf;
    // A message follows an earlier one, so this ends; the bound is for a
    // damaged store.
    while let Some(message) = messages.iter().find(|message| Some(message.id) == next)
        && branch.len() < messages.len()
    {
        branch.push(message);
        next = message.parent;
    }
    branch.reverse();
    branch
}

/// The newest message of the branch through `message`: what is shown when that
/// version is chosen.
pub fn newest_leaf(messages: &[ChatMessage], message: MessageId) -> MessageId {
    let mut leaf = message;
    // Identifiers sort by creation time, and a message is younger than its
    // parent: one pass in that order sees every child after its parent.
    let mut ordered: Vec<&ChatMessage> = messages.iter().collect();
    ordered.sort_by_key(|message| message.id);
    let mut below = vec![message];
    for candidate in ordered {
        if candidate.parent.is_some_and(|parent| below.contains(&parent)) {
            below.push(candidate.id);
            leaf = candidate.id;
        }
    }
    leaf
}

/// A branch as it is sent: without the thinking of its answers, and without
/// questions that got no answer at all. What functions gave back stays even at
/// the end, where the others of the same answer follow.
pub fn turns(branch: &[&ChatMessage]) -> Vec<Message> {
    let mut turns: Vec<Message> = Vec::new();
    for message in branch {
        match message.role {
            Role::Assistant => {
                let said = without_thinking(&message.text);
                if said.trim().is_empty() {
                    turns.pop();
                } else {
                    turns.push(Message { role: Role::Assistant, content: said.to_owned() });
                }
            }
            Role::Tool => turns.push(Message { role: Role::Tool, content: message.content() }),
            role => {
                // Chat templates want question and answer by turns.
                if turns.last().is_some_and(|last| last.role == role) {
                    turns.pop();
                }
                turns.push(Message { role, content: message.content() });
            }
        }
    }
    if turns.last().is_some_and(|last| last.role == Role::User) {
        turns.pop();
    }
    turns
}

/// Conversations that were taken off the list together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChatDeletion {
    /// Its name: its moment, unique in this store.
    pub deletion: Timestamp,
    /// How many conversations.
    pub chats: u64,
}

/// What a conversation shows of the run that made an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerRun {
    /// The run.
    pub id: RunId,
    /// The model that answered.
    pub model: ModelId,
    /// That model's name at the time.
    pub model_name: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why the model stopped, when it did.
    pub finish_reason: Option<FinishReason>,
    /// Why it failed, when it did.
    pub error: Option<Error>,
    /// What was measured.
    pub measures: Measures,
    /// What was left out so that it fits, when something was.
    pub context: Option<ContextUse>,
    /// Functions it calls; a person says what they give back.
    pub calls: Vec<ToolCall>,
}

impl From<Run> for AnswerRun {
    fn from(run: Run) -> Self {
        // A declaration that was recorded was read before.
        let tools = declared_tools(&run.parameters.tools).unwrap_or_default();
        Self {
            id: run.id,
            calls: tool_calls(&run.answer, &tools),
            model: run.model,
            model_name: run.model_name,
            outcome: run.outcome,
            finish_reason: run.finish_reason,
            error: run.error,
            measures: run.measures,
            context: run.context,
        }
    }
}

/// A conversation with all its branches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChatContents {
    /// The conversation.
    pub chat: Chat,
    /// Its messages, the oldest first.
    pub messages: Vec<ChatMessage>,
    /// The runs of its answers, as far as they are in the history.
    pub runs: Vec<AnswerRun>,
}

impl ChatContents {
    /// One of its messages.
    ///
    /// # Errors
    /// [`crate::Code::NotFound`].
    pub fn message(&self, id: MessageId) -> Result<&ChatMessage> {
        self.messages.iter().find(|message| message.id == id).ok_or_else(|| {
            Error::new(crate::Code::NotFound, format!("There is no message {id} in this chat."))
        })
    }

    /// The branch that ends in `leaf`, its first message first.
    pub fn branch(&self, leaf: Option<MessageId>) -> Vec<&ChatMessage> {
        branch(&self.messages, leaf)
    }

    /// The run that made an answer.
    pub fn run_of(&self, message: &ChatMessage) -> Option<&AnswerRun> {
        self.runs.iter().find(|run| Some(run.id) == message.run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(parent: Option<MessageId>, role: Role, text: &str) -> ChatMessage {
        ChatMessage {
            id: MessageId::generate(),
            chat: ChatId::generate(),
            parent,
            role,
            text: text.to_owned(),
            attachments: Vec::new(),
            run: None,
            created_at: Timestamp(0),
        }
    }

    #[test]
    fn a_title_is_the_first_words() {
        assert_eq!(title_of("  What is\n2+2? "), "What is 2+2?");
        let title = title_of(&"lighthouse ".repeat(20));
        assert_eq!(title, format!("{}…", ["lighthouse"; 5].join(" ")));
        assert_eq!(title_of(&"长".repeat(90)).chars().count(), OWN_TITLE + 1);
    }

    #[test]
    fn a_file_is_fenced_so_that_it_cannot_end_its_fence() {
        let mut asked = message(None, Role::User, "Why?");
        let text = "a\n```\nb".to_owned();
        asked.attachments.push(Attachment { name: "x.md".to_owned(), text, bytes: 7 });
        assert_eq!(asked.content(), "Why?\n\nx.md:\n````\na\n```\nb\n````");
    }

    #[test]
    fn a_branch_is_followed_to_its_root_and_to_its_newest_leaf() {
        let first = message(None, Role::User, "1");
        let answer = message(Some(first.id), Role::Assistant, "2");
        let second = message(Some(answer.id), Role::User, "3");
        let other = message(Some(first.id), Role::Assistant, "2b");
        let edited = message(None, Role::User, "1b");
        let all = [first, answer, second, other, edited];
        let texts: Vec<&str> =
            branch(&all, Some(all[2].id)).iter().map(|message| message.text.as_str()).collect();
        assert_eq!(texts, ["1", "2", "3"]);
        assert_eq!(newest_leaf(&all, all[1].id), all[2].id);
        assert_eq!(newest_leaf(&all, all[3].id), all[3].id);
        assert_eq!(newest_leaf(&all, all[4].id), all[4].id);
        assert!(branch(&all, Some(MessageId::generate())).is_empty());
    }

    #[test]
    fn what_functions_gave_back_follows_the_calls() {
        let said = [
            message(None, Role::User, "a"),
            message(None, Role::Assistant, "<tool_call>…"),
            message(None, Role::Tool, "1"),
            message(None, Role::Tool, "2"),
        ];
        let all: Vec<_> = said.iter().collect();
        let texts = |turns: Vec<Message>| {
            turns.into_iter().map(|turn| turn.content).collect::<Vec<_>>().join("|")
        };
        assert_eq!(texts(turns(&all[..3])), "a|<tool_call>…|1");
        assert_eq!(texts(turns(&all)), "a|<tool_call>…|1|2");
    }

    #[test]
    fn turns_alternate_without_thinking_and_without_what_was_not_answered() {
        let said = [
            message(None, Role::User, "a"),
            message(None, Role::Assistant, ""),
            message(None, Role::User, "b"),
            message(None, Role::Assistant, "<think>hm</think>\n\nB"),
            message(None, Role::User, "never answered"),
            message(None, Role::User, "c"),
            message(None, Role::Assistant, "C"),
            message(None, Role::User, "not answered yet"),
        ];
        let turns = turns(&said.iter().collect::<Vec<_>>());
        let texts: Vec<&str> = turns.iter().map(|turn| turn.content.as_str()).collect();
        assert_eq!(texts, ["b", "B", "c", "C"]);
    }
}
