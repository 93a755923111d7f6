//! The sync (docs/DEVELOPER_GUIDE.md, "What is shared with a team").
//!
//! A cycle looks at the server's head, reconciles if the server is another one
//! than before, pushes what waits, and pulls what is new. Whatever ends it
//! between two steps costs nothing but the step: each is safe to repeat.

mod ask;
mod batch;
mod decide;
mod engine;
mod json;
mod push;
mod receiving;
mod remote;
mod sending;
mod server;
mod transaction;
mod ways;

pub use batch::{Batch, Part};
pub use engine::{Cycle, Engine, Step, SyncError};
pub use push::Pushed;
pub use remote::Remote;
pub use server::{Head, Page, Place, Server, Source, Transaction};
pub use ways::Way;
