//! A model's configuration as a file, to take to another workstation.

use nopenai_domain::{Code, Error, ModelConfiguration, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What such a file says it is.
const KIND: &str = "nopenai-model-configuration";

/// The largest file that is read, bytes.
const MAX_BYTES: u64 = 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct ConfigurationFile {
    kind: String,
    version: u32,
    configuration: ModelConfiguration,
}

/// Writes `configuration` to `path`, whole or not at all.
///
/// # Errors
/// [`Code::FileUnavailable`].
pub(crate) async fn write(path: &Path, configuration: &ModelConfiguration) -> Result<()> {
    if !path.is_absolute() {
        return Err(Error::invalid("path", "The file's path must be absolute."));
    }
    let file = ConfigurationFile {
        kind: KIND.to_owned(),
        version: 1,
        configuration: configuration.clone(),
    };
    let text = serde_json::to_vec_pretty(&file).map_err(Error::internal)?;
    let partial = path.with_extension("part");
    let written = async {
        tokio::fs::write(&partial, text).await?;
        tokio::fs::rename(&partial, path).await
    };
    written.await.map_err(|error| unavailable(path, &error.to_string()))
}

/// Reads a configuration from `path` and checks its ranges.
///
/// # Errors
/// [`Code::FileUnavailable`], or [`Code::InvalidInput`] for a file that is none
/// of ours or holds values out of range.
pub(crate) async fn read(path: &Path) -> Result<ModelConfiguration> {
    let metadata =
        tokio::fs::metadata(path).await.map_err(|error| unavailable(path, &error.to_string()))?;
    if !metadata.is_file() || metadata.len() > MAX_BYTES {
        return Err(not_ours(path, "it is no file of at most 1 MiB"));
    }
    let text =
        tokio::fs::read(path).await.map_err(|error| unavailable(path, &error.to_string()))?;
    let file: ConfigurationFile =
        serde_json::from_slice(&text).map_err(|error| not_ours(path, &error.to_string()))?;
    if file.kind != KIND || file.version != 1 {
        return Err(not_ours(path, "it says it is something else, or from a newer version"));
    }
    file.configuration.validate()?;
    Ok(file.configuration)
}

fn unavailable(path: &Path, reason: &str) -> Error {
    let message = format!("{} can't be read or written: {reason}.", path.display());
    Error::new(Code::FileUnavailable, message).with("path", path.display().to_string())
}

fn not_ours(path: &Path, reason: &str) -> Error {
    let message = format!("{} holds no model configuration: {reason}.", path.display());
    Error::new(Code::InvalidInput, message).with("field", "path")
}
