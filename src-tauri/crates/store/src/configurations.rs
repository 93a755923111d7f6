//! How models are used: tables `model_configuration` and `preset`.

use crate::{
    Result, Store,
    value::{from_json, json},
};
use nopenai_domain::{Error, ModelConfiguration, ModelId, Preset};
use rusqlite::{Connection, OptionalExtension, params};

/// The longest name of a preset, in characters.
const MAX_NAME: usize = 40;

/// The configurations of a [`Store`].
#[derive(Clone)]
pub struct Configurations {
    store: Store,
}

impl Configurations {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// A model's configuration, when it has one.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn get(&self, model: ModelId) -> Result<Option<ModelConfiguration>> {
        let read = move |connection: &Connection| {
            let text: Option<String> = connection
                .prepare_cached(
                    "SELECT configuration FROM model_configuration WHERE model_id = ?1",
                )?
                .query_row([model.0], |row| row.get(0))
                .optional()?;
            text.as_deref().map(from_json).transpose()
        };
        self.store.read(read).await
    }

    /// Keeps a model's configuration, in place of the one it had.
    ///
    /// # Errors
    /// [`crate::StoreError::Input`] for a value out of range.
    pub async fn save(&self, model: ModelId, configuration: ModelConfiguration) -> Result<()> {
        configuration.validate()?;
        let write = move |connection: &Connection| {
            connection.execute(
                "INSERT OR REPLACE INTO model_configuration (model_id, configuration) \
                 VALUES (?1, ?2)",
                params![model.0, json(&configuration)?],
            )?;
            Ok(())
        };
        self.store.write(write).await
    }

    /// Forgets a model's configuration.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn remove(&self, model: ModelId) -> Result<()> {
        let write = move |connection: &Connection| {
            connection.execute("DELETE FROM model_configuration WHERE model_id = ?1", [model.0])?;
            Ok(())
        };
        self.store.write(write).await
    }

    /// The presets, by name.
    ///
    /// # Errors
    /// When they could not be read.
    pub async fn presets(&self) -> Result<Vec<Preset>> {
        let read = |connection: &Connection| {
            connection
                .prepare_cached("SELECT name, configuration FROM preset ORDER BY name")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .map(|row| {
                    let (name, configuration): (String, String) = row?;
                    Ok(Preset { name, configuration: from_json(&configuration)? })
                })
                .collect()
        };
        self.store.read(read).await
    }

    /// Keeps a preset, in place of the one of its name.
    ///
    /// # Errors
    /// [`crate::StoreError::Input`] for a value out of range, and for a name
    /// that is empty or longer than 40 characters.
    pub async fn save_preset(&self, preset: Preset) -> Result<()> {
        preset.configuration.validate()?;
        if preset.name.trim().is_empty() || preset.name.chars().count() > MAX_NAME {
            return Err(Error::invalid("name", "A preset's name has 1 to 40 characters.").into());
        }
        let write = move |connection: &Connection| {
            connection.execute(
                "INSERT OR REPLACE INTO preset (name, configuration) VALUES (?1, ?2)",
                params![preset.name, json(&preset.configuration)?],
            )?;
            Ok(())
        };
        self.store.write(write).await
    }

    /// Forgets a preset; gives whether it was there.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn remove_preset(&self, name: String) -> Result<bool> {
        let write = move |connection: &Connection| {
            Ok(connection.execute("DELETE FROM preset WHERE name = ?1", [name])? > 0)
        };
        self.store.write(write).await
    }
}
