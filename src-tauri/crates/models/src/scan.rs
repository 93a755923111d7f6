//! One look at the models folder.

use crate::candidate::{Candidate, Part, extension, is_model_folder, is_pickle};
use crate::name::display_name;
use crate::{Facts, Format, Model, ModelFile, ModelList, gguf, safetensors};
use nopenai_domain::{Code, Error, ModelId};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How many levels of folders are looked into, the models folder included.
const MOST_DEPTH: usize = 4;
/// How many files and folders are looked at; more is no models folder.
const MOST_ENTRIES: usize = 20_000;

/// What inspection said about a model.
type Verdict = Result<Facts, Error>;

/// Scans one folder again and again, and remembers what it inspected.
pub(crate) struct Scanner {
    folder: PathBuf,
    known: HashMap<PathBuf, (Vec<Part>, Verdict)>,
}

impl Scanner {
    /// A scanner of `folder`, an absolute path.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, known: HashMap::new() }
    }

    /// Looks at the folder. `entering` is called for each folder before it is
    /// listed, so that one who watches it from then on misses nothing.
    pub fn scan(&mut self, entering: &mut dyn FnMut(&Path)) -> ModelList {
        let mut walk = Walk { entering, candidates: Vec::new(), seen: 0 };
        let problem = match walk.folder(&self.folder, 1) {
            Err(error) => Some(unavailable(&self.folder, &error)),
            Ok(()) if walk.seen > MOST_ENTRIES => Some(too_large(&self.folder)),
            Ok(()) => None,
        };
        let mut known = HashMap::new();
        let mut models = Vec::new();
        for candidate in walk.candidates {
            let (verdict, lasts) = match self.known.remove(&candidate.path) {
                Some((then, verdict)) if then == candidate.parts => (verdict, true),
                _ => inspect(&candidate),
            };
            if lasts && candidate.is_settled() {
                known.insert(candidate.path.clone(), (candidate.parts.clone(), verdict.clone()));
            }
            models.push(self.model(candidate, verdict));
        }
        self.known = known;
        models.sort_by(|a, b| a.id.cmp(&b.id));
        distinguish(&mut models);
        ModelList { folder: self.folder.to_string_lossy().into_owned(), problem, models }
    }

    fn model(&self, candidate: Candidate, verdict: Verdict) -> Model {
        let below = candidate.path.strip_prefix(&self.folder).unwrap_or(&candidate.path);
        let names: Vec<_> =
            below.components().map(|name| name.as_os_str().to_string_lossy()).collect();
        let id = ModelId(names.join("/"));
        let file = candidate.name();
        let (facts, problem) = match verdict {
            Ok(facts) => (Some(facts), None),
            Err(error) => (None, Some(error)),
        };
        let stated = facts.as_ref().and_then(|facts| facts.name.as_deref());
        Model {
            id,
            name: display_name(&file, stated),
            alias: None,
            format: Some(candidate.format),
            file,
            size_bytes: candidate.size(),
            modified_at: candidate.modified().into(),
            link_target: candidate.link_target.map(|path| path.to_string_lossy().into_owned()),
            files: candidate.parts.into_iter().map(model_file).collect(),
            sha256: None,
            hashing: None,
            facts,
            problem,
            remote: None,
        }
    }
}

fn model_file(part: Part) -> ModelFile {
    ModelFile { name: part.name, size_bytes: part.size }
}

/// A walk through folders: bounded, and through a link to a folder only when
/// that holds a model, so that none is met twice.
struct Walk<'a> {
    entering: &'a mut dyn FnMut(&Path),
    candidates: Vec<Candidate>,
    seen: usize,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) -> io::Result<()> {
        (self.entering)(folder);
        let entries = self.list(folder)?;
        // The models folder itself is none of its models.
        let is_model = depth > 1 && is_model_folder(&names(&entries));
        if is_model {
            self.candidates.push(Candidate::folder(folder.to_owned())?);
        }
        for entry in entries {
            let path = entry.path();
            let kind = entry.file_type()?;
            if kind.is_symlink() && path.is_dir() {
                self.linked(path);
            } else if kind.is_dir() {
                self.below(&path, depth);
            } else if is_listed(&path, is_model) {
                self.file(path);
            }
        }
        Ok(())
    }

    fn list(&mut self, folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder)? {
            self.seen += 1;
            if self.seen > MOST_ENTRIES {
                break;
            }
            let entry = entry?;
            if !is_hidden(&entry.file_name()) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    fn below(&mut self, folder: &Path, depth: usize) {
        if depth < MOST_DEPTH
            && let Err(error) = self.folder(folder, depth + 1)
        {
            tracing::warn!(folder = %folder.display(), %error, "folder skipped");
        }
    }

    fn linked(&mut self, folder: PathBuf) {
        if let Ok(entries) = self.list(&folder)
            && is_model_folder(&names(&entries))
            && let Ok(candidate) = Candidate::folder(folder)
        {
            (self.entering)(&candidate.path);
            self.candidates.push(candidate);
        }
    }

    fn file(&mut self, path: PathBuf) {
        // A pipe or a device is no model; what went away since it was listed is
        // nothing.
        let is_file = fs::metadata(&path).map_or(true, |metadata| metadata.is_file());
        if is_file && let Ok(candidate) = Candidate::file(path) {
            self.candidates.push(candidate);
        }
    }
}

fn names(entries: &[fs::DirEntry]) -> Vec<String> {
    entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Whether a file is listed by itself, and not as part of a folder's model.
fn is_listed(path: &Path, is_in_model: bool) -> bool {
    extension(path) == "gguf"
        || !is_in_model && (is_pickle(path) || extension(path) == "safetensors")
}

/// Inspects a model, and tells whether the verdict lasts as long as its files
/// stay as they are. One that couldn't be read may be readable the next time.
pub(crate) fn inspect(candidate: &Candidate) -> (Verdict, bool) {
    if let Some(message) = refused_unread(candidate) {
        return (Err(Error::new(Code::UnsupportedModel, message)), !candidate.is_broken());
    }
    match candidate.format {
        Format::Safetensors if !candidate.path.is_dir() => {
            (Err(safetensors::Refusal::from(safetensors::Reason::Alone).into()), true)
        }
        Format::Safetensors => {
            match safetensors::inspect_parts(&candidate.path, &candidate.parts) {
                Ok(facts) => (Ok(facts), true),
                Err(refusal) => {
                    let lasts = !matches!(refusal.reason, safetensors::Reason::Io(_));
                    (Err(refusal.into()), lasts)
                }
            }
        }
        Format::Gguf | Format::Pickle => match gguf::inspect(&candidate.path) {
            Ok(facts) => (Ok(facts), true),
            Err(refusal) => {
                let lasts = !matches!(refusal.reason, gguf::Reason::Io(_));
                (Err(refusal.into()), lasts)
            }
        },
    }
}

/// Why a model isn't even opened.
fn refused_unread(candidate: &Candidate) -> Option<String> {
    let path = &candidate.path;
    if candidate.is_broken() {
        let target = candidate.link_target.as_deref().unwrap_or(path);
        return Some(format!(
            "This is a link to {}, which does not exist. Bring the file back there, or remove the \
             model from the list.",
            target.display()
        ));
    }
    if candidate.format == Format::Pickle {
        return Some(format!(
            "Files that end in .{} are pickles, which can run code when they are read, so \
             this one was not opened. Choose the model's GGUF edition.",
            extension(path)
        ));
    }
    if path.to_str().is_none() {
        return Some("The path is not valid Unicode. Rename it.".to_owned());
    }
    part(path).filter(|_| candidate.format == Format::Gguf).map(|(part, parts)| {
        format!(
            "This is part {part} of {parts} of a model, and models in several files cannot be run \
             yet. Choose an edition in one file."
        )
    })
}

/// The 2 and the 3 of "name-00002-of-00003.gguf".
pub(crate) fn part(path: &Path) -> Option<(u32, u32)> {
    let stem = path.file_stem()?.to_str()?;
    let (rest, parts) = stem.rsplit_once("-of-")?;
    let (_, part) = rest.rsplit_once('-')?;
    let number = |digits: &str| match digits.len() {
        5 => digits.parse::<u32>().ok(),
        _ => None,
    };
    Some((number(part)?, number(parts)?)).filter(|&(_, parts)| parts != 1)
}

/// Gives models of the same name different ones.
fn distinguish(models: &mut [Model]) {
    let mut count: HashMap<String, usize> = HashMap::new();
    for model in models.iter() {
        *count.entry(model.name.clone()).or_default() += 1;
    }
    let is_shared = |name: &String| count.get(name).is_some_and(|&count| count > 1);
    for model in models.iter_mut().filter(|model| is_shared(&model.name)) {
        model.name = model.id.0.clone();
    }
}

fn unavailable(folder: &Path, error: &io::Error) -> Error {
    let shown = folder.display();
    let message = match error.kind() {
        io::ErrorKind::NotFound => format!(
            "The models folder {shown} does not exist. Create it, or choose another; it is looked \
             for every few seconds."
        ),
        io::ErrorKind::NotADirectory => {
            format!("{shown} is not a folder. Choose the folder that holds your models.")
        }
        io::ErrorKind::PermissionDenied => format!(
            "The models folder {shown} may not be read. Change its permissions, or choose another."
        ),
        _ => format!("The models folder {shown} cannot be read: {error}."),
    };
    Error::new(Code::FolderUnavailable, message).with("folder", shown.to_string())
}

fn too_large(folder: &Path) -> Error {
    let shown = folder.display();
    Error::new(
        Code::FolderUnavailable,
        format!(
            "{shown} holds more than {MOST_ENTRIES} files and folders, and the rest was not looked \
             at. Choose a folder that holds only models."
        ),
    )
    .with("folder", shown.to_string())
}
