//! Server-sent events (WHATWG HTML, § 9.2.6), read piece by piece in bounded
//! memory: of each event its data, which is all that chat completions use.

/// The most one event may have, bytes. A token has some 300, a long list of
/// likelihoods some 10,000.
const MOST_BYTES: usize = 1 << 20;

/// An event is longer than any that makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

/// A stream of events as its bytes arrive.
#[derive(Default)]
pub(crate) struct Events {
    line: Vec<u8>,
    /// The data of the event so far; none before its first line.
    data: Option<Vec<u8>>,
    /// Whether the last byte was a carriage return, which a line feed may follow.
    after_return: bool,
    /// Whether a line was read: a byte order mark stands only before the first.
    begun: bool,
}

impl Events {
    /// The data of the events that end within `bytes`.
    ///
    /// # Errors
    /// [`TooLong`], after which nothing is to be read any more.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, TooLong> {
        let mut events = Vec::new();
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (line, ending) = rest.split_at(end);
            let is_second_half = self.after_return && ending[0] == b'\n' && line.is_empty();
            self.after_return = ending[0] == b'\r';
            rest = &ending[1..];
            if !is_second_half {
                self.take(line)?;
                events.extend(self.end_line());
            }
        }
        if !rest.is_empty() {
            self.after_return = false;
            self.take(rest)?;
        }
        Ok(events)
    }

    /// The data of an event that the end of the stream ends.
    pub fn end(&mut self) -> Option<Vec<u8>> {
        // A last line without its ending, too.
        self.end_line().or_else(|| self.data.take())
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        let held = self.line.len() + self.data.as_ref().map_or(0, Vec::len);
        if held + bytes.len() > MOST_BYTES {
            return Err(TooLong);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    /// The event's data, when an empty line ends it.
    fn end_line(&mut self) -> Option<Vec<u8>> {
        let line = std::mem::take(&mut self.line);
        let is_first = !std::mem::replace(&mut self.begun, true);
        let mut text = line.as_slice();
        if is_first {
            text = text.strip_prefix(b"\xef\xbb\xbf".as_slice()).unwrap_or(text);
        }
        if text.is_empty() {
            return self.data.take();
        }
        let colon = text.iter().position(|&byte| byte == b':').unwrap_or(text.len());
        let (field, value) = text.split_at(colon);
        if field == b"data" {
            let value = value.strip_prefix(b":".as_slice()).unwrap_or(value);
            let value = value.strip_prefix(b" ".as_slice()).unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                None => self.data = Some(value.to_vec()),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What comes out when the stream arrives in pieces of these sizes.
    fn read(stream: &[u8], sizes: &[usize]) -> Result<Vec<String>, TooLong> {
        let mut events = Events::default();
        let mut data = Vec::new();
        let mut rest = stream;
        let mut sizes = sizes.iter().cycle();
        while !rest.is_empty() {
            let size = sizes.next().copied().unwrap_or(rest.len()).clamp(1, rest.len());
            let (piece, later) = rest.split_at(size);
            data.extend(events.push(piece)?);
            rest = later;
        }
        data.extend(events.end());
        Ok(data.into_iter().map(|data| String::from_utf8(data).unwrap()).collect())
    }

    #[test]
    fn every_way_of_writing_events_is_read() {
        for (stream, expected) in [
            ("data: a\n\ndata: b\n\n", vec!["a", "b"]),
            ("data: a\r\n\r\ndata: b\r\n\r\n", vec!["a", "b"]),
            ("data: a\r\rdata:b\r\r", vec!["a", "b"]),
            (": comment\n\nevent: x\nid: 1\nretry: 5\ndata: a\n\n", vec!["a"]),
            ("data: a\ndata:  b\n\n", vec!["a\n b"]),
            ("data\n\n", vec![""]),
            ("\u{feff}data: a\n\n", vec!["a"]),
            ("data: a\n\n\n\ndata: [DONE]", vec!["a", "[DONE]"]),
            ("data: a\n", vec!["a"]),
            ("", vec![]),
        ] {
            for size in 1..7 {
                assert_eq!(read(stream.as_bytes(), &[size]).unwrap(), expected, "{stream:?}");
            }
        }
    }

    #[test]
    fn memory_is_bounded_whatever_comes() {
        let mut events = Events::default();
        let piece = vec![b'x'; 1 << 16];
        let read = (0..100).find_map(|pieces| events.push(&piece).err().map(|_| pieces));
        assert_eq!(read, Some(16));
        let mut events = Events::default();
        let lines = b"data: xxxxxxxxxxxxxxxxxxxxxxxx\n".repeat(1000);
        assert!((0..100).any(|_| events.push(&lines) == Err(TooLong)), "many lines, one event");
        let mut events = Events::default();
        for _ in 0..100 {
            assert_eq!(events.push(&b": comment\n".repeat(10_000)), Ok(Vec::new()));
        }
    }

    proptest! {
        #[test]
        fn how_it_arrives_changes_nothing(
            stream in "(data: ?[a-cé]{0,3}|:|x)?(\n|\r\n|\r){0,3}",
            more in "(data: ?[a-c]{0,3}(\n|\r\n|\r){1,3}){0,4}",
            sizes in prop::collection::vec(1..9_usize, 1..5),
        ) {
            let stream = format!("{stream}{more}");
            let whole = read(stream.as_bytes(), &[usize::MAX]);
            prop_assert_eq!(read(stream.as_bytes(), &sizes), whole);
        }
    }
}
