//! SHA-256 of the models in the background, one after the other.

use crate::listing::Listing;
use crate::{Format, HashProgress, Model, ModelList};
use futures::executor::block_on;
use nopenai_domain::{ModelId, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How much is read at once, bytes.
const PIECE: usize = 1 << 20;
/// How often progress is told: each time the whole list goes to every window.
const PACE: Duration = Duration::from_secs(1);

/// Computes what isn't known yet, now and as the list changes, until the
/// listing is gone.
pub(crate) fn keep_hashed(listing: &Arc<Listing>) {
    let list = listing.subscribe();
    let hasher = Hasher { listing: Arc::downgrade(listing), list, given_up: HashSet::new() };
    let spawned = thread::Builder::new().name("models-hash".to_owned()).spawn(|| hasher.work());
    if let Err(error) = spawned {
        tracing::error!(%error, "hashes of models are not computed");
    }
}

struct Hasher {
    listing: Weak<Listing>,
    list: watch::Receiver<Arc<ModelList>>,
    /// Not tried again before they change.
    given_up: HashSet<(ModelId, u64, Timestamp)>,
}

impl Hasher {
    fn work(mut self) {
        loop {
            let list = Arc::clone(&self.list.borrow_and_update());
            let goes_on = match list.models.iter().find(|model| self.is_wanted(model)) {
                Some(model) => self.hash(Path::new(&list.folder), model).is_some(),
                None => block_on(self.list.changed()).is_ok(),
            };
            if !goes_on {
                return;
            }
        }
    }

    fn is_wanted(&self, model: &Model) -> bool {
        model.facts.is_some() && model.sha256.is_none() && !self.given_up.contains(&stamp(model))
    }

    /// None: the listing is gone.
    fn hash(&mut self, folder: &Path, model: &Model) -> Option<()> {
        let hash = self.read(folder, model);
        let listing = self.listing.upgrade()?;
        listing.hashing(None);
        let now = listing.find(&model.id);
        match hash {
            // What changed meanwhile comes again with the changed list.
            _ if now.is_none_or(|now| stamp(&now) != stamp(model)) => {}
            Ok(sha256) => {
                let kept = listing.remember(model, |record| record.sha256 = Some(sha256));
                if let Err(error) = block_on(kept) {
                    tracing::warn!(model = %model.id, %error, "a model's hash is not kept");
                    self.given_up.insert(stamp(model));
                }
            }
            Err(error) => {
                tracing::warn!(model = %model.id, %error, "a model's hash is not computed");
                self.given_up.insert(stamp(model));
            }
        }
        Some(())
    }

    fn read(&self, folder: &Path, model: &Model) -> io::Result<String> {
        let mut progress =
            Progress { listing: &self.listing, model, told: Instant::now(), done: 0 };
        let path = folder.join(&model.id.0);
        match model.format {
            Some(Format::Safetensors) => {
                let mut lines = Sha256::new();
                for (name, path) in weights(&path, model) {
                    let hash = progress.file(&path)?;
                    lines.update(format!("{hash}  {name}\n"));
                }
                Ok(hexadecimal(lines))
            }
            _ => progress.file(&path),
        }
    }
}

fn stamp(model: &Model) -> (ModelId, u64, Timestamp) {
    (model.id.clone(), model.size_bytes, model.modified_at)
}

fn weights(folder: &Path, model: &Model) -> impl Iterator<Item = (String, PathBuf)> {
    let names = model.files.iter().map(|file| file.name.clone());
    names
        .filter(|name| name.ends_with(".safetensors"))
        .map(|name| (name.clone(), folder.join(name)))
}

struct Progress<'a> {
    listing: &'a Weak<Listing>,
    model: &'a Model,
    told: Instant,
    done: u64,
}

impl Progress<'_> {
    fn file(&mut self, path: &Path) -> io::Result<String> {
        let mut file = File::open(path)?;
        let mut hash = Sha256::new();
        let mut piece = vec![0; PIECE];
        loop {
            let read = file.read(&mut piece)?;
            if read == 0 {
                return Ok(hexadecimal(hash));
            }
            hash.update(&piece[..read]);
            self.done += read as u64;
            self.tell()?;
        }
    }

    fn tell(&mut self) -> io::Result<()> {
        let gone = || io::Error::other("it is not wanted any more");
        let listing = self.listing.upgrade().ok_or_else(gone)?;
        if self.told.elapsed() >= PACE {
            self.told = Instant::now();
            let progress =
                HashProgress { bytes_done: self.done, bytes_total: self.model.size_bytes };
            listing.hashing(Some((self.model.id.clone(), progress)));
        }
        Ok(())
    }
}

fn hexadecimal(hash: Sha256) -> String {
    format!("{:x}", hash.finalize())
}
