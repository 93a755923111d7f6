//! The application without its window, with a real worker and a real model.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod bad_input;
mod cache;
mod chats;
mod disk;
mod downloads;
mod engine;
mod evaluations;
mod everyday;
mod faults;
#[allow(dead_code, reason = "the sync's own tests use the rest")]
#[path = "../../../hana/tests/hana/faulty.rs"]
mod faulty;
mod fixture;
#[allow(dead_code, reason = "its other faults are caused in the models room")]
#[path = "../../../models/tests/models/hub.rs"]
mod hub;
mod memory;
mod output;
mod parameters;
#[allow(dead_code, reason = "the sync's own tests use the rest")]
#[path = "../../../hana/tests/hana/postgres.rs"]
mod postgres;
mod runtimes;
mod safetensors;
mod several;
mod soak;
mod team;
