//! What a person should know: table `notification`.

use crate::{
    Result, Store, StoreError,
    value::{from_json, from_word, json, word},
};
use nopenai_domain::{Level, Notice, Notification, Page, PageRequest, Timestamp};
use rusqlite::{Connection, Row, params};

/// The oldest go when there are more.
const KEPT: u32 = 1000;

/// The notifications of a [`Store`].
#[derive(Clone)]
pub struct Notifications {
    store: Store,
}

impl Notifications {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Keeps a notification, stamped with the present moment. The latest 1000
    /// are kept.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn add(&self, notice: Notice) -> Result<Notification> {
        let at = self.store.clock().now();
        self.store.write(move |connection| insert(connection, notice, at)).await
    }

    /// One page, newest first; of one level, or of all.
    ///
    /// # Errors
    /// [`StoreError::Cursor`] for a cursor that is none of ours;
    /// [`StoreError::Input`] for a limit out of range.
    pub async fn page(
        &self,
        level: Option<Level>,
        request: PageRequest,
    ) -> Result<Page<Notification>> {
        request.validate()?;
        let before = match request.after.as_deref() {
            Some(text) => {
                text.parse().map_err(|_| StoreError::Cursor(text.chars().take(64).collect()))?
            }
            None => i64::MAX,
        };
        let limit = request.limit as usize;
        self.store.read(move |connection| page(connection, level, before, limit)).await
    }

    /// Marks those up to a number as seen.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn read(&self, up_to: i64) -> Result<()> {
        let write = move |connection: &Connection| {
            connection
                .execute("UPDATE notification SET read = 1 WHERE read = 0 AND id <= ?1", [up_to])?;
            Ok(())
        };
        self.store.write(write).await
    }

    /// Forgets some.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn dismiss(&self, notifications: Vec<i64>) -> Result<()> {
        let write = move |connection: &Connection| {
            let mut statement =
                connection.prepare_cached("DELETE FROM notification WHERE id = ?1")?;
            for id in notifications {
                statement.execute([id])?;
            }
            Ok(())
        };
        self.store.write(write).await
    }

    /// Forgets all of a level, or all.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn dismiss_all(&self, level: Option<Level>) -> Result<()> {
        let write = move |connection: &Connection| {
            match level {
                Some(level) => connection
                    .execute("DELETE FROM notification WHERE level = ?1", [word(&level)?])?,
                None => connection.execute("DELETE FROM notification", [])?,
            };
            Ok(())
        };
        self.store.write(write).await
    }

    /// How many were not seen.
    ///
    /// # Errors
    /// When they could not be counted.
    pub async fn unread(&self) -> Result<u64> {
        let count = |connection: &Connection| {
            let sql = "SELECT count(*) FROM notification WHERE read = 0";
            let count: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
            Ok(count as u64)
        };
        self.store.read(count).await
    }
}

fn insert(connection: &Connection, notice: Notice, at: Timestamp) -> Result<Notification> {
    connection.execute(
        "INSERT INTO notification (at, level, topic, facts, subject) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            at.0,
            word(&notice.level)?,
            word(&notice.topic)?,
            json(&notice.facts)?,
            notice.subject.as_ref().map(json).transpose()?,
        ],
    )?;
    let id = connection.last_insert_rowid();
    connection.execute(
        "DELETE FROM notification WHERE id <= \
         (SELECT id FROM notification ORDER BY id DESC LIMIT 1 OFFSET ?1)",
        [KEPT],
    )?;
    let Notice { level, topic, facts, subject } = notice;
    Ok(Notification { id, at, level, topic, facts, subject, read: false })
}

fn page(
    connection: &Connection,
    level: Option<Level>,
    before: i64,
    limit: usize,
) -> Result<Page<Notification>> {
    let condition = if level.is_some() { "level = ?3 AND" } else { "?3 IS NULL AND" };
    let mut items = connection
        .prepare_cached(&format!(
            "SELECT * FROM notification WHERE {condition} id < ?1 ORDER BY id DESC LIMIT ?2"
        ))?
        .query_map(
            params![before, limit as i64 + 1, level.as_ref().map(word).transpose()?],
            |row| Ok(notification(row)),
        )?
        .map(|notification| notification?)
        .collect::<Result<Vec<_>>>()?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(Page { items, next })
}

fn notification(row: &Row<'_>) -> Result<Notification> {
    let text = |column: &str| row.get::<_, String>(column);
    let subject: Option<String> = row.get("subject")?;
    Ok(Notification {
        id: row.get("id")?,
        at: Timestamp(row.get("at")?),
        level: from_word(&text("level")?)?,
        topic: from_word(&text("topic")?)?,
        facts: from_json(&text("facts")?)?,
        subject: subject.as_deref().map(from_json).transpose()?,
        read: row.get("read")?,
    })
}
