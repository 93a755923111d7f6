//! One look at the models folder.

use crate::gguf;
use crate::name::display_name;
use crate::{Facts, Model, ModelList};
use nopenai_domain::{Code, Error, ModelId};
use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How many levels of folders are looked into, the models folder included.
const MOST_DEPTH: usize = 4;
/// How many files and folders are looked at; more is no models folder.
const MOST_ENTRIES: usize = 20_000;
/// A file written this recently may be written again without its size or time
/// changing, so what was found in it isn't kept.
const SETTLED: Duration = Duration::from_secs(2);

/// What tells whether a file has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified: SystemTime,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            modified: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
        }
    }

    fn is_settled(self) -> bool {
        SystemTime::now().duration_since(self.modified).is_ok_and(|age| age > SETTLED)
    }
}

/// What inspection said about a file.
type Verdict = Result<Facts, Error>;

/// Scans one folder again and again, and remembers what it inspected.
pub(crate) struct Scanner {
    folder: PathBuf,
    known: HashMap<PathBuf, (Stamp, Verdict)>,
}

impl Scanner {
    /// A scanner of `folder`, an absolute path.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, known: HashMap::new() }
    }

    /// Looks at the folder. `entering` is called for each folder before it is
    /// listed, so that one who watches it from then on misses nothing.
    pub fn scan(&mut self, entering: &mut dyn FnMut(&Path)) -> ModelList {
        let mut walk = Walk { entering, files: Vec::new(), seen: 0 };
        let problem = match walk.folder(&self.folder, 1) {
            Err(error) => Some(unavailable(&self.folder, &error)),
            Ok(()) if walk.seen > MOST_ENTRIES => Some(too_large(&self.folder)),
            Ok(()) => None,
        };
        let files = walk.files;

        let mut known = HashMap::new();
        let mut models = Vec::new();
        for (path, metadata) in files {
            let stamp = Stamp::of(&metadata);
            let (verdict, lasts) = match self.known.remove(&path) {
                Some((then, verdict)) if then == stamp => (verdict, true),
                _ => inspect(&path),
            };
            if lasts && stamp.is_settled() {
                known.insert(path.clone(), (stamp, verdict.clone()));
            }
            models.push(self.model(&path, &metadata, verdict));
        }
        self.known = known;
        models.sort_by(|a, b| a.id.cmp(&b.id));
        distinguish(&mut models);
        ModelList { folder: self.folder.to_string_lossy().into_owned(), problem, models }
    }

    fn model(&self, path: &Path, metadata: &Metadata, verdict: Verdict) -> Model {
        let below = path.strip_prefix(&self.folder).unwrap_or(path);
        let parts: Vec<_> =
            below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        let file = parts.last().cloned().unwrap_or_default().into_owned();
        let (facts, problem) = match verdict {
            Ok(facts) => (Some(facts), None),
            Err(error) => (None, Some(error)),
        };
        let stated = facts.as_ref().and_then(|facts| facts.name.as_deref());
        Model {
            id: ModelId(parts.join("/")),
            name: display_name(&file, stated),
            size_bytes: metadata.len(),
            modified_at: Stamp::of(metadata).modified.into(),
            file,
            facts,
            problem,
        }
    }
}

/// A walk through folders: bounded, and never through a link to a folder, so
/// that none is met twice.
struct Walk<'a> {
    entering: &'a mut dyn FnMut(&Path),
    files: Vec<(PathBuf, Metadata)>,
    seen: usize,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) -> io::Result<()> {
        (self.entering)(folder);
        for entry in fs::read_dir(folder)? {
            self.seen += 1;
            if self.seen > MOST_ENTRIES {
                break;
            }
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = entry.path();
            let kind = entry.file_type()?;
            if kind.is_dir() {
                if depth < MOST_DEPTH
                    && let Err(error) = self.folder(&path, depth + 1)
                {
                    tracing::warn!(folder = %path.display(), %error, "folder skipped");
                }
            } else if is_model(&path) {
                // Follows a link. What went away since it was listed is no file.
                match fs::metadata(&path) {
                    Ok(metadata) if metadata.is_file() => self.files.push((path, metadata)),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

fn extension(path: &Path) -> String {
    let extension = path.extension().unwrap_or_default();
    extension.to_string_lossy().to_lowercase()
}

fn is_model(path: &Path) -> bool {
    matches!(extension(path).as_str(), "gguf" | "bin" | "pt" | "pth")
}

/// Inspects a file, and tells whether the verdict lasts as long as the file
/// stays as it is. One that couldn't be read may be readable the next time.
fn inspect(path: &Path) -> (Verdict, bool) {
    if let Some(message) = refused_unread(path) {
        return (Err(Error::new(Code::UnsupportedModel, message)), true);
    }
    match gguf::inspect(path) {
        Ok(facts) => (Ok(facts), true),
        Err(refusal) => {
            let lasts = !matches!(refusal.reason, gguf::Reason::Io(_));
            (Err(refusal.into()), lasts)
        }
    }
}

/// Why a file isn't even opened.
fn refused_unread(path: &Path) -> Option<String> {
    let extension = extension(path);
    if extension != "gguf" {
        return Some(format!(
            "Files that end in .{extension} are pickles, which can run code when they are read, so \
             this one was not opened. Choose the model's GGUF edition."
        ));
    }
    if path.to_str().is_none() {
        return Some("The file's path is not valid Unicode. Rename it.".to_owned());
    }
    part(path).map(|(part, parts)| {
        format!(
            "This is part {part} of {parts} of a model, and models in several files cannot be run \
             yet. Choose an edition in one file."
        )
    })
}

/// The 2 and the 3 of "name-00002-of-00003.gguf".
fn part(path: &Path) -> Option<(u32, u32)> {
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
