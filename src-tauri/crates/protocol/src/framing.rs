use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use serde::{Serialize, de::DeserializeOwned};
use std::{io, marker::PhantomData};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

/// The largest message. Longer prompts are refused long before.
pub const MAX_FRAME_BYTES: usize = 16 * 1024 * 1024;

fn codec() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder().max_frame_length(MAX_FRAME_BYTES).new_codec()
}

/// Reads messages of one type.
pub struct Reader<R, T> {
    frames: FramedRead<R, LengthDelimitedCodec>,
    message: PhantomData<fn() -> T>,
}

impl<R: AsyncRead + Unpin, T: DeserializeOwned> Reader<R, T> {
    /// Reads frames from `input`.
    pub fn new(input: R) -> Self {
        Self { frames: FramedRead::new(input, codec()), message: PhantomData }
    }

    /// The next message; `None` when the other side has ended.
    ///
    /// # Errors
    /// The pipe's error, or `InvalidData` for an oversized, cut or foreign frame.
    pub async fn next(&mut self) -> io::Result<Option<T>> {
        match self.frames.next().await {
            None => Ok(None),
            Some(frame) => serde_json::from_slice(&frame?)
                .map(Some)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)),
        }
    }
}

/// Writes messages of one type.
pub struct Writer<W, T> {
    frames: FramedWrite<W, LengthDelimitedCodec>,
    message: PhantomData<fn(T)>,
}

impl<W: AsyncWrite + Unpin, T: Serialize> Writer<W, T> {
    /// Writes frames to `output`.
    pub fn new(output: W) -> Self {
        Self { frames: FramedWrite::new(output, codec()), message: PhantomData }
    }

    /// Writes one message and flushes it.
    ///
    /// # Errors
    /// The pipe's error, `BrokenPipe` when the other side has ended.
    pub async fn send(&mut self, message: &T) -> io::Result<()> {
        let json = serde_json::to_vec(message)?;
        self.frames.send(Bytes::from(json)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FromWorker;
    use nopenai_domain::RunId;
    use tokio::io::AsyncWriteExt;

    #[tokio::test]
    async fn messages_arrive_in_order_and_the_end_is_seen() {
        let (ours, theirs) = tokio::io::duplex(64);
        let run = RunId::generate();
        let sent: Vec<_> = ["", "a", "ü\n\u{0}", &"x".repeat(10_000)]
            .into_iter()
            .map(|text| FromWorker::Token { run, text: text.to_owned() })
            .collect();
        let to_send = sent.clone();
        tokio::spawn(async move {
            let mut writer = Writer::new(theirs);
            for message in &to_send {
                writer.send(message).await.unwrap();
            }
        });
        let mut reader = Reader::<_, FromWorker>::new(ours);
        let mut received = Vec::new();
        while let Some(message) = reader.next().await.unwrap() {
            received.push(message);
        }
        assert_eq!(received, sent);
    }

    async fn error_of(bytes: &[u8]) -> io::ErrorKind {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        theirs.write_all(bytes).await.unwrap();
        drop(theirs);
        Reader::<_, FromWorker>::new(ours).next().await.unwrap_err().kind()
    }

    #[tokio::test]
    async fn hostile_frames_are_errors_not_allocations() {
        assert_eq!(error_of(&[0xff, 0xff, 0xff, 0xff]).await, io::ErrorKind::InvalidData);
        assert_eq!(error_of(b"\0\0\0\x02{]").await, io::ErrorKind::InvalidData);
        assert_eq!(error_of(b"\0\0\0\x09{}").await, io::ErrorKind::Other);
    }
}
