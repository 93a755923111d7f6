//! Models that answer elsewhere, in the list of all.

use crate::{Model, Registry, name};
use nopenai_domain::{Code, Error, ModelId, RemoteModel, Result};

impl Registry {
    /// Lists a model that answers elsewhere from now on, in place of the one of
    /// its identifier. Whoever calls has checked its address.
    ///
    /// # Errors
    /// [`Code::InvalidInput`] for a value out of range, [`Code::AlreadyExists`]
    /// for a name that another one has; those of the store.
    pub async fn keep_remote(&self, model: RemoteModel) -> Result<Model> {
        let name = name::alias(&model.name)?;
        let id = model.id.clone();
        self.listing().keep_remote(RemoteModel { name, ..model }).await?;
        self.get(&id)
    }

    /// Refuses what could not be kept, without keeping anything.
    ///
    /// # Errors
    /// As [`Registry::keep_remote`], but for those of the store.
    pub fn check_remote(&self, model: &RemoteModel) -> Result<()> {
        let name = name::alias(&model.name)?.to_lowercase();
        model.validate()?;
        let list = self.list();
        let mut others = list.models.iter().filter_map(|other| other.remote.as_ref());
        let is_taken = others.any(|other| {
            other.registered.id != model.id && other.registered.name.to_lowercase() == name
        });
        if is_taken {
            let message = "There is a remote model of that name already: choose another name.";
            return Err(Error::new(Code::AlreadyExists, message).with("field", "name"));
        }
        Ok(())
    }

    /// A model that answers elsewhere.
    ///
    /// # Errors
    /// [`Code::NotFound`] when there is none, or it is one of the folder.
    pub fn remote(&self, id: &ModelId) -> Result<RemoteModel> {
        self.listing().remote(id).ok_or_else(|| {
            let message = "There is no such remote model any more. Choose another.";
            Error::new(Code::NotFound, message).with("model", id.0.as_str())
        })
    }

    /// Takes a model that answers elsewhere off the list, and gives what is to be
    /// kept for bringing it back.
    ///
    /// # Errors
    /// As [`Registry::remote`]; those of the store.
    pub async fn forget_remote(&self, id: &ModelId) -> Result<RemoteModel> {
        let model = self.remote(id)?;
        self.listing().forget_remote(id).await?;
        Ok(model)
    }

    /// A model that can answer: one that passed inspection, unchanged since
    /// then, or one elsewhere.
    ///
    /// # Errors
    /// As [`Registry::path`].
    pub fn usable(&self, id: &ModelId) -> Result<Model> {
        let model = self.get(id)?;
        if model.remote.is_none() {
            self.path(id)?;
        }
        Ok(model)
    }
}
