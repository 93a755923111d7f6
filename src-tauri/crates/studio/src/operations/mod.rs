//! Everything the product can do, one module per room.

pub mod application;
pub mod chats;
pub mod comparisons;
pub mod configuration;
pub mod downloads;
pub mod evaluations;
pub mod history;
pub mod inference;
pub mod models;
pub mod notifications;
pub mod profiles;
pub mod remote;
pub mod settings;
pub mod sync;
pub mod texts;

use crate::operation::Entry;

/// All operations.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    [
        application::ALL,
        chats::ALL,
        comparisons::ALL,
        configuration::ALL,
        downloads::ALL,
        evaluations::ALL,
        history::ALL,
        inference::ALL,
        models::ALL,
        notifications::ALL,
        profiles::ALL,
        remote::ALL,
        settings::ALL,
        sync::ALL,
        texts::ALL,
    ]
    .into_iter()
    .flatten()
}

/// The operation of that name.
pub fn find(name: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.name == name)
}
