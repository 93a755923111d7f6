//! The models a user has: which lie in the models folder, what they are,
//! whether the engine can run them, and what memory that takes.
//!
//! - [`gguf`] and [`safetensors`] inspect a model by bounded, checked reads,
//!   before any engine sees a byte of it.
//! - [`Registry`] keeps the list of a folder, watches it, and brings models in
//!   and out of it.
//! - [`Hub`] is searched for models, [`Downloads`] brings them here, and
//!   [`Catalogue`] names some worth having.
//! - [`elsewhere`] finds those of other applications.
//! - Models that answer elsewhere, behind an endpoint, are in the list, too.
//! - [`estimate`] tells the memory a model needs.

mod candidate;
mod catalogue;
mod download;
pub mod elsewhere;
pub mod estimate;
pub mod gguf;
mod hash;
mod hub;
mod import;
mod listing;
mod lookout;
mod model;
mod name;
mod registry;
mod remote;
pub mod safetensors;
mod scan;
mod space;

pub use catalogue::{Catalogue, CatalogueEntry, SizeClass};
pub use download::{Download, DownloadState, Downloads};
pub use hub::{Hub, HubAccess, HubModel, HubRepository, HubSort, Offer, Patience};
pub use import::ImportMethod;
pub use model::{Endpoint, Facts, Format, HashProgress, Model, ModelFile, ModelList};
pub use registry::Registry;
