//! The models room against real files.
#![allow(clippy::unwrap_used)]

mod engine;
mod file;
mod fixture;
mod folder;
mod gguf;
mod hash;
mod hostile;
mod import;
mod records;
mod registry;
mod safetensors;
