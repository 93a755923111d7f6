//! Settings: table `setting`.

use crate::{
    Result, Store,
    value::{from_json, json},
};
use nopenai_domain::Settings;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value};

/// The row of what a person set.
const SETTINGS: &str = "settings";

/// The settings of a [`Store`].
#[derive(Clone)]
pub struct SettingsTable {
    store: Store,
}

impl SettingsTable {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// What a person set; the default for each field that is missing, can't be
    /// read or is out of range.
    ///
    /// # Errors
    /// When the table could not be read.
    pub async fn get(&self) -> Result<Settings> {
        let text = self.store.read(text).await?;
        let stored = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        readable(stored)
    }

    /// Keeps what a person set.
    ///
    /// # Errors
    /// [`crate::StoreError::Input`] for a value out of range.
    pub async fn set(&self, settings: Settings) -> Result<()> {
        settings.validate()?;
        let text = json(&settings)?;
        self.store.write(move |connection| put(connection, &text)).await
    }
}

/// The defaults, with each stored field in place that makes sense there.
fn readable(stored: Map<String, Value>) -> Result<Settings> {
    let mut settings = Settings::default();
    let mut fields: Map<String, Value> = from_json(&json(&settings)?)?;
    for (name, value) in stored {
        let Some(default) = fields.insert(name.clone(), value) else {
            fields.remove(&name);
            continue;
        };
        match serde_json::from_value::<Settings>(Value::Object(fields.clone())) {
            Ok(read) if read.validate().is_ok() => settings = read,
            _ => {
                fields.insert(name, default);
            }
        }
    }
    Ok(settings)
}

fn text(connection: &Connection) -> Result<Option<String>> {
    Ok(connection
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([SETTINGS], |row| row.get(0))
        .optional()?)
}

fn put(connection: &Connection, text: &str) -> Result<()> {
    connection.execute(
        "INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)",
        params![SETTINGS, text],
    )?;
    Ok(())
}
