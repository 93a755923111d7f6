//! Drives the built application as a person would: in its real window, on a
//! display and a session bus of its own.

pub mod accessibility;
mod artifacts;
mod chat;
mod desktop;
mod display;
mod driver;
mod family;
mod prompt_testing;
mod recorded;
mod subject;

pub use artifacts::Artifacts;
pub use chat::ChatPage;
pub use desktop::{Desktop, Setting};
pub use display::Screen;
pub use family::{Process, Signal};
pub use fantoccini::key::Key;
pub use prompt_testing::PromptTesting;
pub use recorded::{record, recorded};
pub use subject::{DataFolder, app, starter_id, starter_model, worker, worker_llama};
