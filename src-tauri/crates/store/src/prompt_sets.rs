//! Prompts that are asked together: tables `prompt_set` and `prompt_set_item`.

use crate::{
    Result, Store, StoreError,
    value::{from_json, from_word, json, word},
};
use nopenai_domain::{
    Code, Error, Page, PageRequest, PromptSet, PromptSetId, PromptSetItem, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// The longest name of a set, in characters.
const MAX_NAME: usize = 80;

const SETS: &str = "SELECT s.*, \
     (SELECT count(*) FROM prompt_set_item i WHERE i.set_id = s.id AND i.revision = s.revision) \
         AS items, \
     (SELECT count(expectation) FROM prompt_set_item i \
         WHERE i.set_id = s.id AND i.revision = s.revision) AS expecting, \
     (SELECT count(*) FROM prompt_set_item i WHERE i.set_id = s.id AND i.revision = s.revision \
         AND expectation ->> 'kind' = 'judge') AS judged \
     FROM prompt_set s WHERE s.deletion IS NULL";

/// The prompt sets of a [`Store`].
#[derive(Clone)]
pub struct PromptSets {
    store: Store,
}

impl PromptSets {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// All sets: the product's, then a person's by name.
    ///
    /// # Errors
    /// When they could not be read.
    pub async fn list(&self) -> Result<Vec<PromptSet>> {
        let read = |connection: &Connection| {
            connection
                .prepare_cached(&format!(
                    "{SETS} ORDER BY shipped DESC, CASE shipped WHEN 1 THEN s.rowid END, \
                     name COLLATE NOCASE"
                ))?
                .query_map([], |row| Ok(set(row)))?
                .map(|set| set?)
                .collect()
        };
        self.store.read(read).await
    }

    /// One set.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get(&self, id: PromptSetId) -> Result<PromptSet> {
        self.store.read(move |connection| by_id(connection, &id)).await
    }

    /// The set of that name, when there is one, the product's before a person's;
    /// case makes no difference.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn named(&self, name: String) -> Result<Option<PromptSet>> {
        let read = move |connection: &Connection| {
            connection
                .prepare_cached(&format!(
                    "{SETS} AND name = ?1 COLLATE NOCASE ORDER BY shipped DESC LIMIT 1"
                ))?
                .query_row([name], |row| Ok(set(row)))
                .optional()?
                .transpose()
        };
        self.store.read(read).await
    }

    /// Keeps a set with `items`, in place of the one of its identifier, whose
    /// items stay for the evaluations they were asked in. Gives it as it is
    /// kept, with its next revision.
    ///
    /// # Errors
    /// [`StoreError::Input`] for a name that is empty, longer than 80
    /// characters or that of another of a person's, or of the product's, and
    /// for no items.
    pub async fn save(&self, set: PromptSet, items: Vec<PromptSetItem>) -> Result<PromptSet> {
        let name = set.name.trim().to_owned();
        if !(1..=MAX_NAME).contains(&name.chars().count()) {
            return Err(Error::invalid("name", "A set's name has 1 to 80 characters.").into());
        }
        if items.is_empty() {
            return Err(Error::invalid("items", "A set has at least one prompt.").into());
        }
        let changed_at = self.store.clock().now();
        let set = PromptSet { name, changed_at, ..set };
        self.store.write(move |connection| write(connection, &set, &items)).await
    }

    /// One page of the items of a set's revision, in their order.
    ///
    /// # Errors
    /// [`StoreError::Cursor`] for a cursor that is none of ours;
    /// [`StoreError::Input`] for a limit out of range.
    pub async fn items(
        &self,
        id: PromptSetId,
        revision: u32,
        request: PageRequest,
    ) -> Result<Page<PromptSetItem>> {
        request.validate()?;
        let after = position(request.after.as_deref())?;
        let limit = request.limit as usize;
        let read = move |connection: &Connection| {
            let mut items = connection
                .prepare_cached(
                    "SELECT * FROM prompt_set_item WHERE set_id = ?1 AND revision = ?2 \
                     AND position > ?3 ORDER BY position LIMIT ?4",
                )?
                .query_map(params![id.0, revision, after, limit as i64 + 1], |row| Ok(item(row)))?
                .map(|item| item?)
                .collect::<Result<Vec<_>>>()?;
            let more = items.len() > limit;
            items.truncate(limit);
            let next = items.last().filter(|_| more).map(|last| last.position.to_string());
            Ok(Page { items, next })
        };
        self.store.read(read).await
    }

    /// Takes a person's set off the list, with its evaluations. They are kept
    /// until the next [`Store::open`], so that [`PromptSets::restore`] can undo
    /// it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Input`] for one that came with
    /// the product.
    pub async fn remove(&self, id: PromptSetId) -> Result<()> {
        let now = self.store.clock().now();
        let write = move |connection: &Connection| {
            if by_id(connection, &id)?.shipped {
                let message = "A set that came with the product stays.";
                return Err(Error::invalid("set", message).into());
            }
            connection.execute(
                "UPDATE prompt_set SET deletion = ?2 WHERE id = ?1",
                params![id.0, now.0],
            )?;
            Ok(())
        };
        self.store.write(write).await
    }

    /// Undoes [`PromptSets::remove`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it was not removed since the last start;
    /// [`StoreError::Input`] when its name has been taken.
    pub async fn restore(&self, id: PromptSetId) -> Result<PromptSet> {
        let write = move |connection: &Connection| {
            let changed = connection.execute(
                "UPDATE prompt_set SET deletion = NULL WHERE id = ?1 AND deletion IS NOT NULL",
                [&id.0],
            );
            match changed.map_err(name_taken)? {
                0 => Err(not_found(&id)),
                _ => by_id(connection, &id),
            }
        };
        self.store.write(write).await
    }
}

fn write(connection: &Connection, set: &PromptSet, items: &[PromptSetItem]) -> Result<PromptSet> {
    let revision: Option<u32> = connection
        .prepare_cached("SELECT max(revision) FROM prompt_set WHERE id = ?1")?
        .query_row([&set.id.0], |row| row.get(0))?;
    let revision = revision.unwrap_or(0) + 1;
    connection
        .execute(
            "INSERT INTO prompt_set \
             (id, name, description, licence, capability, shipped, revision, changed_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO UPDATE SET \
             name = ?2, description = ?3, licence = ?4, capability = ?5, shipped = ?6, \
             revision = ?7, changed_at = ?8, deletion = NULL",
            params![
                set.id.0,
                set.name,
                set.description,
                set.licence,
                set.capability.as_ref().map(word).transpose()?,
                set.shipped,
                revision,
                set.changed_at.0,
            ],
        )
        .map_err(name_taken)?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO prompt_set_item (set_id, revision, position, prompt, system, expectation) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (position, item) in (1..).zip(items) {
        let expectation = item.expectation.as_ref().map(json).transpose()?;
        insert.execute(params![
            set.id.0,
            revision,
            position,
            item.prompt,
            item.system,
            expectation
        ])?;
    }
    by_id(connection, &set.id)
}

/// Removes what was deleted before this process.
pub fn purge(connection: &Connection) -> Result<()> {
    connection.execute("DELETE FROM prompt_set WHERE deletion IS NOT NULL", [])?;
    Ok(())
}

/// A page's cursor: the position of the last row seen.
pub(crate) fn position(after: Option<&str>) -> Result<u32> {
    let Some(text) = after else { return Ok(0) };
    text.parse().map_err(|_| StoreError::Cursor(text.chars().take(64).collect()))
}

fn by_id(connection: &Connection, id: &PromptSetId) -> Result<PromptSet> {
    connection
        .prepare_cached(&format!("{SETS} AND s.id = ?1"))?
        .query_row([&id.0], |row| Ok(set(row)))
        .optional()?
        .unwrap_or_else(|| Err(not_found(id)))
}

fn not_found(id: &PromptSetId) -> StoreError {
    StoreError::NotFound(format!("prompt set {id}"))
}

fn name_taken(error: rusqlite::Error) -> StoreError {
    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) {
        let message = "There is a set of that name already: choose another name, or replace it.";
        return Error::new(Code::AlreadyExists, message).with("field", "name").into();
    }
    error.into()
}

fn set(row: &Row<'_>) -> Result<PromptSet> {
    let capability: Option<String> = row.get("capability")?;
    Ok(PromptSet {
        id: PromptSetId(row.get("id")?),
        name: row.get("name")?,
        description: row.get("description")?,
        licence: row.get("licence")?,
        capability: capability.as_deref().map(from_word).transpose()?,
        shipped: row.get("shipped")?,
        revision: row.get("revision")?,
        changed_at: Timestamp(row.get("changed_at")?),
        items: row.get("items")?,
        expecting: row.get("expecting")?,
        judged: row.get("judged")?,
    })
}

pub(crate) fn item(row: &Row<'_>) -> Result<PromptSetItem> {
    let expectation: Option<String> = row.get("expectation")?;
    Ok(PromptSetItem {
        position: row.get("position")?,
        prompt: row.get("prompt")?,
        system: row.get("system")?,
        expectation: expectation.as_deref().map(from_json).transpose()?,
    })
}
