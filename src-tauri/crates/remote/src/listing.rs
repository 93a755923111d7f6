//! Which models an endpoint has.

use crate::{
    Remote, address,
    failure::{EndpointFinding, Failure},
    said::shown,
};
use nopenai_domain::{Code, RemoteModel, Result};
use nopenai_secrets::Secret;
use serde::Deserialize;

/// The largest listing that is read, bytes.
const MOST_BYTES: usize = 8 << 20;
/// The most models that are told.
const MOST_MODELS: usize = 5000;
/// The longest identifier, characters.
const MOST_CHARACTERS: usize = 200;

#[derive(Deserialize)]
struct Listing {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
}

impl Remote {
    /// What the endpoint of `model` calls its models, sorted. `key` absent: the
    /// one that is kept for it.
    ///
    /// # Errors
    /// As [`Remote::answer`].
    pub async fn list(&self, model: &RemoteModel, key: Option<Secret>) -> Result<Vec<String>> {
        let key = match key {
            Some(key) => Some(key),
            None => self.key(model).await?,
        };
        let url = address::below(&model.base_url, "models")?;
        let host = model.host();
        let mut response = self.get(model, url, key.as_ref()).await?;
        let mut body = Vec::new();
        while let Some(piece) =
            response.chunk().await.map_err(|error| Failure::network(host, &error))?
        {
            if body.len() + piece.len() > MOST_BYTES {
                return Err(not_understood(host, "it is too long").into());
            }
            body.extend_from_slice(&piece);
        }
        let listing: Listing = serde_json::from_slice(&body)
            .map_err(|error| not_understood(host, &shown(&error.to_string(), key.as_ref())))?;
        let ids = listing.data.into_iter().map(|entry| entry.id);
        // One that isn't shown as it is can't be asked for as it is shown.
        let plain = |id: &String| {
            id.chars().count() <= MOST_CHARACTERS && !id.is_empty() && shown(id, None) == *id
        };
        let mut ids: Vec<String> = ids.filter(plain).take(MOST_MODELS).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }
}

fn not_understood(host: &str, reason: &str) -> Failure {
    let message = format!("What {host} answers is no list of models: {reason}.");
    Failure::new(EndpointFinding::NotUnderstood, Code::EngineFailed, message)
}
