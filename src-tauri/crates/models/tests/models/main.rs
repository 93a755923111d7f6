//! The models room against real files.
#![allow(clippy::unwrap_used)]

mod engine;
mod file;
mod gguf;
mod hostile;
mod registry;
