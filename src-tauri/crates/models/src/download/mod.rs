//! Downloads from the hub: resumable, verified before they become a model, and
//! kept on disk so that they survive the process.

mod place;
mod run;
mod source;
mod transfer;

pub(crate) use source::{Digest, Source, is_file_name};

use crate::hub::{Hub, HubRepository};
use crate::{Format, Registry, space};
use nopenai_domain::{Code, Error, Result};
use place::{Place, Plan};
use schemars::JsonSchema;
use serde::Serialize;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// How many downloads run at the same time; more would only share the line.
const AT_ONCE: usize = 2;

/// What a download is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DownloadState {
    /// It waits for others, or for another attempt because of `problem`.
    Waiting,
    /// Bytes arrive.
    Running,
    /// All bytes of a file have arrived, and are read again to verify them.
    Verifying,
    /// It rests until it is resumed.
    Paused,
    /// It ended because of `problem`, and can be resumed.
    Failed,
}

/// A model that is on its way.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Download {
    /// What the model will be called in the models folder; one download has it.
    pub name: String,
    /// Where it comes from: "owner/name".
    pub repository: String,
    /// The commit whose files these are.
    pub revision: String,
    /// How its files are laid out.
    pub format: Format,
    /// How many files it has.
    pub files: u64,
    /// All its bytes.
    pub total_bytes: u64,
    /// The bytes that have arrived.
    pub done_bytes: u64,
    /// What it is doing.
    pub state: DownloadState,
    /// Why it waits or failed.
    pub problem: Option<Error>,
}

struct Entry {
    shown: Download,
    plan: Plan,
    place: Place,
    /// Stops it, while it is under way.
    stop: Option<CancellationToken>,
}

/// The downloads into the models folder; clones share them.
#[derive(Clone)]
pub struct Downloads {
    shared: Arc<Shared>,
}

struct Shared {
    registry: Registry,
    hub: Hub,
    entries: Mutex<Vec<Entry>>,
    shown: watch::Sender<Vec<Download>>,
    turns: Semaphore,
}

impl Downloads {
    /// Those that the models folder holds are listed as paused.
    pub fn open(registry: Registry, hub: Hub) -> Self {
        let shared = Shared {
            registry,
            hub,
            entries: Mutex::default(),
            shown: watch::Sender::default(),
            turns: Semaphore::new(AT_ONCE),
        };
        let downloads = Self { shared: Arc::new(shared) };
        let models = downloads.shared.registry.folder();
        downloads.look(&models);
        downloads
    }

    /// The list as it is now and as it changes, at most twice a second for
    /// progress.
    pub fn subscribe(&self) -> watch::Receiver<Vec<Download>> {
        self.shared.shown.subscribe()
    }

    /// The list as it is now.
    pub fn list(&self) -> Vec<Download> {
        self.subscribe().borrow().clone()
    }

    /// Lists the downloads of another models folder; those under way go on to
    /// where they began.
    pub fn set_folder(&self, models: &Path) {
        self.entries().retain(|entry| entry.stop.is_some());
        self.look(models);
    }

    /// Asks the hub what a repository has.
    ///
    /// # Errors
    /// [`Code::InvalidInput`] for what is no repository, and the hub's.
    pub async fn repository(
        &self,
        repository: &str,
        revision: Option<&str>,
    ) -> Result<HubRepository> {
        let listing = self.shared.hub.listing(repository, revision).await?;
        let models = self.shared.registry.folder();
        Ok(listing.shown(|name| fs::symlink_metadata(models.join(name)).is_ok()))
    }

    /// Adds a download, paused: of the GGUF file called `file` (one `*` in it
    /// stands for anything), or of the repository's safetensors. The revision
    /// is pinned to the commit that it names now.
    ///
    /// # Errors
    /// [`Code::AlreadyExists`] when the models folder or another download has
    /// the name; [`Code::FileUnavailable`] when the disk has no space;
    /// [`Code::NotFound`] when the repository has no such file; and the hub's.
    pub async fn add(
        &self,
        repository: &str,
        revision: Option<&str>,
        file: Option<&str>,
    ) -> Result<Download> {
        let listing = self.shared.hub.listing(repository, revision).await?;
        let (name, format, files) = listing.choose(file)?;
        let plan = Plan {
            name,
            hub: self.shared.hub.address()?.to_string(),
            repository: listing.repository,
            revision: listing.revision,
            format,
            files,
            etags: std::collections::BTreeMap::new(),
        };
        let models = self.shared.registry.folder();
        let place = Place::new(&models, &plan.name);
        space::check(&models, plan.size())?;
        let mut entries = self.entries();
        if entries.iter().any(|entry| entry.plan.name == plan.name) {
            let message = format!("{} is being downloaded already.", plan.name);
            return Err(Error::new(Code::AlreadyExists, message).with("name", plan.name));
        }
        if fs::symlink_metadata(place.model()).is_ok() {
            return Err(taken(&plan.name));
        }
        place.create(&plan).map_err(|error| space::unwritten(&place.folder(), &error))?;
        let entry = Entry::paused(place, plan);
        let added = entry.shown.clone();
        entries.push(entry);
        drop(entries);
        self.publish();
        Ok(added)
    }

    /// Has a download rest, and waits until it does.
    ///
    /// # Errors
    /// [`Code::NotFound`] for one that isn't listed (any more).
    pub async fn pause(&self, name: &str) -> Result<()> {
        let stop = self.entry(name, |entry| entry.stop.clone())?;
        let Some(stop) = stop else { return Ok(()) };
        stop.cancel();
        let mut list = self.subscribe();
        let rests = |list: &Vec<Download>| {
            list.iter().all(|download| {
                download.name != name
                    || matches!(download.state, DownloadState::Paused | DownloadState::Failed)
            })
        };
        list.wait_for(rests).await.map(drop).map_err(Error::internal)
    }

    /// Ends a download and deletes what has arrived.
    ///
    /// # Errors
    /// [`Code::NotFound`] for one that isn't listed (any more);
    /// [`Code::FileUnavailable`] when a file can't be deleted.
    pub async fn remove(&self, name: &str) -> Result<()> {
        self.pause(name).await?;
        let place = self.entry(name, |entry| entry.place.clone())?;
        place.remove().map_err(|error| space::unwritten(&place.folder(), &error))?;
        self.entries().retain(|entry| entry.plan.name != name);
        self.publish();
        Ok(())
    }

    fn look(&self, models: &Path) {
        let mut entries = self.entries();
        for (place, plan) in Place::all(models) {
            if place.is_finished() {
                if let Err(error) = place.remove() {
                    tracing::warn!(name = plan.name, %error, "a finished download's plan stays");
                }
            } else if entries.iter().all(|entry| entry.plan.name != plan.name) {
                entries.push(Entry::paused(place, plan));
            }
        }
        drop(entries);
        self.publish();
    }

    fn entry<T>(&self, name: &str, with: impl FnOnce(&mut Entry) -> T) -> Result<T> {
        let mut entries = self.entries();
        match entries.iter_mut().find(|entry| entry.plan.name == name) {
            Some(entry) => Ok(with(entry)),
            None => Err(Error::new(Code::NotFound, "That download has ended already.")),
        }
    }

    /// One that has ended meanwhile needs no change.
    fn change(&self, name: &str, change: impl FnOnce(&mut Entry)) {
        let _ = self.entry(name, change);
    }

    fn show(&self, name: &str, change: impl FnOnce(&mut Download)) {
        self.change(name, |entry| change(&mut entry.shown));
        self.publish();
    }

    fn publish(&self) {
        // Held until the new list is out, so that no older one follows it.
        let entries = self.entries();
        let mut list: Vec<_> = entries.iter().map(|entry| entry.shown.clone()).collect();
        list.sort_by(|a, b| a.name.cmp(&b.name));
        self.shared.shown.send_if_modified(|old| {
            let differs = *old != list;
            *old = list;
            differs
        });
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.shared.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn paused(place: Place, plan: Plan) -> Self {
        let shown = Download {
            name: plan.name.clone(),
            repository: plan.repository.clone(),
            revision: plan.revision.clone(),
            format: plan.format,
            files: plan.files.len() as u64,
            total_bytes: plan.size(),
            done_bytes: 0,
            state: DownloadState::Paused,
            problem: None,
        };
        let mut entry = Self { shown, plan, place, stop: None };
        entry.shown.done_bytes = entry.arrived();
        entry
    }

    fn arrived(&self) -> u64 {
        self.plan.files.iter().map(|file| self.place.arrived(file)).sum()
    }
}

fn taken(name: &str) -> Error {
    let message = format!(
        "The models folder has a model \"{name}\" already. Remove or rename that, and try again."
    );
    Error::new(Code::AlreadyExists, message).with("name", name)
}
