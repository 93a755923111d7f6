//! Bringing models into the folder.

use crate::candidate::{Candidate, extension, is_model_folder, is_pickle};
use crate::registry::Shared;
use crate::{Model, Registry, scan};
use nopenai_domain::{Code, Error, ModelId, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sysinfo::Disks;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How much is copied at once, bytes.
const PIECE: usize = 1 << 20;
/// What the name of an unfinished copy ends in; it begins with a dot, so that
/// it isn't listed.
const UNFINISHED: &str = ".importing";

/// How a model comes into the models folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportMethod {
    /// A link to where it is: at once, and without taking space.
    Link,
    /// A copy, which stays when the original goes.
    Copy,
}

impl Registry {
    /// Brings the GGUF file or the safetensors folder at `path` into the models
    /// folder, under its own name. `progress` hears the bytes copied so far and
    /// those to copy. One that is there already is listed again, if it was
    /// taken off the list.
    ///
    /// # Errors
    /// [`Code::InvalidInput`] for a path that isn't absolute;
    /// [`Code::FileUnavailable`] when it can't be read, or the copy not
    /// written; [`Code::UnsupportedModel`] for what the engine can't run;
    /// [`Code::AlreadyExists`] when another model has its name;
    /// [`Code::Cancelled`], with nothing left behind; and those of the store.
    pub async fn import(
        &self,
        path: &Path,
        method: ImportMethod,
        progress: impl FnMut(u64, u64) + Send,
        cancel: &CancellationToken,
    ) -> Result<Model> {
        let source = inspected(path).await?;
        let name = source.name();
        let folder = self.folder();
        if let Some(id) = already_there(&source.path, &folder) {
            return self.found(&id).await;
        }
        let place = folder.join(&name);
        let claim = Claim::of(self.shared.clone(), &name).ok_or_else(|| taken(&name))?;
        if fs::symlink_metadata(&place).is_ok() {
            return Err(taken(&name));
        }
        match method {
            ImportMethod::Link => {
                let target = std::path::absolute(&source.path).unwrap_or(source.path);
                link(&target, &place).map_err(|error| unwritten(&place, &error))?;
            }
            ImportMethod::Copy => copy(source, place, progress, cancel).await?,
        }
        drop(claim);
        self.found(&ModelId(name)).await
    }
}

/// A name that nothing else is imported under meanwhile.
struct Claim {
    shared: Arc<Shared>,
    name: String,
}

impl Claim {
    fn of(shared: Arc<Shared>, name: &str) -> Option<Self> {
        let is_free = shared.importing().insert(name.to_owned());
        is_free.then(|| Self { shared, name: name.to_owned() })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.shared.importing().remove(&self.name);
    }
}

/// What is at `path`, when the engine can run it.
async fn inspected(path: &Path) -> Result<Candidate> {
    if !path.is_absolute() {
        return Err(Error::invalid("path", "Give the whole path, from the root on."));
    }
    let path = path.to_owned();
    let look = move || {
        let candidate =
            Candidate::at(path.clone()).map_err(|error| unread(&path, &error.to_string()))?;
        if candidate.is_broken() {
            return Err(unread(&path, "it is a link to something that does not exist"));
        }
        check_kind(&candidate)?;
        scan::inspect(&candidate).0.map(|_| candidate)
    };
    tokio::task::spawn_blocking(look).await.map_err(Error::internal)?
}

/// Refuses what no model is, before it is opened.
fn check_kind(candidate: &Candidate) -> Result<()> {
    let path = &candidate.path;
    let names: Vec<_> = candidate.parts.iter().map(|part| part.name.clone()).collect();
    let message = if path.is_dir() {
        if is_model_folder(&names) {
            return Ok(());
        }
        "The folder holds no model: config.json and weights in .safetensors files are missing. \
         Choose a GGUF file, or a folder that has them."
    } else if matches!(extension(path).as_str(), "gguf" | "safetensors") || is_pickle(path) {
        return Ok(());
    } else {
        "This is no model file. Choose a GGUF file, or a folder with config.json and \
         .safetensors files."
    };
    Err(Error::new(Code::UnsupportedModel, message).with("path", path.to_string_lossy()))
}

/// The identifier of what lies in the models folder, or is linked from its top
/// under the same name.
fn already_there(source: &Path, folder: &Path) -> Option<ModelId> {
    let of = |path: &Path| {
        let below = path.strip_prefix(folder).ok()?;
        let names: Vec<_> =
            below.components().map(|name| name.as_os_str().to_string_lossy()).collect();
        Some(ModelId(names.join("/")))
    };
    if let Some(id) = of(source).filter(|_| !source.is_relative()) {
        return Some(id);
    }
    let place = folder.join(source.file_name()?);
    let same = fs::canonicalize(source).ok()? == fs::canonicalize(&place).ok()?;
    same.then(|| of(&place)).flatten()
}

/// Copies a model to `place`, which appears when it is whole.
async fn copy(
    source: Candidate,
    place: PathBuf,
    mut progress: impl FnMut(u64, u64) + Send,
    cancel: &CancellationToken,
) -> Result<()> {
    let total = source.size();
    check_space(&place, total)?;
    progress(0, total);
    let (done, mut dones) = watch::channel(0);
    let copy = Copy { source, unfinished: unfinished(&place), place, done, cancel: cancel.clone() };
    let mut work = tokio::task::spawn_blocking(move || copy.run());
    loop {
        tokio::select! {
            result = &mut work => return result.map_err(Error::internal)?,
            Ok(()) = dones.changed() => progress(*dones.borrow_and_update(), total),
        }
    }
}

fn unfinished(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}{UNFINISHED}"))
}

struct Copy {
    source: Candidate,
    place: PathBuf,
    /// Where it is until it is whole.
    unfinished: PathBuf,
    /// Bytes so far.
    done: watch::Sender<u64>,
    cancel: CancellationToken,
}

impl Copy {
    fn run(self) -> Result<()> {
        // Left behind by a process that was killed.
        remove(&self.unfinished);
        let copied = self.all().map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => Error::new(Code::Cancelled, "The import was cancelled."),
            _ => unwritten(&self.place, &error),
        });
        if copied.is_err() {
            remove(&self.unfinished);
        }
        copied
    }

    fn all(&self) -> io::Result<()> {
        if self.source.path.is_dir() {
            fs::create_dir(&self.unfinished)?;
            for part in &self.source.parts {
                let from = self.source.path.join(&part.name);
                self.file(&from, &self.unfinished.join(&part.name))?;
            }
        } else {
            self.file(&self.source.path, &self.unfinished)?;
        }
        fs::rename(&self.unfinished, &self.place)
    }

    fn file(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut from = File::open(from)?;
        let mut to = File::create_new(to)?;
        let mut piece = vec![0; PIECE];
        loop {
            if self.cancel.is_cancelled() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let read = from.read(&mut piece)?;
            if read == 0 {
                return to.sync_all();
            }
            to.write_all(&piece[..read])?;
            self.done.send_modify(|done| *done += read as u64);
        }
    }
}

/// What can't be removed is hidden, and is removed by the next import of its
/// name.
fn remove(path: &Path) {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    if let Err(error) = removed
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "an unfinished copy stays behind");
    }
}

/// Refuses a copy that the disk has no space for.
fn check_space(place: &Path, needed: u64) -> Result<()> {
    let folder = place.parent().unwrap_or(place);
    let folder = fs::canonicalize(folder).map_err(|error| unwritten(place, &error))?;
    let disks = Disks::new_with_refreshed_list();
    let on = disks.iter().filter(|disk| folder.starts_with(disk.mount_point()));
    let disk = on.max_by_key(|disk| disk.mount_point().as_os_str().len());
    let Some(available) = disk.map(sysinfo::Disk::available_space).filter(|free| *free < needed)
    else {
        return Ok(());
    };
    let message = format!(
        "The copy needs {:.1} GB, and {:.1} GB are free on the models folder's disk. Make space, \
         or link the model instead.",
        needed as f64 / 1e9,
        available as f64 / 1e9
    );
    Err(Error::new(Code::FileUnavailable, message)
        .with("needed", needed)
        .with("available", available))
}

#[cfg(unix)]
fn link(target: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

/// Links of this kind take a right that not everybody has; a hard link of a
/// file takes none.
#[cfg(windows)]
fn link(target: &Path, place: &Path) -> io::Result<()> {
    use std::os::windows::fs::{symlink_dir, symlink_file};
    if target.is_dir() {
        symlink_dir(target, place)
    } else {
        symlink_file(target, place).or_else(|_| fs::hard_link(target, place))
    }
}

fn taken(name: &str) -> Error {
    let message = format!(
        "The models folder has a model \"{name}\" already. Remove that, or rename the new file."
    );
    Error::new(Code::AlreadyExists, message).with("name", name)
}

fn unread(path: &Path, reason: &str) -> Error {
    let message = format!("{} cannot be read: {reason}. Choose another.", path.display());
    Error::new(Code::FileUnavailable, message).with("path", path.to_string_lossy())
}

fn unwritten(place: &Path, error: &io::Error) -> Error {
    let message = format!("{} cannot be written: {error}.", place.display());
    Error::new(Code::FileUnavailable, message).with("path", place.to_string_lossy())
}
