//! The models a user has: which files lie in the models folder, what they are,
//! and whether the engine can run them.
//!
//! - [`gguf`] inspects one file by bounded, checked reads, before any engine
//!   sees a byte of it.
//! - [`Registry`] keeps the list of a folder and watches it.

pub mod gguf;
mod model;
mod name;
mod registry;
mod scan;

pub use model::{Facts, Model, ModelList};
pub use registry::Registry;
