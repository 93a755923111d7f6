//! The models room against real files.
#![allow(clippy::unwrap_used)]

mod damage;
mod download;
mod download_kill;
mod elsewhere;
mod engine;
mod file;
mod fixture;
mod folder;
mod gguf;
mod hash;
mod hostile;
mod hub;
mod import;
mod records;
mod registry;
mod safetensors;
mod search;
