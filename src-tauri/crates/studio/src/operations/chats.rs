//! Conversations.

use crate::{
    ChatAnswer, ChatEvent, Studio,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
    text_file,
};
use nopenai_domain::{
    Attachment, Chat, ChatContents, ChatDeletion, ChatId, ChatSettings, Error, MessageId, ModelId,
    Page, PageRequest, Result, Role, Timestamp,
};
use nopenai_inference::{SentPrompt, TokenCount};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The operations of this module.
pub const ALL: &[Entry] = &[
    Entry::of::<ListChats>(),
    Entry::of::<CreateChat>(),
    Entry::of::<UpdateChat>(),
    Entry::of::<GetChat>(),
    Entry::of::<SendMessage>(),
    Entry::of::<EditMessage>(),
    Entry::of::<Regenerate>(),
    Entry::of::<ContinueAnswer>(),
    Entry::of::<AnswerCalls>(),
    Entry::of::<SelectBranch>(),
    Entry::of::<DeleteChats>(),
    Entry::of::<RestoreChats>(),
    Entry::of::<CountMessage>(),
    Entry::of::<PreviewMessage>(),
    Entry::of::<ReadTextFile>(),
];

/// One page of the conversations, the one that was last spoken in first.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListChats {
    /// A text that their title or a message has; absent: all.
    #[serde(default)]
    pub search: Option<String>,
    /// Which page.
    #[serde(flatten)]
    pub page: PageRequest,
}

impl Operation for ListChats {
    const NAME: &'static str = "list_chats";
    const ROUTE: Route = Route { method: Method::Get, path: "/chats" };
    type Event = NoEvents;
    type Output = Page<Chat>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Page<Chat>> {
        self.page.validate()?;
        Ok(studio.store().chats().page(self.search, self.page).await?)
    }
}

/// Begins a conversation.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CreateChat {
    /// How it is held.
    #[serde(default)]
    pub settings: ChatSettings,
}

impl Operation for CreateChat {
    const NAME: &'static str = "create_chat";
    const ROUTE: Route = Route { method: Method::Post, path: "/chats" };
    type Event = NoEvents;
    type Output = Chat;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Chat> {
        let chat = studio.store().chats().create(self.settings).await?;
        studio.chats_changed();
        Ok(chat)
    }
}

/// Changes how a conversation is held, from its next answer on.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct UpdateChat {
    /// The conversation.
    pub chat: ChatId,
    /// All its settings from now on.
    pub settings: ChatSettings,
}

impl Operation for UpdateChat {
    const NAME: &'static str = "update_chat";
    const ROUTE: Route = Route { method: Method::Post, path: "/chats/{chat}" };
    type Event = NoEvents;
    type Output = Chat;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Chat> {
        let chat = studio.store().chats().update(self.chat, self.settings).await?;
        studio.chats_changed();
        Ok(chat)
    }
}

/// One conversation with all its branches, and the runs that answered.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetChat {
    /// The conversation.
    pub chat: ChatId,
}

impl Operation for GetChat {
    const NAME: &'static str = "get_chat";
    const ROUTE: Route = Route { method: Method::Get, path: "/chats/{chat}" };
    type Event = NoEvents;
    type Output = ChatContents;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<ChatContents> {
        Ok(studio.store().chats().get(self.chat).await?)
    }
}

/// Says something in a conversation, at the end of the branch that is shown,
/// and has it answered. The message stays when there is no answer, and what
/// had come of one that failed or was stopped.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SendMessage {
    /// The conversation.
    pub chat: ChatId,
    /// What is said, at most 1 MiB with its files.
    pub text: String,
    /// Text files that stand under it, at most 16.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// The model that is asked where neither the conversation nor its mode
    /// names one.
    #[serde(default)]
    pub model: Option<ModelId>,
}

impl Operation for SendMessage {
    const NAME: &'static str = "send_message";
    const ROUTE: Route = Route { method: Method::Post, path: "/chats/{chat}/messages" };
    type Event = ChatEvent;
    type Output = ChatAnswer;

    async fn run(self, studio: Studio, events: Events<ChatEvent>) -> Result<ChatAnswer> {
        let parent = studio.store().chats().get(self.chat).await?.chat.leaf;
        let said = (self.text, self.attachments);
        studio.say(self.chat, parent, said, self.model, tell(&events)).await
    }
}

/// Says something else in place of a message, which stays as another branch,
/// and has it answered.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct EditMessage {
    /// The conversation.
    pub chat: ChatId,
    /// The person's message it stands beside.
    pub message: MessageId,
    /// What is said, at most 1 MiB with its files.
    pub text: String,
    /// Text files that stand under it, at most 16.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// As in `send_message`.
    #[serde(default)]
    pub model: Option<ModelId>,
}

impl Operation for EditMessage {
    const NAME: &'static str = "edit_message";
    const ROUTE: Route = Route { method: Method::Post, path: "/chats/{chat}/messages/{message}" };
    type Event = ChatEvent;
    type Output = ChatAnswer;

    async fn run(self, studio: Studio, events: Events<ChatEvent>) -> Result<ChatAnswer> {
        let contents = studio.store().chats().get(self.chat).await?;
        let edited = contents.message(self.message)?;
        if edited.role != Role::User {
            let message = "An answer is the model's: regenerate it instead.";
            return Err(Error::invalid("message", message));
        }
        let said = (self.text, self.attachments);
        studio.say(self.chat, edited.parent, said, self.model, tell(&events)).await
    }
}

/// Gives back what the functions yield that an answer calls, and has the model
/// go on with it. Nothing is run by the application: a person says it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct AnswerCalls {
    /// The conversation.
    pub chat: ChatId,
    /// The answer that calls them.
    pub message: MessageId,
    /// What each call yields, in the order of the calls.
    pub results: Vec<String>,
    /// As in `send_message`.
    #[serde(default)]
    pub model: Option<ModelId>,
}

impl Operation for AnswerCalls {
    const NAME: &'static str = "answer_calls";
    const ROUTE: Route =
        Route { method: Method::Post, path: "/chats/{chat}/messages/{message}/results" };
    type Event = ChatEvent;
    type Output = ChatAnswer;

    async fn run(self, studio: Studio, events: Events<ChatEvent>) -> Result<ChatAnswer> {
        studio.give_back(self.chat, self.message, self.results, self.model, tell(&events)).await
    }
}

/// Has a question answered anew, beside the answers it has.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Regenerate {
    /// The conversation.
    pub chat: ChatId,
    /// The question, or one of its answers.
    pub message: MessageId,
    /// As in `send_message`.
    #[serde(default)]
    pub model: Option<ModelId>,
}

impl Operation for Regenerate {
    const NAME: &'static str = "regenerate";
    const ROUTE: Route =
        Route { method: Method::Post, path: "/chats/{chat}/messages/{message}/regenerate" };
    type Event = ChatEvent;
    type Output = ChatAnswer;

    async fn run(self, studio: Studio, events: Events<ChatEvent>) -> Result<ChatAnswer> {
        // Asked again, it is computed again.
        studio.answer_anew(self.chat, self.message, self.model, false, tell(&events)).await
    }
}

/// Goes on with the last answer of a conversation, when it was cut short: by
/// its length, by a person, by a failure or by the application's end.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ContinueAnswer {
    /// The conversation.
    pub chat: ChatId,
    /// The answer.
    pub message: MessageId,
    /// As in `send_message`.
    #[serde(default)]
    pub model: Option<ModelId>,
}

impl Operation for ContinueAnswer {
    const NAME: &'static str = "continue_answer";
    const ROUTE: Route =
        Route { method: Method::Post, path: "/chats/{chat}/messages/{message}/continue" };
    type Event = ChatEvent;
    type Output = ChatAnswer;

    async fn run(self, studio: Studio, events: Events<ChatEvent>) -> Result<ChatAnswer> {
        studio.go_on(self.chat, self.message, self.model, tell(&events)).await
    }
}

/// Shows the branch of a conversation that a message stands in, to its newest
/// end.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SelectBranch {
    /// The conversation.
    pub chat: ChatId,
    /// The message.
    pub message: MessageId,
}

impl Operation for SelectBranch {
    const NAME: &'static str = "select_branch";
    const ROUTE: Route =
        Route { method: Method::Post, path: "/chats/{chat}/messages/{message}/select" };
    type Event = NoEvents;
    type Output = Chat;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Chat> {
        Ok(studio.store().chats().select(self.chat, self.message).await?)
    }
}

/// Takes conversations off the list. Until the application ends,
/// `restore_chats` brings them back. Their runs stay in the history.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DeleteChats {
    /// Which.
    pub chats: Vec<ChatId>,
}

impl Operation for DeleteChats {
    const NAME: &'static str = "delete_chats";
    const ROUTE: Route = Route { method: Method::Post, path: "/chats/delete" };
    type Event = NoEvents;
    type Output = ChatDeletion;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<ChatDeletion> {
        let deletion = studio.store().chats().delete(self.chats).await?;
        studio.chats_changed();
        Ok(deletion)
    }
}

/// How many conversations came back.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RestoredChats {
    /// So many.
    pub chats: u64,
}

/// Brings back the conversations of one deletion.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RestoreChats {
    /// The deletion's name.
    pub deletion: Timestamp,
}

impl Operation for RestoreChats {
    const NAME: &'static str = "restore_chats";
    const ROUTE: Route = Route { method: Method::Post, path: "/chats/restore" };
    type Event = NoEvents;
    type Output = RestoredChats;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<RestoredChats> {
        let chats = studio.store().chats().restore(self.deletion).await?;
        studio.chats_changed();
        Ok(RestoredChats { chats })
    }
}

/// A message that is being written.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Draft {
    /// The conversation.
    pub chat: ChatId,
    /// What would be said.
    pub text: String,
    /// Text files that would stand under it.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// The message in whose place it would be said; absent: at the end of the
    /// branch that is shown.
    #[serde(default)]
    pub edited: Option<MessageId>,
    /// As in `send_message`.
    #[serde(default)]
    pub model: Option<ModelId>,
}

impl Draft {
    /// The conversation, and the message behind which it would stand.
    async fn place(&self, studio: &Studio) -> Result<(ChatContents, Option<MessageId>)> {
        let contents = studio.store().chats().get(self.chat).await?;
        let parent = match self.edited {
            Some(edited) => contents.message(edited)?.parent,
            None => contents.chat.leaf,
        };
        Ok((contents, parent))
    }
}

/// Counts the tokens a message would be sent as, with all that stands before
/// it. Nothing, while the model isn't loaded.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CountMessage {
    /// The message.
    #[serde(flatten)]
    pub draft: Draft,
}

impl Operation for CountMessage {
    const NAME: &'static str = "count_message";
    const ROUTE: Route = Route { method: Method::Post, path: "/chats/{chat}/tokens" };
    type Event = NoEvents;
    type Output = Option<TokenCount>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Option<TokenCount>> {
        let (contents, parent) = self.draft.place(&studio).await?;
        let Draft { text, attachments, model, .. } = self.draft;
        studio.count_in_chat(&contents, parent, (text, attachments), model).await
    }
}

/// Tells a message exactly as it would be sent: the text with the chat
/// template, and what the context policy leaves out. Nothing, while the model
/// isn't loaded.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PreviewMessage {
    /// The message.
    #[serde(flatten)]
    pub draft: Draft,
}

impl Operation for PreviewMessage {
    const NAME: &'static str = "preview_message";
    const ROUTE: Route = Route { method: Method::Post, path: "/chats/{chat}/preview" };
    type Event = NoEvents;
    type Output = Option<SentPrompt>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Option<SentPrompt>> {
        let (contents, parent) = self.draft.place(&studio).await?;
        let Draft { text, attachments, model, .. } = self.draft;
        studio.preview_in_chat(&contents, parent, (text, attachments), model).await
    }
}

/// Reads a text file for a message: UTF-8, at most 1 MiB.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ReadTextFile {
    /// The file, absolute.
    pub path: String,
}

impl Operation for ReadTextFile {
    const NAME: &'static str = "read_text_file";
    const ROUTE: Route = Route { method: Method::Post, path: "/text-files/read" };
    type Event = NoEvents;
    type Output = Attachment;

    async fn run(self, _: Studio, _: Events<NoEvents>) -> Result<Attachment> {
        tokio::task::spawn_blocking(move || text_file::read(self.path.as_ref()))
            .await
            .map_err(Error::internal)?
    }
}

/// Tells what happens; the work goes on when nobody listens any more.
fn tell(events: &Events<ChatEvent>) -> impl Fn(ChatEvent) + Send + Sync {
    |event| {
        events.send(&event);
    }
}
