use crate::DataFolder;
use nopenai_domain::{Clock, Result};
use std::path::{Path, PathBuf};

/// Puts a copy of the database, made before a migration or by hand, in the
/// place of the one in `data_folder`, while no instance works on it. Returns
/// where the replaced one is kept.
///
/// # Errors
/// [`nopenai_domain::Code::AlreadyRunning`];
/// [`nopenai_domain::Code::StoreRefused`] for a file that is no such copy;
/// [`nopenai_domain::Code::StoreUnavailable`].
pub fn restore_backup(data_folder: &Path, backup: &Path, clock: &dyn Clock) -> Result<PathBuf> {
    let data = DataFolder::open(data_folder)?;
    Ok(nopenai_store::restore(&data.database(), backup, clock)?)
}
