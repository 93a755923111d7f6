//! The list as it is shown: what was found in the folder, with what is
//! remembered about it.

use crate::{HashProgress, Model, ModelList};
use nopenai_domain::{ModelId, RemoteModel};
use nopenai_store::{ModelRecord, Result, Store};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The models of a folder and what is remembered about them.
pub(crate) struct Listing {
    state: Mutex<State>,
    shown: watch::Sender<Arc<ModelList>>,
    store: Store,
    /// Held while a record is changed, so that none is changed from two sides.
    changing: tokio::sync::Mutex<()>,
}

struct State {
    scanned: ModelList,
    records: HashMap<ModelId, ModelRecord>,
    hashing: Option<(ModelId, HashProgress)>,
    /// Those that answer elsewhere, by identifier.
    remote: BTreeMap<ModelId, RemoteModel>,
}

impl Listing {
    /// Nothing found yet, with what `store` remembers.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn new(store: Store) -> Result<Self> {
        let records = store.model_records().list().await?;
        let records = records.into_iter().map(|record| (record.model.clone(), record)).collect();
        let remote = store.remote_models().list().await?;
        let remote = remote.into_iter().map(|model| (model.id.clone(), model)).collect();
        let scanned = ModelList::default();
        Ok(Self {
            state: Mutex::new(State { scanned, records, hashing: None, remote }),
            shown: watch::Sender::default(),
            store,
            changing: tokio::sync::Mutex::default(),
        })
    }

    /// The list as it is shown, now and as it changes.
    pub fn subscribe(&self) -> watch::Receiver<Arc<ModelList>> {
        self.shown.subscribe()
    }

    /// This was found in the folder.
    pub fn scanned(&self, list: ModelList) {
        self.change(|state| state.scanned = list);
    }

    /// Changes what is remembered of a model as its files are now.
    ///
    /// # Errors
    /// When it could not be written; nothing is changed then.
    pub async fn remember(
        &self,
        model: &Model,
        change: impl FnOnce(&mut ModelRecord),
    ) -> Result<()> {
        let _changing = self.changing.lock().await;
        let mut record = self.record(model);
        change(&mut record);
        self.store.model_records().save(record.clone()).await?;
        self.change(|state| state.records.insert(record.model.clone(), record));
        Ok(())
    }

    /// Forgets what is remembered of a model.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn forget(&self, id: &ModelId) -> Result<()> {
        let _changing = self.changing.lock().await;
        self.store.model_records().remove(id.clone()).await?;
        self.change(|state| state.records.remove(id));
        Ok(())
    }

    /// Keeps a model that answers elsewhere, in place of the one of its
    /// identifier.
    ///
    /// # Errors
    /// Those of the store; nothing is changed then.
    pub async fn keep_remote(&self, model: RemoteModel) -> Result<()> {
        let _changing = self.changing.lock().await;
        self.store.remote_models().save(model.clone()).await?;
        self.change(|state| state.remote.insert(model.id.clone(), model));
        Ok(())
    }

    /// Forgets a model that answers elsewhere.
    ///
    /// # Errors
    /// Those of the store; nothing is changed then.
    pub async fn forget_remote(&self, id: &ModelId) -> Result<()> {
        let _changing = self.changing.lock().await;
        self.store.remote_models().remove(id.clone()).await?;
        self.change(|state| state.remote.remove(id));
        Ok(())
    }

    /// A model that answers elsewhere.
    pub fn remote(&self, id: &ModelId) -> Option<RemoteModel> {
        self.state().remote.get(id).cloned()
    }

    /// The hash that is being computed, and how far.
    pub fn hashing(&self, model: Option<(ModelId, HashProgress)>) {
        self.change(|state| state.hashing = model);
    }

    /// A model of the folder, also one taken off the list.
    pub fn find(&self, id: &ModelId) -> Option<Model> {
        let state = self.state();
        let found = state.scanned.models.iter().find(|model| model.id == *id);
        found.map(|model| state.overlaid(model))
    }

    /// What is remembered of a model as its files are now; else a record that
    /// says nothing.
    fn record(&self, model: &Model) -> ModelRecord {
        let state = self.state();
        let mut record = state.records.get(&model.id).cloned().unwrap_or_else(|| ModelRecord {
            model: model.id.clone(),
            alias: None,
            hidden: false,
            sha256: None,
            size_bytes: model.size_bytes,
            modified_at: model.modified_at,
        });
        if !is_of(&record, model) {
            record.hidden = false;
            record.sha256 = None;
            (record.size_bytes, record.modified_at) = (model.size_bytes, model.modified_at);
        }
        record
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) {
        // Held until the new list is out, so that no older one follows it.
        let mut state = self.state();
        change(&mut state);
        let new = state.shown();
        self.shown.send_if_modified(|old| {
            let differs = **old != new;
            if differs {
                *old = Arc::new(new);
            }
            differs
        });
    }
}

impl State {
    fn shown(&self) -> ModelList {
        let here = self.scanned.models.iter().filter(|model| !self.is_hidden(model));
        let here = here.map(|model| self.overlaid(model));
        ModelList {
            folder: self.scanned.folder.clone(),
            problem: self.scanned.problem.clone(),
            models: here.chain(self.remote.values().map(Model::from)).collect(),
        }
    }

    /// Other files under the same name are another model, and listed.
    fn is_hidden(&self, model: &Model) -> bool {
        self.records.get(&model.id).is_some_and(|record| record.hidden && is_of(record, model))
    }

    fn overlaid(&self, model: &Model) -> Model {
        let mut model = model.clone();
        if let Some(record) = self.records.get(&model.id) {
            model.alias.clone_from(&record.alias);
            if let Some(alias) = &record.alias {
                model.name.clone_from(alias);
            }
            if is_of(record, &model) {
                model.sha256.clone_from(&record.sha256);
            }
        }
        if let Some((id, progress)) = &self.hashing
            && *id == model.id
        {
            model.hashing = Some(*progress);
        }
        model
    }
}

/// Whether a record was made of a model's files as they are now.
fn is_of(record: &ModelRecord, model: &Model) -> bool {
    (record.size_bytes, record.modified_at) == (model.size_bytes, model.modified_at)
}
