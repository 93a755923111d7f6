use crate::hub::base;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::Sha256;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// How much is read at once, bytes.
const PIECE: usize = 1 << 20;

/// A file of the hub, and what it must be like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Source {
    /// Its path in the repository.
    pub path: String,
    /// Its size, bytes.
    pub size: u64,
    /// What it must come to.
    pub digest: Digest,
}

/// How the hub identifies a file's content; hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Digest {
    /// Of large files.
    Sha256(String),
    /// Of small ones: git's, SHA-1 over a header and the content.
    Git(String),
}

impl Source {
    /// Its name without folders.
    pub fn name(&self) -> &str {
        base(&self.path)
    }

    /// Whether its name can be one in the models folder, on every system, and
    /// its digest is one.
    pub fn is_sound(&self) -> bool {
        is_file_name(self.name()) && !self.path.contains("..") && self.digest.is_sound()
    }
}

impl Digest {
    /// The SHA-256, when it is one.
    pub fn sha256(&self) -> Option<&str> {
        match self {
            Self::Sha256(hash) => Some(hash),
            Self::Git(_) => None,
        }
    }

    /// Whether the file at `path`, of `size` bytes, comes to it.
    ///
    /// # Errors
    /// When the file can't be read; `Interrupted` when it is stopped.
    pub fn is_of(&self, path: &Path, size: u64, stop: &CancellationToken) -> io::Result<bool> {
        let (found, stated) = match self {
            Self::Sha256(stated) => (read::<Sha256>(path, "", stop)?, stated),
            Self::Git(stated) => (read::<Sha1>(path, &format!("blob {size}\0"), stop)?, stated),
        };
        Ok(found.eq_ignore_ascii_case(stated))
    }

    fn is_sound(&self) -> bool {
        let (text, length) = match self {
            Self::Sha256(text) => (text, 64),
            Self::Git(text) => (text, 40),
        };
        text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit())
    }
}

fn read<H: sha2::Digest>(path: &Path, start: &str, stop: &CancellationToken) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = H::new();
    hash.update(start);
    let mut piece = vec![0; PIECE];
    loop {
        if stop.is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hash.update(&piece[..read]);
    }
}

/// Whether a text can be a file's name on every system, and isn't hidden.
pub(crate) fn is_file_name(text: &str) -> bool {
    (1..=160).contains(&text.len())
        && text.chars().all(|c| c.is_alphanumeric() || "-_.+ ()[]=,@".contains(c))
        && !text.starts_with('.')
        && !text.ends_with(['.', ' '])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere() {
        for good in ["Model-Q4_K_M.gguf", "a b (1).gguf", "config.json"] {
            assert!(is_file_name(good), "{good}");
        }
        for bad in
            ["", ".", "..", ".hidden", "a/b", "a\\b", "a:b", "a\0", "a\n", "a\u{202e}b", "a."]
        {
            assert!(!is_file_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn digests_are_those_of_the_tools() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "hello\n").unwrap();
        let is = |digest: Digest| digest.is_of(&path, 6, &CancellationToken::new()).unwrap();
        // `sha256sum` and `git hash-object`.
        let sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        assert!(is(Digest::Sha256(sha256.to_uppercase())));
        assert!(is(Digest::Git("ce013625030ba8dba906f756967f9e9ca394464a".to_owned())));
        assert!(!is(Digest::Git("0".repeat(40))));
    }
}
