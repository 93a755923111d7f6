use super::error::{Reason, Refusal};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek};

type Result<T> = std::result::Result<T, Refusal>;

/// The longest header that is looked at, bytes. The largest vocabularies in use
/// take about 10 MiB.
const HEADER_LIMIT: u64 = 256 << 20;

/// How many bytes of text of one file are kept in memory; the rest is skipped.
const KEPT_LIMIT: u64 = 8 << 20;

/// A bounded reader of a file's header. It knows where it is and how long the
/// file is, so no length the file claims is believed before it was compared
/// with what is left.
pub(super) struct Reader<R> {
    inner: BufReader<R>,
    length: u64,
    position: u64,
    kept: u64,
    /// The part being read, for the message when the file ends in it.
    pub section: &'static str,
}

impl<R: Read + Seek> Reader<R> {
    /// A reader at the start of a file of `length` bytes.
    pub fn new(inner: R, length: u64) -> Self {
        Self {
            inner: BufReader::with_capacity(64 << 10, inner),
            length,
            position: 0,
            kept: 0,
            section: "its header",
        }
    }

    /// Where the next byte comes from.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The file's length, bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// A refusal at the present place.
    pub fn refusal(&self, reason: Reason) -> Refusal {
        Refusal::at(self.position, reason)
    }

    /// Moves past `count` bytes without reading them.
    pub fn skip(&mut self, count: u64) -> Result<()> {
        self.claim(count)?;
        // `claim` bounded it by HEADER_LIMIT.
        self.inner.seek_relative(count as i64).map_err(|error| self.failed(error))?;
        self.position += count;
        Ok(())
    }

    /// The next `N` bytes.
    pub fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A little-endian 32-bit number.
    pub fn u32(&mut self) -> Result<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    /// A little-endian 64-bit number.
    pub fn u64(&mut self) -> Result<u64> {
        self.bytes().map(u64::from_le_bytes)
    }

    /// A number that counts something, refused beyond `most`.
    pub fn count(&mut self, what: &'static str, most: u64) -> Result<u64> {
        let at = self.position;
        let claimed = self.u64()?;
        if claimed > most {
            let reason = Reason::TooMuch { what, claimed, most };
            return Err(Refusal::at(at, reason));
        }
        Ok(claimed)
    }

    /// A name of at most `most` bytes, with its length before it.
    pub fn name(&mut self, what: &'static str, most: u64) -> Result<String> {
        let length = self.count(what, most)?;
        let at = self.position;
        String::from_utf8(self.keep(length)?)
            .ok()
            .filter(|name| !name.contains(char::is_control))
            .ok_or_else(|| Refusal::at(at, Reason::NotText(self.section)))
    }

    /// The next `length` bytes, kept in memory: there is a bound for a file.
    pub fn keep(&mut self, length: u64) -> Result<Vec<u8>> {
        self.claim(length)?;
        self.kept += length;
        if self.kept > KEPT_LIMIT {
            return Err(self.refusal(Reason::TooMuch {
                what: "The length of all names and texts together",
                claimed: self.kept,
                most: KEPT_LIMIT,
            }));
        }
        let mut bytes = vec![0; length as usize];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Moves past a text of at most `most` bytes; tells whether it has `byte`.
    pub fn text_has(&mut self, byte: u8, what: &'static str, most: u64) -> Result<bool> {
        let mut left = self.count(what, most)?;
        self.claim(left)?;
        let mut found = false;
        while left > 0 {
            let (position, section) = (self.position, self.section);
            let chunk = self.inner.fill_buf().map_err(|error| failed(error, position, section))?;
            if chunk.is_empty() {
                return Err(self.failed(ErrorKind::UnexpectedEof.into()));
            }
            let taken = chunk.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            found |= chunk.iter().take(taken).any(|&b| b == byte);
            self.inner.consume(taken);
            self.position += taken as u64;
            left -= taken as u64;
        }
        Ok(found)
    }

    /// Refuses when `count` bytes aren't there, or lead beyond the bound.
    pub fn claim(&self, count: u64) -> Result<()> {
        let left = self.length.saturating_sub(self.position);
        if count > left {
            return Err(self.refusal(Reason::Ends { section: self.section, missing: count - left }));
        }
        let end = self.position + count;
        if end > HEADER_LIMIT {
            return Err(self.refusal(Reason::TooMuch {
                what: "The header's length",
                claimed: end,
                most: HEADER_LIMIT,
            }));
        }
        Ok(())
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.claim(bytes.len() as u64)?;
        self.inner.read_exact(bytes).map_err(|error| self.failed(error))?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    fn failed(&self, error: io::Error) -> Refusal {
        failed(error, self.position, self.section)
    }
}

/// The file can become shorter while it is read; that is the same to the user
/// as a file that was too short from the start.
fn failed(error: io::Error, position: u64, section: &'static str) -> Refusal {
    let reason = if error.kind() == ErrorKind::UnexpectedEof {
        Reason::Ends { section, missing: 1 }
    } else {
        Reason::Io(error)
    };
    Refusal::at(position, reason)
}
