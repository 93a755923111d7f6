//! What the studio and its workers say to each other, and how it is framed.
//!
//! A worker is a child process. It reads [`ToWorker`] from its standard input
//! and writes [`FromWorker`] to its standard output, each message one frame:
//! its length in four bytes, big-endian, then JSON. Its standard error is its
//! log. When its input ends, it ends: so it never outlives the studio.

mod framing;
mod message;

pub use framing::{MAX_FRAME_BYTES, Reader, Writer};
pub use message::{Chat, ElementType, FromWorker, LoadedModel, ProcessMemory, ToWorker, VERSION};
