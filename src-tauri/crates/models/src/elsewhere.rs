//! Models that other applications have on this machine: LM Studio, Ollama, the
//! Hugging Face cache, Jan. They are only looked at; an import links them.

use crate::candidate::{Candidate, is_model_folder};
use crate::{Format, name, scan};
use nopenai_domain::Error;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// How many levels of folders are looked into.
const MOST_DEPTH: usize = 8;
/// How many files and folders are looked at, per application.
const MOST_ENTRIES: usize = 50_000;
/// The largest manifest that is read, bytes.
const LARGEST_MANIFEST: u64 = 1 << 20;

/// Where the folders of applications begin.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The person's home folder.
    pub home: Option<PathBuf>,
    /// `OLLAMA_MODELS`.
    pub ollama_models: Option<PathBuf>,
    /// Where an Ollama that serves all users keeps its models.
    pub ollama_of_all: Option<PathBuf>,
    /// `HF_HUB_CACHE`.
    pub hf_hub_cache: Option<PathBuf>,
    /// `HF_HOME`.
    pub hf_home: Option<PathBuf>,
    /// Where applications keep data: `XDG_DATA_HOME` and its like.
    pub data: Option<PathBuf>,
}

/// An application that keeps models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Application {
    /// LM Studio.
    LmStudio,
    /// Ollama.
    Ollama,
    /// The cache of Hugging Face's libraries.
    HuggingFace,
    /// Jan.
    Jan,
}

/// A model of another application.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FoundModel {
    /// Whose it is.
    pub application: Application,
    /// What it would be called in the models folder.
    pub name: String,
    /// Its file or folder.
    pub path: String,
    /// How its files are laid out.
    pub format: Format,
    /// The size of its files, bytes.
    pub size_bytes: u64,
    /// What kind of network it is, when the engine can run it.
    pub architecture: Option<String>,
    /// How its weights are stored, when the engine can run it.
    pub quantization: Option<String>,
    /// Why the engine can't run it.
    pub problem: Option<Error>,
    /// Whether the models folder has something of that name.
    pub is_here: bool,
}

/// Looks for models of other applications, each inspected, by application and
/// name. Blocks, some 20 ms for a model.
pub fn find(surroundings: &Surroundings, models: &Path) -> Vec<FoundModel> {
    let mut found = Vec::new();
    for (application, root) in roots(surroundings) {
        let candidates = match application {
            Application::Ollama => ollama(&root),
            _ => walked(application, &root),
        };
        found.extend(candidates.into_iter().filter_map(|(name, path)| {
            let is_here = fs::symlink_metadata(models.join(&name)).is_ok();
            inspected(application, name, path, is_here)
        }));
    }
    found.sort_by(|a, b| (a.application, &a.name, &a.path).cmp(&(b.application, &b.name, &b.path)));
    found.dedup_by(|a, b| a.application == b.application && a.path == b.path);
    found
}

fn roots(surroundings: &Surroundings) -> Vec<(Application, PathBuf)> {
    use Application::{HuggingFace, Jan, LmStudio, Ollama};
    let home = |below: &str| surroundings.home.as_ref().map(|home| home.join(below));
    let data = |below: &str| surroundings.data.as_ref().map(|data| data.join(below));
    let cache = surroundings
        .hf_hub_cache
        .clone()
        .or_else(|| surroundings.hf_home.as_ref().map(|cache| cache.join("hub")))
        .or_else(|| home(".cache/huggingface/hub"));
    let ollama = surroundings.ollama_models.clone().or_else(|| home(".ollama/models"));
    let all = [
        (LmStudio, home(".lmstudio/models")),
        (LmStudio, home(".cache/lm-studio/models")),
        (Ollama, ollama),
        (Ollama, surroundings.ollama_of_all.clone()),
        (HuggingFace, cache),
        (Jan, home("jan/models")),
        (Jan, data("Jan/data/models")),
        (Jan, data("Jan/data/llamacpp/models")),
    ];
    all.into_iter().filter_map(|(application, root)| Some((application, root?))).collect()
}

/// What is of use to a person who wants to know whether to import it.
fn inspected(
    application: Application,
    name: String,
    path: PathBuf,
    is_here: bool,
) -> Option<FoundModel> {
    let mut candidate = Candidate::at(path).ok()?;
    if !candidate.path.is_dir() {
        // Ollama's files have no ending.
        candidate.format = Format::Gguf;
    }
    let (facts, problem) = match scan::inspect(&candidate).0 {
        Ok(facts) => (Some(facts), None),
        Err(error) => (None, Some(error)),
    };
    Some(FoundModel {
        application,
        name,
        path: candidate.path.to_str()?.to_owned(),
        format: candidate.format,
        size_bytes: candidate.size(),
        architecture: facts.as_ref().map(|facts| facts.architecture.clone()),
        quantization: facts.map(|facts| facts.quantization),
        problem,
        is_here,
    })
}

/// GGUF files and folders of safetensors below a folder, with their names.
fn walked(application: Application, root: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut open = vec![(root.to_owned(), 1)];
    let mut seen = 0;
    while let Some((folder, depth)) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let mut names = Vec::new();
        for entry in entries.flatten() {
            seen += 1;
            if seen > MOST_ENTRIES {
                return found;
            }
            let (path, file) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            // Links to folders could lead around in a circle.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if depth < MOST_DEPTH && !file.starts_with('.') {
                    open.push((path, depth + 1));
                }
            } else if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gguf")) {
                // A projector for pictures is no model of its own.
                if !file.starts_with("mmproj") {
                    found.push((file_name(&path, &file), path));
                }
            } else {
                names.push(file);
            }
        }
        if is_model_folder(&names) {
            found.push((folder_name(application, &folder), folder));
        }
    }
    found
}

/// A file's name; where it says nothing, as Jan's "model.gguf", its folder's.
fn file_name(path: &Path, file: &str) -> String {
    let folder = path.parent().and_then(Path::file_name).map(OsStr::to_string_lossy);
    match folder {
        Some(folder) if file.eq_ignore_ascii_case("model.gguf") => {
            format!("{}.gguf", named(&folder))
        }
        _ => named(file),
    }
}

/// A folder's name; in the Hugging Face cache that is a commit, and the model's
/// stands above.
fn folder_name(application: Application, folder: &Path) -> String {
    let above = folder.ancestors().filter_map(Path::file_name).map(OsStr::to_string_lossy);
    let mut above = above
        .filter(|name| application != Application::HuggingFace || name.starts_with("models--"));
    let name = above.next().unwrap_or_default();
    named(name.rsplit_once("--").map_or(&*name, |(_, name)| name))
}

#[derive(Deserialize)]
struct Manifest {
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
    digest: String,
}

/// What Ollama's manifests name: `manifests/REGISTRY/OWNER/MODEL/TAG`, whose
/// weights are a file in `blobs`.
fn ollama(root: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut open = vec![(root.join("manifests"), 1)];
    let mut seen = 0;
    while let Some((folder, depth)) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            seen += 1;
            if seen > MOST_ENTRIES {
                return found;
            }
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && depth < MOST_DEPTH {
                open.push((entry.path(), depth + 1));
            } else if kind.is_file()
                && let Some(blob) = weights(&entry.path())
            {
                let model = folder.file_name().unwrap_or_default().to_string_lossy();
                let tag = entry.file_name().to_string_lossy().into_owned();
                found.push((named(&format!("{model}-{tag}.gguf")), root.join("blobs").join(blob)));
            }
        }
    }
    found
}

/// The name of the file with a manifest's weights.
fn weights(manifest: &Path) -> Option<String> {
    const WEIGHTS: &str = "application/vnd.ollama.image.model";
    let mut text = Vec::new();
    File::open(manifest).ok()?.take(LARGEST_MANIFEST).read_to_end(&mut text).ok()?;
    let manifest: Manifest = serde_json::from_slice(&text).ok()?;
    let layer = manifest.layers.into_iter().find(|layer| layer.media_type == WEIGHTS)?;
    let hash = layer.digest.strip_prefix("sha256:")?;
    let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    is_hash.then(|| format!("sha256-{hash}"))
}

/// A stranger's name, made one that a file can have.
fn named(text: &str) -> String {
    let fit = |c: char| if c.is_alphanumeric() || "-_.+ ()".contains(c) { c } else { '-' };
    let name: String = name::plain(text).chars().map(fit).take(120).collect();
    name.trim_start_matches('.').to_owned()
}
