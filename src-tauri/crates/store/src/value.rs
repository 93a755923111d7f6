//! Values as text in a column: JSON, and the one word a unit variant is in it.

use crate::{Result, StoreError};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// The one word that a unit variant, or a text type, is in JSON.
pub fn word<T: Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => Ok(word),
        _ => Err(StoreError::Value("not a word".to_owned())),
    }
}

pub fn from_word<T: DeserializeOwned>(word: &str) -> Result<T> {
    serde_json::from_value(Value::String(word.to_owned())).map_err(unreadable)
}

pub fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(unreadable)
}

pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> StoreError {
    StoreError::Value(error.to_string())
}
