//! What may be a model: the files it consists of, before any is opened.

use crate::Format;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A file written this recently may be written again without its size or time
/// changing, so what was found in it isn't kept.
const SETTLED: Duration = Duration::from_secs(2);
/// How many files of a folder are looked at; more is no model.
const MOST_PARTS: usize = 8192;

/// A file of a model, and what tells whether it has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub name: String,
    pub size: u64,
    pub modified: SystemTime,
    /// Whether it is a link to something that doesn't exist.
    pub is_broken: bool,
}

impl Part {
    pub fn of(name: String, metadata: &Metadata) -> Self {
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        Self { name, size: metadata.len(), modified, is_broken: false }
    }

    pub fn is_pickle(&self) -> bool {
        is_pickle(Path::new(&self.name))
    }
}

/// Something in the models folder that is listed.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub path: PathBuf,
    pub format: Format,
    /// By name.
    pub parts: Vec<Part>,
    /// Where it points, when it is a link.
    pub link_target: Option<PathBuf>,
}

impl Candidate {
    /// The file at `path`, which may be a link.
    ///
    /// # Errors
    /// When there is nothing, or it can't be asked.
    pub fn file(path: PathBuf) -> io::Result<Self> {
        let own = fs::symlink_metadata(&path)?;
        let link_target = link_target(&path, &own);
        let name = file_name(&path);
        let part = match fs::metadata(&path) {
            Ok(metadata) => Part::of(name, &metadata),
            Err(_) if link_target.is_some() => {
                Part { size: 0, is_broken: true, ..Part::of(name, &own) }
            }
            Err(error) => return Err(error),
        };
        let format = if part.is_pickle() {
            Format::Pickle
        } else if extension(&path) == "gguf" {
            Format::Gguf
        } else {
            Format::Safetensors
        };
        Ok(Self { path, format, parts: vec![part], link_target })
    }

    /// The folder at `path`, which may be a link to one.
    ///
    /// # Errors
    /// When it can't be listed.
    pub fn folder(path: PathBuf) -> io::Result<Self> {
        let link_target = link_target(&path, &fs::symlink_metadata(&path)?);
        let parts = parts(&path)?;
        Ok(Self { path, format: Format::Safetensors, parts, link_target })
    }

    /// What is at `path` now.
    ///
    /// # Errors
    /// When there is nothing, or it can't be asked.
    pub fn at(path: PathBuf) -> io::Result<Self> {
        if path.is_dir() { Self::folder(path) } else { Self::file(path) }
    }

    /// Whether it is a link to something that doesn't exist.
    pub fn is_broken(&self) -> bool {
        matches!(self.parts[..], [Part { is_broken: true, .. }])
    }

    /// Its name without the folders above.
    pub fn name(&self) -> String {
        file_name(&self.path)
    }

    /// The size of its files, bytes.
    pub fn size(&self) -> u64 {
        self.parts.iter().fold(0, |sum, part| sum.saturating_add(part.size))
    }

    /// When the last of its files was written.
    pub fn modified(&self) -> SystemTime {
        let times = self.parts.iter().map(|part| part.modified);
        times.max().unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Whether none of its files was written just now.
    pub fn is_settled(&self) -> bool {
        SystemTime::now().duration_since(self.modified()).is_ok_and(|age| age > SETTLED)
    }
}

/// The files of a folder that belong to a model in it, or stand in its way, by
/// name.
///
/// # Errors
/// When the folder can't be listed.
pub(crate) fn parts(folder: &Path) -> io::Result<Vec<Part>> {
    let mut parts = Vec::new();
    for entry in fs::read_dir(folder)?.take(MOST_PARTS) {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !belongs(&name) {
            continue;
        }
        match fs::metadata(entry.path()) {
            Ok(metadata) if metadata.is_file() => parts.push(Part::of(name, &metadata)),
            Ok(_) => {}
            Err(_) if entry.file_type().is_ok_and(|kind| kind.is_symlink()) => {
                let part = Part::of(name, &entry.metadata()?);
                parts.push(Part { size: 0, is_broken: true, ..part });
            }
            // It went away since it was listed.
            Err(_) => {}
        }
    }
    parts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(parts)
}

/// Whether the names of a folder's files say that it holds a model.
pub(crate) fn is_model_folder(names: &[String]) -> bool {
    names.iter().any(|name| name == "config.json")
        && names.iter().any(|name| extension(Path::new(name)) == "safetensors")
}

/// Whether a file belongs to a model in a folder. What else people keep there
/// is none of ours.
pub(crate) fn belongs(name: &str) -> bool {
    const KINDS: [&str; 4] = ["safetensors", "json", "jinja", "model"];
    const NAMES: [&str; 7] = [
        "merges.txt",
        "vocab.txt",
        "README.md",
        "LICENSE",
        "LICENSE.txt",
        "NOTICE",
        ".gitattributes",
    ];
    let path = Path::new(name);
    KINDS.contains(&extension(path).as_str()) || is_pickle(path) || NAMES.contains(&name)
}

/// Whether a file is one that is never opened.
pub(crate) fn is_pickle(path: &Path) -> bool {
    matches!(extension(path).as_str(), "bin" | "pt" | "pth")
}

/// What a file's name ends in, in small letters.
pub(crate) fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn link_target(path: &Path, own: &Metadata) -> Option<PathBuf> {
    if !own.is_symlink() {
        return None;
    }
    let target = fs::read_link(path).ok()?;
    // Relative ones start where the link is.
    Some(path.parent().map_or(target.clone(), |folder| folder.join(target)))
}
