//! Bringing models into the folder.

use crate::candidate::{Candidate, extension, is_model_folder, is_pickle};
use crate::download::is_file_name;
use crate::registry::Shared;
use crate::{Format, Model, Registry, scan, space};
use nopenai_domain::{Code, Error, ModelId, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
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
    /// folder, under its own name or another: ending in ".gguf", that makes a
    /// file of any name one of that kind. `progress` hears the bytes copied so far and
    /// those to copy. One that is there already is listed again, if it was
    /// taken off the list.
    ///
    /// # Errors
    /// [`Code::InvalidInput`] for a path that isn't absolute, and for what
    /// can't be a name;
    /// [`Code::FileUnavailable`] when it can't be read, or the copy not
    /// written; [`Code::UnsupportedModel`] for what the engine can't run;
    /// [`Code::AlreadyExists`] when another model has its name;
    /// [`Code::Cancelled`], with nothing left behind; and those of the store.
    pub async fn import(
        &self,
        path: &Path,
        name: Option<&str>,
        method: ImportMethod,
        progress: impl FnMut(u64, u64) + Send,
        cancel: &CancellationToken,
    ) -> Result<Model> {
        if name.is_some_and(|name| !is_file_name(name)) {
            return Err(Error::invalid("name", "This cannot be the name of a file."));
        }
        let is_gguf = name.is_some_and(|name| extension(Path::new(name)) == "gguf");
        let source = inspected(path, is_gguf).await?;
        let name = name.map_or_else(|| source.name(), str::to_owned);
        let folder = self.folder();
        if let Some(id) = already_there(&source.path, &name, &folder) {
            return self.found(&id).await;
        }
        let place = folder.join(&name);
        let claim = Claim::of(self, &name).ok_or_else(|| taken(&name))?;
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

/// A name that nothing else is brought in under meanwhile.
pub(crate) struct Claim {
    shared: Arc<Shared>,
    name: String,
}

impl Claim {
    pub fn of(registry: &Registry, name: &str) -> Option<Self> {
        let shared = registry.shared.clone();
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
async fn inspected(path: &Path, is_gguf: bool) -> Result<Candidate> {
    if !path.is_absolute() {
        return Err(Error::invalid("path", "Give the whole path, from the root on."));
    }
    let path = path.to_owned();
    let look = move || {
        let mut candidate =
            Candidate::at(path.clone()).map_err(|error| unread(&path, &error.to_string()))?;
        if candidate.is_broken() {
            return Err(unread(&path, "it is a link to something that does not exist"));
        }
        if is_gguf && !path.is_dir() {
            candidate.format = Format::Gguf;
        } else {
            check_kind(&candidate)?;
        }
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
fn already_there(source: &Path, name: &str, folder: &Path) -> Option<ModelId> {
    let of = |path: &Path| {
        let below = path.strip_prefix(folder).ok()?;
        let names: Vec<_> =
            below.components().map(|name| name.as_os_str().to_string_lossy()).collect();
        Some(ModelId(names.join("/")))
    };
    if let Some(id) = of(source).filter(|_| !source.is_relative()) {
        return Some(id);
    }
    let place = folder.join(name);
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
    space::check(place.parent().unwrap_or(&place), total).map_err(|error| {
        let message = format!("{} Or link the model instead.", error.message);
        Error { message, ..error }
    })?;
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
