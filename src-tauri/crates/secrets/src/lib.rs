//! Passwords and tokens: kept in the operating system's keyring, or given from
//! outside by a file or an environment variable (for containers), which are
//! only read. Nothing here writes one to a file, a log or a message.

mod keyring;
mod secret;
mod sources;

pub use secret::Secret;
pub use sources::{Given, Name, Origin, Secrets, Variables};
