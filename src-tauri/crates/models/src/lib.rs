//! The models a user has: which lie in the models folder, what they are,
//! whether the engine can run them, and what memory that takes.
//!
//! - [`gguf`] and [`safetensors`] inspect a model by bounded, checked reads,
//!   before any engine sees a byte of it.
//! - [`Registry`] keeps the list of a folder, watches it, and brings models in
//!   and out of it.
//! - [`estimate`] tells the memory a model needs.

mod candidate;
pub mod estimate;
pub mod gguf;
mod hash;
mod import;
mod listing;
mod lookout;
mod model;
mod name;
mod registry;
pub mod safetensors;
mod scan;

pub use import::ImportMethod;
pub use model::{Facts, Format, HashProgress, Model, ModelFile, ModelList};
pub use registry::Registry;
