//! Conversations: tables `chat` and `chat_message`.

mod row;

use crate::{
    Result, Store, StoreError,
    history::run_of,
    value::{from_word, json, word},
};
use nopenai_domain::{
    AnswerRun, Chat, ChatContents, ChatDeletion, ChatId, ChatMessage, ChatSettings, Code, Error,
    MessageId, Page, PageRequest, RunId, Timestamp, newest_leaf, title_of,
};
use rusqlite::{Connection, params};

/// The conversations of a [`Store`].
#[derive(Clone)]
pub struct Chats {
    store: Store,
}

impl Chats {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Begins a conversation.
    ///
    /// # Errors
    /// [`StoreError::Input`] for settings out of range.
    pub async fn create(&self, settings: ChatSettings) -> Result<Chat> {
        settings.validate()?;
        let now = self.store.clock().now();
        let id = ChatId::generate();
        let chat = Chat { id, settings, leaf: None, created_at: now, updated_at: now };
        self.store
            .write(move |connection| {
                row::insert(connection, &chat)?;
                Ok(chat)
            })
            .await
    }

    /// Changes how a conversation is held; it keeps its place in the list.
    ///
    /// # Errors
    /// [`StoreError::Input`] for settings out of range, [`StoreError::NotFound`].
    pub async fn update(&self, chat: ChatId, settings: ChatSettings) -> Result<Chat> {
        settings.validate()?;
        self.store
            .write(move |connection| {
                row::update(connection, chat, &settings)?;
                row::by_id(connection, chat)
            })
            .await
    }

    /// One page, the one that was last spoken in first. `search` finds titles
    /// and what was said, whatever the case of ASCII letters.
    ///
    /// # Errors
    /// [`StoreError::Cursor`] for a cursor that is none of ours;
    /// [`StoreError::Input`] for a limit out of range.
    pub async fn page(&self, search: Option<String>, request: PageRequest) -> Result<Page<Chat>> {
        request.validate()?;
        let (at, id) = match request.after.as_deref() {
            Some(text) => cursor(text)?,
            // Behind every identifier.
            None => (i64::MAX, "~".to_owned()),
        };
        let limit = request.limit as usize;
        let search = search.map(|search| search.trim().to_owned()).filter(|text| !text.is_empty());
        let read = move |connection: &Connection| {
            let mut items = row::page(connection, search.as_deref(), at, &id, limit + 1)?;
            let more = items.len() > limit;
            items.truncate(limit);
            let next = items
                .last()
                .filter(|_| more)
                .map(|last| format!("{}~{}", last.updated_at.0, last.id));
            Ok(Page { items, next })
        };
        self.store.read(read).await
    }

    /// A conversation with all its branches, answers under way as far as they
    /// had come when they were begun.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get(&self, chat: ChatId) -> Result<ChatContents> {
        self.store.read(move |connection| contents(connection, chat)).await
    }

    /// Adds a person's message behind `parent` and shows it. A conversation
    /// without a title is called by its first words.
    ///
    /// # Errors
    /// [`StoreError::Input`] for a message that is empty or too long, and with
    /// [`Code::Busy`] while an answer is under way; [`StoreError::NotFound`].
    pub async fn ask(&self, message: ChatMessage) -> Result<()> {
        message.validate()?;
        self.store
            .write(move |connection| {
                row::by_id(connection, message.chat)?;
                refuse_while_answering(connection, message.chat)?;
                row::add(connection, &message, false)?;
                show(connection, message.chat, message.id, message.created_at)?;
                connection
                    .prepare_cached("UPDATE chat SET title = ?2 WHERE id = ?1 AND title = ''")?
                    .execute(params![message.chat.to_string(), title_of(&message.text)])?;
                Ok(())
            })
            .await
    }

    /// Adds an answer that `message.run` begins to give, and shows it. An
    /// answer of this identifier is continued by that run. Does not wait: it is
    /// written before every piece of the answer.
    pub fn begin_answer(&self, message: ChatMessage) {
        let chat = message.chat;
        let now = self.store.clock().now();
        self.store.write_later(
            move |connection| {
                row::add(connection, &message, true)?;
                show(connection, chat, message.id, now)
            },
            move |result| {
                if let Err(error) = result {
                    tracing::warn!(%chat, %error, "the beginning of an answer was not stored");
                }
            },
        );
    }

    /// Records how an answer ended, whole, in place of what was recorded at its
    /// beginning.
    ///
    /// # Errors
    /// When it could not be written; the run still holds it then.
    pub async fn end_answer(&self, message: ChatMessage) -> Result<()> {
        let now = self.store.clock().now();
        self.store
            .write(move |connection| {
                row::add(connection, &message, false)?;
                touch(connection, message.chat, now)
            })
            .await
    }

    /// Shows the branch through `message`, to its newest end.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn select(&self, chat: ChatId, message: MessageId) -> Result<Chat> {
        self.store
            .write(move |connection| {
                let messages = row::messages(connection, chat)?;
                if !messages.iter().any(|other| other.id == message) {
                    return Err(StoreError::NotFound(format!("message {message} in this chat")));
                }
                row::select(connection, chat, newest_leaf(&messages, message))?;
                row::by_id(connection, chat)
            })
            .await
    }

    /// Takes conversations off the list. They are kept until the next
    /// [`Store::open`], so that [`Chats::restore`] can undo it; those that
    /// aren't there (any more) are passed over. Their runs stay in the history.
    ///
    /// # Errors
    /// [`StoreError::Input`] with [`Code::Busy`] while an answer is under way
    /// in one of them.
    pub async fn delete(&self, chats: Vec<ChatId>) -> Result<ChatDeletion> {
        let deletion = self.store.new_deletion();
        let write = move |connection: &Connection| {
            let mut deleted = 0;
            for chat in &chats {
                refuse_while_answering(connection, *chat)?;
                deleted += connection
                    .prepare_cached(
                        "UPDATE chat SET deletion = ?2 WHERE id = ?1 AND deletion IS NULL",
                    )?
                    .execute(params![chat.to_string(), deletion.0])?
                    as u64;
            }
            Ok(ChatDeletion { deletion, chats: deleted })
        };
        self.store.write(write).await
    }

    /// Undoes a deletion of this process; gives how many are back.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn restore(&self, deletion: Timestamp) -> Result<u64> {
        self.store
            .write(move |connection| {
                let restored = connection
                    .execute("UPDATE chat SET deletion = NULL WHERE deletion = ?1", [deletion.0])?;
                Ok(restored as u64)
            })
            .await
    }
}

fn contents(connection: &Connection, chat: ChatId) -> Result<ChatContents> {
    let found = row::by_id(connection, chat)?;
    let messages = row::messages(connection, chat)?;
    let runs: Vec<RunId> = messages.iter().filter_map(|message| message.run).collect();
    let runs = runs
        .iter()
        .filter_map(|run| run_of(connection, &run.to_string()).transpose())
        .map(|run| run.map(AnswerRun::from))
        .collect::<Result<Vec<_>>>()?;
    Ok(ChatContents { chat: found, messages, runs })
}

fn refuse_while_answering(connection: &Connection, chat: ChatId) -> Result<()> {
    if row::is_answering(connection, chat)? {
        let message = "An answer is under way in this chat: wait for it, or stop it.";
        return Err(Error::new(Code::Busy, message).into());
    }
    Ok(())
}

fn show(connection: &Connection, chat: ChatId, leaf: MessageId, at: Timestamp) -> Result<()> {
    row::select(connection, chat, leaf)?;
    touch(connection, chat, at)
}

fn touch(connection: &Connection, chat: ChatId, at: Timestamp) -> Result<()> {
    connection
        .prepare_cached("UPDATE chat SET updated_at = ?2 WHERE id = ?1")?
        .execute(params![chat.to_string(), at.0])?;
    Ok(())
}

fn cursor(text: &str) -> Result<(i64, String)> {
    let parsed = text.split_once('~').and_then(|(at, id)| {
        let id: ChatId = from_word(id).ok()?;
        Some((at.parse().ok()?, id.to_string()))
    });
    parsed.ok_or_else(|| StoreError::Cursor(text.chars().take(64).collect()))
}

/// Removes what was deleted before this process, and gives the answers an
/// earlier one left under way what their runs had answered: call it when those
/// are closed.
pub fn recover(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "DELETE FROM chat WHERE deletion IS NOT NULL;
         UPDATE chat_message SET open = 0, text = text || coalesce(
             (SELECT answer FROM prompt_history WHERE prompt_history.id = run_id), '')
         WHERE open = 1;",
    )?;
    Ok(())
}
