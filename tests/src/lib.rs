//! Drives the built application as a person would: in its real window, on a
//! display and a session bus of its own.

mod artifacts;
mod desktop;
mod display;
mod driver;
mod family;
mod prompt_testing;
mod subject;

pub use artifacts::Artifacts;
pub use desktop::{Desktop, Setting};
pub use display::Screen;
pub use family::{Process, Signal};
pub use prompt_testing::PromptTesting;
pub use subject::{DataFolder, app, starter_model, worker};
