//! Worker processes: started, supervised, cancelled, ended.
//!
//! The window's process never does mathematics. A [`Worker`] is a child
//! process with one model in it; whatever happens to it, its runs end with a
//! reason and the studio goes on.

mod launcher;
mod memory;
mod replies;
mod requantize;
mod runs;
mod worker;

pub use launcher::Launcher;
pub use memory::{SystemMemory, system_memory};
pub use runs::{Generation, GenerationEvent};
pub use worker::Worker;
