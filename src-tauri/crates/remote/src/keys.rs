//! The keys of endpoints, in the keyring.

use crate::Remote;
use nopenai_domain::{Code, ModelId, RemoteModel, Result};
use nopenai_secrets::{Name, Origin, Secret};

impl Remote {
    /// Keeps the key of a model in the keyring, in place of the one there.
    ///
    /// # Errors
    /// Those of [`nopenai_secrets::Secrets::set`].
    pub async fn set_key(&self, model: &ModelId, key: Secret) -> Result<()> {
        self.secrets().set(name(model), key).await
    }

    /// Removes the key of a model from the keyring.
    ///
    /// # Errors
    /// Those of [`nopenai_secrets::Secrets::clear`].
    pub async fn clear_key(&self, model: &ModelId) -> Result<()> {
        self.secrets().clear(name(model)).await
    }

    /// Takes the key of a model out of the keyring and gives it, so that it can
    /// be put back; none when there is none there.
    ///
    /// # Errors
    /// Those of [`nopenai_secrets::Secrets::clear`].
    pub async fn take_key(&self, model: &ModelId) -> Result<Option<Secret>> {
        match self.secrets().find(name(model)).await? {
            Some((Origin::Keyring, key)) => {
                self.clear_key(model).await?;
                Ok(Some(key))
            }
            _ => Ok(None),
        }
    }

    /// The key of a model; none when there is none. A keyring that can't be
    /// asked stops only the models that have a key in it.
    ///
    /// # Errors
    /// Those of [`nopenai_secrets::Secrets::find`].
    pub(crate) async fn key(&self, model: &RemoteModel) -> Result<Option<Secret>> {
        match self.secrets().find(name(&model.id)).await {
            Ok(found) => Ok(found.map(|(_, key)| key)),
            Err(error) if error.code == Code::KeyringUnavailable && !model.has_key => {
                tracing::debug!(%error, "an endpoint is asked without a key");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// "remote-model-key-01890000-0000-7000-8000-000000000001".
fn name(model: &ModelId) -> Name {
    Name::of("remote-model-key", model.0.strip_prefix("remote:").unwrap_or(&model.0))
}
