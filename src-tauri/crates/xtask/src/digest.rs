//! SHA-256 of files.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io;
use std::path::Path;

/// The digest of a file's content, in hexadecimal.
pub fn of_file(file: &Path) -> Result<String> {
    let mut digest = Sha256::new();
    File::open(file)
        .and_then(|mut content| io::copy(&mut content, &mut digest))
        .with_context(|| format!("cannot read {}", file.display()))?;
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_digest_is_sha_256() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "abc").expect("a small file");
        assert_eq!(
            of_file(file.path()).expect("a readable file"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
