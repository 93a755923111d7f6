//! Modes a person made or changed: table `mode`.

use crate::{
    Result, Store,
    value::{from_json, json},
};
use nopenai_domain::{Mode, ModeId, ModelId};
use rusqlite::{Row, params};

/// The modes of a [`Store`].
#[derive(Clone)]
pub struct Modes {
    store: Store,
}

impl Modes {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// All of them, by name. A shipped one is here only when it was changed.
    ///
    /// # Errors
    /// When they could not be read.
    pub async fn list(&self) -> Result<Vec<Mode>> {
        let read = |connection: &rusqlite::Connection| {
            connection
                .prepare_cached("SELECT * FROM mode ORDER BY name, id")?
                .query_map([], |row| Ok(mode(row)))?
                .map(|mode| mode?)
                .collect()
        };
        self.store.read(read).await
    }

    /// Keeps a mode, in place of the one of its identifier.
    ///
    /// # Errors
    /// [`crate::StoreError::Input`] for a value out of range.
    pub async fn save(&self, mode: Mode) -> Result<()> {
        mode.validate()?;
        let write = move |connection: &rusqlite::Connection| {
            connection.execute(
                "INSERT OR REPLACE INTO mode \
                 (id, name, description, model_id, parameters, shipped) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    mode.id.0,
                    mode.name,
                    mode.description,
                    mode.model.as_ref().map(|model| &model.0),
                    json(&mode.parameters)?,
                    mode.shipped,
                ],
            )?;
            Ok(())
        };
        self.store.write(write).await
    }

    /// Forgets a mode; gives whether it was there.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn remove(&self, mode: ModeId) -> Result<bool> {
        let write = move |connection: &rusqlite::Connection| {
            Ok(connection.execute("DELETE FROM mode WHERE id = ?1", [mode.0])? > 0)
        };
        self.store.write(write).await
    }
}

fn mode(row: &Row<'_>) -> Result<Mode> {
    let shipped = row.get("shipped")?;
    let model: Option<String> = row.get("model_id")?;
    Ok(Mode {
        id: ModeId(row.get("id")?),
        name: row.get("name")?,
        description: row.get("description")?,
        model: model.map(ModelId),
        parameters: from_json(&row.get::<_, String>("parameters")?)?,
        shipped,
        changed: shipped,
    })
}
