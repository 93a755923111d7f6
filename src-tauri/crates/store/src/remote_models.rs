//! Models that answer elsewhere: table `remote_model`.

use crate::{Result, Store, StoreError};
use nopenai_domain::{Code, Error, ModelId, RemoteModel, Timestamp};
use rusqlite::{Connection, Row, params};

const COLUMNS: &str = "id, name, base_url, model, context_length, has_key, changed_at";

/// The remote models of a [`Store`].
#[derive(Clone)]
pub struct RemoteModels {
    store: Store,
}

impl RemoteModels {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// All of them, by identifier.
    ///
    /// # Errors
    /// When they could not be read.
    pub async fn list(&self) -> Result<Vec<RemoteModel>> {
        self.store.read(all).await
    }

    /// Keeps one, in place of the one of its identifier.
    ///
    /// # Errors
    /// [`StoreError::Input`] for a value out of range, and for a name that
    /// another one has.
    pub async fn save(&self, model: RemoteModel) -> Result<()> {
        model.validate()?;
        let write = move |connection: &Connection| {
            let name = model.name.trim().to_lowercase();
            let others = all(connection)?;
            let is_taken =
                |other: &RemoteModel| other.id != model.id && other.name.to_lowercase() == name;
            if others.iter().any(is_taken) {
                let message = "There is a remote model of that name already: choose another name.";
                let taken = Error::new(Code::AlreadyExists, message).with("field", "name");
                return Err(taken.into());
            }
            connection.execute(
                &format!(
                    "INSERT OR REPLACE INTO remote_model ({COLUMNS}) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
                ),
                params![
                    model.id.0,
                    model.name.trim(),
                    model.base_url,
                    model.model.trim(),
                    model.context_length,
                    model.has_key,
                    model.changed_at.0,
                ],
            )?;
            Ok(())
        };
        self.store.write(write).await
    }

    /// Forgets one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove(&self, id: ModelId) -> Result<()> {
        let write = move |connection: &Connection| {
            let removed = connection.execute("DELETE FROM remote_model WHERE id = ?1", [&id.0])?;
            if removed == 1 {
                Ok(())
            } else {
                Err(StoreError::NotFound(format!("remote model {id}")))
            }
        };
        self.store.write(write).await
    }
}

fn all(connection: &Connection) -> Result<Vec<RemoteModel>> {
    let models = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM remote_model ORDER BY id"))?
        .query_map([], model)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(models)
}

fn model(row: &Row<'_>) -> rusqlite::Result<RemoteModel> {
    Ok(RemoteModel {
        id: ModelId(row.get(0)?),
        name: row.get(1)?,
        base_url: row.get(2)?,
        model: row.get(3)?,
        context_length: row.get(4)?,
        has_key: row.get(5)?,
        changed_at: Timestamp(row.get(6)?),
    })
}
