use super::{Hub, search};
use crate::candidate::{belongs, extension, is_model_folder, is_pickle};
use crate::download::{Digest, Source};
use crate::{Format, name, scan};
use nopenai_domain::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// How many files of a repository are looked at.
const MOST_FILES: usize = 20_000;
/// The largest file that is believed, bytes.
const LARGEST: u64 = 1 << 43;

/// A repository of the hub at one revision, and what can be had of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HubRepository {
    /// "owner/name".
    pub repository: String,
    /// The commit whose files these are.
    pub revision: String,
    /// Its licence's short name, as its owner says.
    pub licence: Option<String>,
    /// Whether a licence must be accepted on the hub first.
    pub gated: bool,
    /// Downloads of the last 30 days.
    pub downloads: Option<u64>,
    /// What can be downloaded, each as a model of its own, by name.
    pub offers: Vec<Offer>,
    /// How many model files can't be had: in several parts, without a
    /// checksum, or of a kind that is never opened.
    pub left_out: u64,
}

/// What can be downloaded as one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Offer {
    /// The GGUF file's path in the repository; absent for the repository's
    /// safetensors, which come as a folder.
    pub file: Option<String>,
    /// What it will be called in the models folder.
    pub name: String,
    /// How its files are laid out.
    pub format: Format,
    /// The size of its files, bytes.
    pub size_bytes: u64,
    /// How many files it has.
    pub files: u64,
    /// SHA-256 of a single file, as the hub states it.
    pub sha256: Option<String>,
    /// Whether the models folder has something of that name.
    pub is_here: bool,
}

/// A repository's files that can be verified.
pub(crate) struct Listing {
    pub repository: String,
    pub revision: String,
    licence: Option<String>,
    gated: bool,
    downloads: Option<u64>,
    files: Vec<Source>,
    left_out: u64,
}

impl Hub {
    /// Asks what a repository has, at a revision (a commit, tag or branch) or
    /// now.
    pub(crate) async fn listing(
        &self,
        repository: &str,
        revision: Option<&str>,
    ) -> Result<Listing> {
        if !is_repository(repository) {
            let message = "A model of the hub is called \"owner/name\".";
            return Err(Error::invalid("repository", message));
        }
        if revision.is_some_and(|revision| !is_revision(revision)) {
            let message = "A revision is a commit, a tag or a branch.";
            return Err(Error::invalid("revision", message));
        }
        let path = ["api", "models"].into_iter().chain(repository.split('/'));
        let revision = revision.into_iter().flat_map(|revision| ["revision", revision]);
        let mut url = self.address()?.join(path.chain(revision));
        url.query_pairs_mut().append_pair("blobs", "true");
        let found: Found = self.json(url).await.map_err(|failure| {
            Error { details: failure.error.details.clone(), ..failure.error }
                .with("repository", repository)
        })?;
        found.checked(repository)
    }
}

impl Listing {
    /// As it is shown; `is_here` tells whether the models folder has a name.
    pub fn shown(&self, is_here: impl Fn(&str) -> bool) -> HubRepository {
        let single = |source: &Source| Offer {
            file: Some(source.path.clone()),
            name: base(&source.path).to_owned(),
            format: Format::Gguf,
            size_bytes: source.size,
            files: 1,
            sha256: source.digest.sha256().map(str::to_owned),
            is_here: is_here(base(&source.path)),
        };
        let mut offers: Vec<_> = self.ggufs().map(single).collect();
        let folder = self.folder();
        if !folder.is_empty() {
            let name = base(&self.repository).to_owned();
            offers.push(Offer {
                file: None,
                is_here: is_here(&name),
                name,
                format: Format::Safetensors,
                size_bytes: folder.iter().fold(0, |sum, file| sum.saturating_add(file.size)),
                files: folder.len() as u64,
                sha256: None,
            });
        }
        offers.sort_by(|a, b| (a.size_bytes, &a.name).cmp(&(b.size_bytes, &b.name)));
        HubRepository {
            repository: self.repository.clone(),
            revision: self.revision.clone(),
            licence: self.licence.clone(),
            gated: self.gated,
            downloads: self.downloads,
            offers,
            left_out: self.left_out,
        }
    }

    /// The files of one model: the GGUF file of that name, in which one `*` may
    /// stand for anything, or the safetensors.
    ///
    /// # Errors
    /// [`Code::NotFound`] when there is none, [`Code::InvalidInput`] when the
    /// pattern says nothing.
    pub fn choose(&self, file: Option<&str>) -> Result<(String, Format, Vec<Source>)> {
        let missing = || {
            let what = file.unwrap_or("model in safetensors files");
            let message = format!(
                "{} has no {} that can be downloaded and verified.",
                self.repository,
                name::shown(what)
            );
            Error::new(Code::NotFound, message).with("repository", self.repository.as_str())
        };
        match file {
            Some(pattern) => {
                let source = self
                    .ggufs()
                    .find(|source| matches(pattern, &source.path))
                    .ok_or_else(missing)?;
                Ok((base(&source.path).to_owned(), Format::Gguf, vec![source.clone()]))
            }
            None => {
                let folder = self.folder();
                if folder.is_empty() {
                    return Err(missing());
                }
                Ok((base(&self.repository).to_owned(), Format::Safetensors, folder))
            }
        }
    }

    fn ggufs(&self) -> impl Iterator<Item = &Source> {
        self.files.iter().filter(|file| extension(Path::new(&file.path)) == "gguf")
    }

    /// The files of the model that lies at the repository's top.
    fn folder(&self) -> Vec<Source> {
        let top = self.files.iter().filter(|file| belongs(&file.path) && !file.path.contains('/'));
        let files: Vec<Source> = top.cloned().collect();
        let names: Vec<_> = files.iter().map(|file| file.path.clone()).collect();
        if is_model_folder(&names) { files } else { Vec::new() }
    }
}

#[derive(Deserialize)]
struct Found {
    sha: String,
    #[serde(default)]
    gated: search::Gated,
    #[serde(default)]
    tags: Vec<String>,
    downloads: Option<u64>,
    #[serde(default)]
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    #[serde(rename = "blobId")]
    blob_id: Option<String>,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    sha256: String,
    size: u64,
}

impl Found {
    fn checked(self, repository: &str) -> Result<Listing> {
        if !is_commit(&self.sha) {
            let message = "The hub does not say which revision this is.";
            return Err(Error::new(Code::FileUnavailable, message));
        }
        let of_models = self.siblings.into_iter().take(MOST_FILES).filter(|sibling| {
            let path = Path::new(&sibling.rfilename);
            extension(path) == "gguf" || is_pickle(path) || belongs(&sibling.rfilename)
        });
        let (mut files, mut left_out) = (Vec::new(), 0);
        for sibling in of_models {
            match sibling.source() {
                Some(source) => files.push(source),
                None => left_out += 1,
            }
        }
        Ok(Listing {
            repository: repository.to_owned(),
            revision: self.sha,
            licence: search::licence(&self.tags),
            gated: self.gated.is_gated(),
            downloads: self.downloads,
            files,
            left_out,
        })
    }
}

impl Sibling {
    /// None for what isn't downloaded.
    fn source(self) -> Option<Source> {
        let path = Path::new(&self.rfilename);
        let is_projector = base(&self.rfilename).starts_with("mmproj");
        if is_pickle(path) || scan::part(path).is_some() || is_projector {
            return None;
        }
        let (size, digest) = match (self.lfs, self.size, self.blob_id) {
            (Some(lfs), ..) => (lfs.size, Digest::Sha256(lfs.sha256)),
            (None, Some(size), Some(blob)) => (size, Digest::Git(blob)),
            _ => return None,
        };
        let source = Source { path: self.rfilename, size, digest };
        (source.is_sound() && size <= LARGEST).then_some(source)
    }
}

/// The last part of a path.
pub(crate) fn base(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, base)| base)
}

/// "owner/name".
pub(crate) fn is_repository(text: &str) -> bool {
    let is_part = |part: &str| {
        (1..=96).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
            && !part.starts_with('.')
            && !part.contains("..")
    };
    text.split_once('/').is_some_and(|(owner, name)| is_part(owner) && is_part(name))
}

/// A commit, a tag or a branch without folders.
pub(crate) fn is_revision(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        && !text.starts_with('.')
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether a file's path is the pattern's, in which one `*` stands for
/// anything; capitals make no difference.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path) = (pattern.to_lowercase(), path.to_lowercase());
    match pattern.split_once('*') {
        None => pattern == path,
        Some((start, end)) => {
            path.len() >= start.len() + end.len() && path.starts_with(start) && path.ends_with(end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_hub() {
        for good in ["Qwen/Qwen2.5-0.5B-Instruct-GGUF", "a/b", "a_b/c.d"] {
            assert!(is_repository(good), "{good}");
        }
        for bad in ["", "a", "a/", "/b", "a/b/c", "../b", "a/..", "a/.b", "a/b?x", "a b/c", "a/b\n"]
        {
            assert!(!is_repository(bad), "{bad}");
        }
        assert!(is_revision("main") && is_revision("v1.0") && !is_revision("../x"));
    }

    #[test]
    fn a_star_stands_for_anything() {
        assert!(matches("*Q4_K_M.gguf", "sub/Model-q4_k_m.gguf"));
        assert!(matches("a.gguf", "A.gguf"));
        assert!(!matches("a*a.gguf", "a.gguf"));
        assert!(!matches("*Q4_K_M.gguf", "Model-Q5_K_M.gguf"));
    }
}
