use crate::candidate::{Candidate, parts};
use crate::listing::Listing;
use crate::lookout::{self, Signal};
use crate::{Format, Model, ModelList, hash, name};
use nopenai_domain::{Code, Error, ModelId, RemoteModel, Result};
use nopenai_store::Store;
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How long the watching may take to find what was put in the folder.
const PATIENCE: Duration = Duration::from_secs(20);

/// The models of a folder, kept up to date. Clones are cheap and share it; the
/// watching ends with the last one.
#[derive(Clone)]
pub struct Registry {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    listing: Arc<Listing>,
    signal: Sender<Signal>,
    /// The names of what is being brought in.
    pub importing: Mutex<HashSet<String>>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        // It fails only when the watching has ended already.
        let _ = self.signal.send(Signal::End);
    }
}

impl Registry {
    /// Looks at `folder` and watches it from then on. A folder that isn't there
    /// is no error: the list says so, until it appears. What `store` remembers
    /// of models shows in the list.
    ///
    /// Blocks for the first look, some 20 ms for a model.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn open(folder: impl AsRef<Path>, store: Store) -> Result<Self> {
        let listing = Arc::new(Listing::new(store).await?);
        let found = listing.clone();
        let signal = lookout::watch(absolute(folder.as_ref()), move |list| found.scanned(list));
        hash::keep_hashed(&listing);
        let shared = Shared { listing, signal, importing: Mutex::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Watches another folder from now on.
    pub fn set_folder(&self, folder: impl AsRef<Path>) {
        self.signal(Signal::Folder(absolute(folder.as_ref())));
    }

    /// The list as it is now and as it changes.
    pub fn subscribe(&self) -> watch::Receiver<Arc<ModelList>> {
        self.shared.listing.subscribe()
    }

    /// The list as it is now.
    pub fn list(&self) -> ModelList {
        ModelList::clone(&self.subscribe().borrow())
    }

    /// A model of the list, also one with a problem.
    ///
    /// # Errors
    /// [`Code::NotFound`] for one that isn't there, [`Code::FolderUnavailable`]
    /// when that is because the folder can't be read.
    pub fn get(&self, id: &ModelId) -> Result<Model> {
        let list = self.subscribe();
        let list = list.borrow();
        match list.models.iter().find(|model| model.id == *id) {
            Some(model) => Ok(model.clone()),
            None => Err(list.problem.clone().unwrap_or_else(|| missing(id))),
        }
    }

    /// The file or folder of a model that passed inspection, unchanged since
    /// then.
    ///
    /// # Errors
    /// As [`Registry::get`], and [`Code::UnsupportedModel`] for a model with a
    /// problem, one that is being written, or one that answers elsewhere.
    pub fn path(&self, id: &ModelId) -> Result<PathBuf> {
        let model = self.get(id)?;
        if let Some(problem) = model.problem {
            return Err(problem);
        }
        if model.remote.is_some() {
            let message = format!("{} answers elsewhere: there is nothing to load.", model.name);
            return Err(Error::new(Code::UnsupportedModel, message));
        }
        let path = self.place(id);
        let Ok(now) = Candidate::at(path.clone()) else {
            self.signal(Signal::Changed);
            return Err(missing(id));
        };
        if now.size() != model.size_bytes || model.modified_at != now.modified().into() {
            self.signal(Signal::Changed);
            return Err(Error::new(
                Code::UnsupportedModel,
                format!("The model {id} has just changed and is looked at. Try again in a moment."),
            )
            .with("model", id.0.as_str()));
        }
        Ok(path)
    }

    /// Gives a model a name of a person's own; none: the one made of its
    /// file's, or what its endpoint calls it.
    ///
    /// # Errors
    /// As [`Registry::get`]; [`Code::InvalidInput`] for a name that is empty,
    /// too long or not seen; those of the store.
    pub async fn rename(&self, id: &ModelId, name: Option<String>) -> Result<Model> {
        let alias = name.as_deref().map(name::alias).transpose()?;
        if let Some(remote) = self.shared.listing.remote(id) {
            let name =
                alias.unwrap_or_else(|| name::plain(&remote.model).chars().take(80).collect());
            return self.keep_remote(RemoteModel { name, ..remote }).await;
        }
        let model = self.get(id)?;
        self.shared.listing.remember(&model, |record| record.alias = alias).await?;
        self.get(id)
    }

    /// Takes a model off the list. Its files stay, and [`Registry::restore`]
    /// brings it back, unless they are to be deleted. Of a link only the link
    /// is deleted; of a folder, what else lies in it stays.
    ///
    /// # Errors
    /// As [`Registry::get`]; [`Code::FileUnavailable`] when a file can't be
    /// deleted; those of the store.
    pub async fn remove(&self, id: &ModelId, delete_files: bool) -> Result<()> {
        let model = self.get(id)?;
        if !delete_files {
            self.shared.listing.remember(&model, |record| record.hidden = true).await?;
            return Ok(());
        }
        delete(&self.place(id), &model).map_err(|error| {
            let message = format!("{} cannot be deleted: {error}.", model.file);
            Error::new(Code::FileUnavailable, message).with("model", id.0.as_str())
        })?;
        self.shared.listing.forget(id).await?;
        self.signal(Signal::Look);
        let gone = |list: &ModelList| list.models.iter().all(|model| model.id != *id);
        self.until(gone).await
    }

    /// Brings a model back that was taken off the list.
    ///
    /// # Errors
    /// [`Code::NotFound`] when its files are gone; those of the store.
    pub async fn restore(&self, id: &ModelId) -> Result<Model> {
        let model = self.shared.listing.find(id).ok_or_else(|| missing(id))?;
        self.shared.listing.remember(&model, |record| record.hidden = false).await?;
        self.get(id)
    }

    pub(crate) fn listing(&self) -> &Listing {
        &self.shared.listing
    }

    /// The list's folder.
    pub(crate) fn folder(&self) -> PathBuf {
        PathBuf::from(&self.subscribe().borrow().folder)
    }

    /// Waits until what was just put in the folder is found, and gives it.
    pub(crate) async fn found(&self, id: &ModelId) -> Result<Model> {
        self.signal(Signal::Look);
        let listing = self.shared.listing.clone();
        let mut list = self.subscribe();
        // Not asked for within `wait_for`: that holds the list, and the listing,
        // which holds itself while it gives a new one out, would wait for it.
        let seen = async { while listing.find(id).is_none() && list.changed().await.is_ok() {} };
        let in_time = tokio::time::timeout(PATIENCE, seen).await;
        in_time.map_err(|_| self.not_read())?;
        self.restore(id).await
    }

    /// Identifiers of the list come from walking down the folder, so that none
    /// of them leads out of it.
    fn place(&self, id: &ModelId) -> PathBuf {
        self.folder().join(&id.0)
    }

    async fn until(&self, is: impl Fn(&ModelList) -> bool) -> Result<()> {
        let mut list = self.subscribe();
        let seen = tokio::time::timeout(PATIENCE, list.wait_for(|list| is(list))).await;
        match seen {
            Ok(Ok(_)) => Ok(()),
            _ => Err(self.not_read()),
        }
    }

    fn not_read(&self) -> Error {
        self.list().problem.unwrap_or_else(|| {
            let message = "The models folder was not read in time. Try again.";
            Error::new(Code::FolderUnavailable, message)
        })
    }

    fn signal(&self, signal: Signal) {
        // It fails only when the watching has ended already.
        let _ = self.shared.signal.send(signal);
    }
}

impl Shared {
    pub fn importing(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.importing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn absolute(folder: &Path) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}

fn missing(id: &ModelId) -> Error {
    let message = format!("There is no model {id} in the models folder. Choose another.");
    Error::new(Code::NotFound, message).with("model", id.0.as_str())
}

/// Deletes what belongs to a model, and its folder when nothing else is in it.
fn delete(path: &Path, model: &Model) -> io::Result<()> {
    if model.link_target.is_some() || model.format != Some(Format::Safetensors) || !path.is_dir() {
        return remove_link_or_file(path);
    }
    for part in parts(path)? {
        fs::remove_file(path.join(part.name))?;
    }
    match fs::remove_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        result => result,
    }
}

/// Windows distinguishes links to folders from those to files.
fn remove_link_or_file(path: &Path) -> io::Result<()> {
    fs::remove_file(path).or_else(|error| {
        if cfg!(windows) && path.is_dir() { fs::remove_dir(path) } else { Err(error) }
    })
}
