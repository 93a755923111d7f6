//! What a download keeps on disk: in the models folder, a hidden folder with
//! its plan and what has arrived. It survives the process.

use super::source::{Source, is_file_name};
use crate::hub::is_revision;
use crate::{Format, hub};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// What the folder's name ends in; it begins with a dot, so that it isn't
/// listed.
const ENDING: &str = ".download";
const PLAN: &str = "plan.json";
/// The largest plan that is read, bytes.
const LARGEST_PLAN: u64 = 4 << 20;
/// What the name of a file that isn't verified yet ends in.
const PART: &str = ".part";

/// What is to be downloaded, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// What the model will be called in the models folder.
    pub name: String,
    /// The hub's address, as it was asked.
    pub hub: String,
    /// "owner/name".
    pub repository: String,
    /// The commit whose files these are.
    pub revision: String,
    /// How the files are laid out.
    pub format: Format,
    /// The files, each with another name.
    pub files: Vec<Source>,
    /// By a file's name: the validator of the answer its beginning came with.
    #[serde(default)]
    pub etags: BTreeMap<String, String>,
}

impl Plan {
    /// All bytes there will be.
    pub fn size(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
    }

    /// Whether nothing in it leads out of its folder.
    fn is_sound(&self) -> bool {
        is_file_name(&self.name)
            && hub::is_repository(&self.repository)
            && is_revision(&self.revision)
            && !self.files.is_empty()
            && self.files.iter().all(Source::is_sound)
    }
}

/// The hidden folder of one download.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    models: PathBuf,
    name: String,
}

impl Place {
    /// That of the model `name` in the models folder.
    pub fn new(models: &Path, name: &str) -> Self {
        Self { models: models.to_owned(), name: name.to_owned() }
    }

    /// All downloads that the models folder holds, also those of a process that
    /// is gone.
    pub fn all(models: &Path) -> Vec<(Self, Plan)> {
        let Ok(entries) = fs::read_dir(models) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let places = names.filter_map(|name| {
            let name = name.strip_prefix('.')?.strip_suffix(ENDING)?;
            let place = Self::new(models, name);
            match place.plan() {
                Ok(plan) => Some((place, plan)),
                Err(error) => {
                    tracing::warn!(name, %error, "a download is not understood and left as it is");
                    None
                }
            }
        });
        places.collect()
    }

    /// Makes the folder with its plan.
    pub fn create(&self, plan: &Plan) -> io::Result<()> {
        fs::create_dir_all(self.files())?;
        self.keep(plan)
    }

    /// Writes the plan in place of the one there, whole or not at all.
    pub fn keep(&self, plan: &Plan) -> io::Result<()> {
        let new = self.folder().join("plan.json.new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec_pretty(plan)?)?;
        file.sync_all()?;
        fs::rename(new, self.folder().join(PLAN))
    }

    fn plan(&self) -> io::Result<Plan> {
        let mut text = Vec::new();
        let file = File::open(self.folder().join(PLAN))?;
        file.take(LARGEST_PLAN).read_to_end(&mut text)?;
        let plan: Plan = serde_json::from_slice(&text)?;
        if !plan.is_sound() || plan.name != self.name {
            return Err(io::Error::other("its plan is not one of ours"));
        }
        Ok(plan)
    }

    /// Where a verified file lies until all are.
    pub fn whole(&self, file: &Source) -> PathBuf {
        self.files().join(file.name())
    }

    /// Where a file lies until it is verified.
    pub fn part(&self, file: &Source) -> PathBuf {
        self.files().join(format!("{}{PART}", file.name()))
    }

    /// How much of a file has arrived, bytes.
    pub fn arrived(&self, file: &Source) -> u64 {
        let size = |path| fs::metadata(path).ok().map(|metadata| metadata.len());
        size(self.whole(file)).or_else(|| size(self.part(file))).unwrap_or(0).min(file.size)
    }

    /// Where the model will be.
    pub fn model(&self) -> PathBuf {
        self.models.join(&self.name)
    }

    /// Makes the verified files a model, and ends the download.
    pub fn finish(&self, plan: &Plan) -> io::Result<()> {
        let from = match (plan.format, &plan.files[..]) {
            (Format::Gguf, [file]) => self.whole(file),
            _ => {
                sync_folder(&self.files())?;
                self.files()
            }
        };
        fs::rename(from, self.model())?;
        sync_folder(&self.models)?;
        self.remove()
    }

    /// Whether a process ended between the two last steps.
    pub fn is_finished(&self) -> bool {
        let is_empty = fs::read_dir(self.files()).map_or(true, |mut files| files.next().is_none());
        is_empty && fs::symlink_metadata(self.model()).is_ok()
    }

    /// Deletes what has arrived.
    pub fn remove(&self) -> io::Result<()> {
        match fs::remove_dir_all(self.folder()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// The folder itself.
    pub fn folder(&self) -> PathBuf {
        self.models.join(format!(".{}{ENDING}", self.name))
    }

    fn files(&self) -> PathBuf {
        self.folder().join("files")
    }
}

/// Makes what was renamed in a folder last.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Windows has no such call for folders.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
