//! A conversation and its messages as rows, and back.

use super::{from_word, json, word};
use crate::{Result, StoreError, value::from_json};
use nopenai_domain::{
    Chat, ChatId, ChatMessage, ChatSettings, MessageId, ModeId, ModelId, Role, RunId, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

/// Writes a conversation that begins.
pub fn insert(connection: &Connection, chat: &Chat) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO chat (id, title, parameters, context_policy, created_at, updated_at) \
             VALUES (?1, '', '{}', 'refuse', ?2, ?3)",
        )?
        .execute(params![chat.id.to_string(), chat.created_at.0, chat.updated_at.0])?;
    update(connection, chat.id, &chat.settings)
}

/// Writes how a conversation is held.
pub fn update(connection: &Connection, chat: ChatId, settings: &ChatSettings) -> Result<()> {
    let changed = connection
        .prepare_cached(
            "UPDATE chat SET title = :title, model_id = :model_id, mode_id = :mode_id, \
             parameters = :parameters, context_policy = :context_policy \
             WHERE id = :id AND deletion IS NULL",
        )?
        .execute(named_params! {
            ":id": chat.to_string(),
            ":title": settings.title.trim(),
            ":model_id": settings.model.as_ref().map(|model| &model.0),
            ":mode_id": settings.mode.as_ref().map(|mode| &mode.0),
            ":parameters": json(&settings.parameters)?,
            ":context_policy": word(&settings.context_policy)?,
        })?;
    if changed == 1 { Ok(()) } else { Err(not_found(chat)) }
}

/// Notes which branch is shown.
pub fn select(connection: &Connection, chat: ChatId, leaf: MessageId) -> Result<()> {
    connection
        .prepare_cached("UPDATE chat SET leaf_id = ?2 WHERE id = ?1")?
        .execute(params![chat.to_string(), leaf.to_string()])?;
    Ok(())
}

/// The conversation of an identifier, unless deleted.
pub fn by_id(connection: &Connection, chat: ChatId) -> Result<Chat> {
    connection
        .prepare_cached("SELECT * FROM chat WHERE id = ?1 AND deletion IS NULL")?
        .query_row([chat.to_string()], |row| Ok(self::chat(row)))
        .optional()?
        .unwrap_or_else(|| Err(not_found(chat)))
}

/// The conversations behind a place in the list.
pub fn page(
    connection: &Connection,
    search: Option<&str>,
    at: i64,
    id: &str,
    limit: usize,
) -> Result<Vec<Chat>> {
    connection
        .prepare_cached(
            "SELECT * FROM chat WHERE deletion IS NULL AND (updated_at, id) < (?1, ?2) \
             AND (?4 IS NULL OR title LIKE ?4 ESCAPE '\\' OR EXISTS (SELECT 1 FROM chat_message \
             WHERE chat_id = chat.id AND text LIKE ?4 ESCAPE '\\')) \
             ORDER BY updated_at DESC, id DESC LIMIT ?3",
        )?
        .query_map(params![at, id, limit as i64, search.map(pattern)], |row| Ok(chat(row)))?
        .map(|chat| chat?)
        .collect()
}

/// What LIKE finds a text by, anywhere.
fn pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for letter in search.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern + "%"
}

/// Adds a message, or writes anew what changes of one: its text, its run and
/// whether it is under way.
pub fn add(connection: &Connection, message: &ChatMessage, open: bool) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO chat_message \
             (id, chat_id, parent_id, role, text, attachments, run_id, open, created_at) \
             VALUES (:id, :chat_id, :parent_id, :role, :text, :attachments, :run_id, :open, \
             :created_at) \
             ON CONFLICT (id) DO UPDATE SET text = :text, run_id = :run_id, open = :open",
        )?
        .execute(named_params! {
            ":id": message.id.to_string(),
            ":chat_id": message.chat.to_string(),
            ":parent_id": message.parent.map(|parent| parent.to_string()),
            ":role": word(&message.role)?,
            ":text": message.text,
            ":attachments": json(&message.attachments)?,
            ":run_id": message.run.map(|run| run.to_string()),
            ":open": open,
            ":created_at": message.created_at.0,
        })?;
    Ok(())
}

/// The messages of a conversation, the oldest first.
pub fn messages(connection: &Connection, chat: ChatId) -> Result<Vec<ChatMessage>> {
    connection
        .prepare_cached("SELECT * FROM chat_message WHERE chat_id = ?1 ORDER BY id")?
        .query_map([chat.to_string()], |row| Ok(message(row)))?
        .map(|message| message?)
        .collect()
}

/// Whether an answer is under way.
pub fn is_answering(connection: &Connection, chat: ChatId) -> Result<bool> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM chat_message WHERE chat_id = ?1 AND open = 1)",
        )?
        .query_row([chat.to_string()], |row| row.get(0))?)
}

fn chat(row: &Row<'_>) -> Result<Chat> {
    let text = |column: &str| row.get::<_, String>(column);
    let leaf: Option<String> = row.get("leaf_id")?;
    Ok(Chat {
        id: from_word(&text("id")?)?,
        settings: ChatSettings {
            title: text("title")?,
            model: row.get::<_, Option<String>>("model_id")?.map(ModelId),
            mode: row.get::<_, Option<String>>("mode_id")?.map(ModeId),
            parameters: from_json(&text("parameters")?)?,
            context_policy: from_word(&text("context_policy")?)?,
        },
        leaf: leaf.as_deref().map(from_word::<MessageId>).transpose()?,
        created_at: Timestamp(row.get("created_at")?),
        updated_at: Timestamp(row.get("updated_at")?),
    })
}

fn message(row: &Row<'_>) -> Result<ChatMessage> {
    let text = |column: &str| row.get::<_, String>(column);
    let parent: Option<String> = row.get("parent_id")?;
    let run: Option<String> = row.get("run_id")?;
    Ok(ChatMessage {
        id: from_word(&text("id")?)?,
        chat: from_word(&text("chat_id")?)?,
        parent: parent.as_deref().map(from_word::<MessageId>).transpose()?,
        role: from_word::<Role>(&text("role")?)?,
        text: text("text")?,
        attachments: from_json(&text("attachments")?)?,
        run: run.as_deref().map(from_word::<RunId>).transpose()?,
        created_at: Timestamp(row.get("created_at")?),
    })
}

fn not_found(chat: ChatId) -> StoreError {
    StoreError::NotFound(format!("chat {chat}"))
}
