//! Everything the product can do, one module per room.

pub mod application;
pub mod history;
pub mod inference;
pub mod models;

use crate::operation::Entry;

/// All operations.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    [application::ALL, history::ALL, inference::ALL, models::ALL].into_iter().flatten()
}

/// The operation of that name.
pub fn find(name: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.name == name)
}
