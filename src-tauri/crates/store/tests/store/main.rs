//! The store against real files: what survives, what is refused, what is found.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod backup;
mod chats;
mod deletion;
mod evaluations;
mod export;
mod files;
mod fixture;
mod full;
mod history;
mod kill;
mod large;
mod migration;
mod paging;
mod search;
mod sync;
mod tables;
mod writing;
