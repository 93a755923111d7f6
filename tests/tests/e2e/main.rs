//! The built application in its real window, used as a person uses it.
//! Screenshots and logs: `target/e2e/`.

mod app_killed;
mod chat;
mod comparison;
mod configurator;
mod downloads;
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "its other faults are caused in the room of remote models"
)]
#[path = "../../../src-tauri/crates/remote/tests/remote/endpoint.rs"]
mod endpoint;
mod evaluations;
mod first_run;
mod functions;
mod history;
mod hostile;
#[allow(dead_code, clippy::unwrap_used, reason = "its other faults are caused in the models room")]
#[path = "../../../src-tauri/crates/models/tests/models/hub.rs"]
mod hub;
mod looks;
mod models;
mod output;
#[allow(dead_code, clippy::unwrap_used, reason = "the sync's own tests use the rest")]
#[path = "../../../src-tauri/crates/hana/tests/hana/postgres.rs"]
mod postgres;
mod processor;
mod prompt;
mod prompt_testing;
mod remote;
mod second_start;
mod several;
mod shell;
mod team;
mod worker_killed;

/// A prompt whose answer is long enough to do something during it.
const LONG: &str = "Write a long story about a lighthouse keeper and the sea. Take your time.";
/// A prompt whose answer is short.
const SHORT: &str = "Say hello.";
