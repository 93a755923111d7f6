//! The operating system's keyring. All of it blocks, also for a person who is
//! asked to unlock it.

#[cfg(any(windows, target_os = "macos"))]
mod native;
#[cfg(not(any(windows, target_os = "macos")))]
mod secret_service;

#[cfg(any(windows, target_os = "macos"))]
pub use native::{clear, get, set};
#[cfg(not(any(windows, target_os = "macos")))]
pub use secret_service::{clear, get, set};

use nopenai_domain::{Code, Error};

fn unavailable(reason: impl std::fmt::Display) -> Error {
    let message = format!(
        "The system's keyring cannot be used: {reason}. Start or unlock it, or give the secret by \
         an environment variable."
    );
    Error::new(Code::KeyringUnavailable, message)
}
