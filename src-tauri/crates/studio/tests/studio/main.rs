//! The application without its window, with a real worker and a real model.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod bad_input;
mod cache;
mod chats;
#[path = "../../../models/tests/models/damage.rs"]
mod damage;
mod damaged;
mod disk;
mod downloads;
#[allow(dead_code, reason = "its other faults are caused in the room of remote models")]
#[path = "../../../remote/tests/remote/endpoint.rs"]
mod endpoint;
mod engine;
mod evaluations;
mod everyday;
mod faults;
#[allow(dead_code, reason = "the sync's own tests use the rest")]
#[path = "../../../hana/tests/hana/faulty.rs"]
mod faulty;
#[allow(dead_code, reason = "the models room's own tests use the rest")]
#[path = "../../../models/tests/models/file.rs"]
mod file;
mod fixture;
#[path = "../../../models/tests/models/folder.rs"]
mod folder;
#[allow(dead_code, reason = "its other faults are caused in the models room")]
#[path = "../../../models/tests/models/hub.rs"]
mod hub;
mod memory;
mod output;
mod parameters;
#[allow(dead_code, reason = "the sync's own tests use the rest")]
#[path = "../../../hana/tests/hana/postgres.rs"]
mod postgres;
mod remote;
mod runtimes;
mod safetensors;
mod several;
mod soak;
mod team;
mod texts;
mod tools;
