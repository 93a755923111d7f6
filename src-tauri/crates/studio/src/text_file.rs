//! Text files that a person attaches to a message.

use nopenai_domain::{Attachment, Code, Error, MAX_PROMPT_BYTES, Result};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// Reads a text file: UTF-8, at most 1 MiB.
///
/// # Errors
/// [`Code::FileUnavailable`] when it can't be read; [`Code::InvalidInput`] for
/// a file that is too large, or no text.
pub fn read(path: &Path) -> Result<Attachment> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    if !path.is_absolute() {
        return Err(Error::invalid("path", "The path has to begin at the root: /home/…"));
    }
    let bytes = bounded(path).map_err(|error| unavailable(path, &error))?;
    if bytes.len() > MAX_PROMPT_BYTES {
        return Err(refused(&name, "is larger than the 1 MiB that are read"));
    }
    let size = bytes.len() as u64;
    // Editors on Windows mark a text so (RFC 3629, §6).
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    match str::from_utf8(text) {
        Ok(text) if !text.contains('\0') => {
            Ok(Attachment { name, text: text.to_owned(), bytes: size })
        }
        _ => Err(refused(&name, &format!("{}, and text files in UTF-8 are read", kind(&bytes)))),
    }
}

/// What the file holds, and a byte more where that is too much.
fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_PROMPT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn kind(bytes: &[u8]) -> &'static str {
    const SIGNATURES: [(&[u8], &str); 6] = [
        (b"%PDF-", "is a PDF"),
        (b"PK\x03\x04", "is an archive or an office document"),
        (b"\x89PNG", "is an image"),
        (b"\xff\xd8\xff", "is an image"),
        (b"GIF8", "is an image"),
        (b"\xd0\xcf\x11\xe0", "is an office document"),
    ];
    let found = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature));
    found.map_or("is not a text in UTF-8", |(_, kind)| kind)
}

fn refused(name: &str, why: &str) -> Error {
    Error::invalid("path", format!("{name} {why}. Attach another file, or paste its text."))
}

fn unavailable(path: &Path, error: &io::Error) -> Error {
    let message = format!("{} can't be read: {error}. Choose another file.", path.display());
    Error::new(Code::FileUnavailable, message)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends where it fails")]
mod tests {
    use super::*;

    fn reading(name: &str, content: &[u8]) -> Result<Attachment> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        read(&path)
    }

    #[test]
    fn texts_are_read_and_other_files_are_refused_by_what_they_are() {
        let text = reading("نص.txt", "سلام\n".as_bytes()).unwrap();
        assert_eq!((text.name.as_str(), text.text.as_str(), text.bytes), ("نص.txt", "سلام\n", 9));
        assert_eq!(reading("a.txt", b"\xef\xbb\xbfhi").unwrap().text, "hi");
        assert_eq!(reading("empty.txt", b"").unwrap().text, "");
        let refusal = |name: &str, content: &[u8]| reading(name, content).unwrap_err().message;
        assert!(refusal("a.pdf", b"%PDF-1.7\n\xe2\xe3").contains("is a PDF, and text files"));
        assert!(refusal("a.docx", b"PK\x03\x04\x14\x00").contains("office document"));
        assert!(refusal("latin1.txt", b"Gr\xfc\xdfe").contains("is not a text in UTF-8"));
        assert!(refusal("zero.txt", b"a\0b").contains("is not a text"));
        assert!(refusal("big.txt", &vec![b'x'; MAX_PROMPT_BYTES + 1]).contains("1 MiB"));
        assert!(reading("most.txt", &vec![b'x'; MAX_PROMPT_BYTES]).is_ok());
    }

    #[test]
    fn what_is_no_file_is_said() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap_err().code, Code::FileUnavailable);
        let missing = read(&folder.path().join("none.txt")).unwrap_err();
        assert_eq!(missing.code, Code::FileUnavailable);
        assert_eq!(read(Path::new("none.txt")).unwrap_err().code, Code::InvalidInput);
    }
}
