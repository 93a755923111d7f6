//! Models that answer elsewhere: registered, changed and removed, each with its
//! key.

use crate::Studio;
use nopenai_domain::{Error, ModelId, RemoteModel, Result};
use nopenai_models::Model;
use nopenai_remote::check_address;
use nopenai_secrets::Secret;
use schemars::JsonSchema;
use serde::Deserialize;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What was removed since the application started, with its key, so that it can
/// be brought back. Neither is anywhere else any more.
#[derive(Default)]
pub(crate) struct Removed {
    models: Mutex<HashMap<ModelId, (RemoteModel, Option<Secret>)>>,
}

impl Removed {
    fn lock(&self) -> MutexGuard<'_, HashMap<ModelId, (RemoteModel, Option<Secret>)>> {
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A remote model as a person types it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Registration {
    /// The one that is changed; absent: a new one.
    #[serde(default)]
    pub id: Option<ModelId>,
    /// Its name, 1 to 80 characters.
    pub name: String,
    /// The endpoint's address: https, or http to this computer or a private
    /// address.
    pub base_url: String,
    /// What the endpoint calls the model.
    pub model: String,
    /// Tokens that prompt and answer may have together, when a person knows.
    #[serde(default)]
    pub context_length: Option<u32>,
    /// Its key; absent: the one that is kept stays.
    #[serde(default)]
    pub key: Option<Secret>,
}

impl Studio {
    /// What is typed as it would be registered, and its key when that is typed,
    /// too. A kept key goes to the host it was given for, and to no other.
    pub(crate) fn drafted(&self, typed: Registration) -> Result<(RemoteModel, Option<Secret>)> {
        let Registration { id, name, base_url, model, context_length, key } = typed;
        let before = id.map(|id| self.registry().remote(&id)).transpose()?;
        let drafted = RemoteModel {
            id: before.as_ref().map_or_else(ModelId::remote, |before| before.id.clone()),
            name,
            base_url: check_address(&base_url)?,
            model,
            context_length,
            has_key: before.as_ref().is_some_and(|before| before.has_key),
            changed_at: self.store().clock().now(),
        };
        let moves = before.is_some_and(|before| {
            (before.host(), before.is_encrypted()) != (drafted.host(), drafted.is_encrypted())
        });
        if moves && drafted.has_key && key.is_none() {
            let message = "The kept key was given for another host: type the key for this one, or \
                           remove the kept one first.";
            return Err(Error::invalid("key", message));
        }
        Ok((drafted, key))
    }

    /// Registers a remote model, or changes one. Its key goes into the keyring
    /// and nowhere else.
    pub(crate) async fn save_remote(&self, typed: Registration) -> Result<Model> {
        let is_new = typed.id.is_none();
        let (mut model, key) = self.drafted(typed)?;
        self.registry().check_remote(&model)?;
        if let Some(key) = key {
            self.remote().set_key(&model.id, key).await?;
            model.has_key = true;
        }
        let id = model.id.clone();
        let kept = self.registry().keep_remote(model).await;
        if kept.is_err() && is_new {
            // Nobody would find it there again.
            self.remote().clear_key(&id).await?;
        }
        kept
    }

    /// Removes the key of a remote model.
    pub(crate) async fn clear_remote_key(&self, id: &ModelId) -> Result<Model> {
        let model = self.registry().remote(id)?;
        self.remote().clear_key(id).await?;
        self.registry().keep_remote(RemoteModel { has_key: false, ..model }).await
    }

    /// Takes a model off the list; a remote one with its key.
    pub(crate) async fn remove_model(&self, id: &ModelId, delete_files: bool) -> Result<()> {
        let Ok(model) = self.registry().remote(id) else {
            return self.registry().remove(id, delete_files).await;
        };
        let key = match model.has_key {
            true => self.remote().take_key(id).await?,
            false => None,
        };
        let model = self.registry().forget_remote(id).await?;
        self.removed().lock().insert(id.clone(), (model, key));
        Ok(())
    }

    /// Brings a model back that was taken off the list; a remote one with its
    /// key.
    pub(crate) async fn restore_model(&self, id: &ModelId) -> Result<Model> {
        let removed = self.removed().lock().get(id).cloned();
        let Some((model, key)) = removed else { return self.registry().restore(id).await };
        self.registry().check_remote(&model)?;
        if let Some(key) = key {
            self.remote().set_key(id, key).await?;
        }
        let model = self.registry().keep_remote(model).await?;
        self.removed().lock().remove(id);
        Ok(model)
    }
}
