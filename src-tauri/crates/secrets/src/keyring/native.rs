//! Keychain of macOS, Credential Manager of Windows.

use super::unavailable;
use crate::Secret;
use keyring::{Entry, Error};
use nopenai_domain::Result;

/// The secret called `name`.
///
/// # Errors
/// When the keyring can't be asked.
pub fn get(service: &str, name: &str) -> Result<Option<Secret>> {
    match entry(service, name)?.get_password() {
        Ok(text) => Ok(Some(Secret::new(text))),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(unavailable(error)),
    }
}

/// Keeps a secret in place of the one of that name.
///
/// # Errors
/// When the keyring doesn't take it.
pub fn set(service: &str, name: &str, secret: &Secret) -> Result<()> {
    entry(service, name)?.set_password(secret.expose()).map_err(unavailable)
}

/// Removes a secret.
///
/// # Errors
/// When the keyring doesn't.
pub fn clear(service: &str, name: &str) -> Result<()> {
    match entry(service, name)?.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(unavailable(error)),
    }
}

fn entry(service: &str, name: &str) -> Result<Entry> {
    Entry::new(service, name).map_err(unavailable)
}
