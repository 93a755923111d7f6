//! Space on the models folder's disk.

use nopenai_domain::{Code, Error, Result};
use std::fs;
use std::io;
use std::path::Path;
use sysinfo::Disks;

/// Refuses what the disk of `folder` has no space for.
///
/// # Errors
/// [`Code::FileUnavailable`] with `needed` and `available` bytes; none where
/// the space isn't known.
pub(crate) fn check(folder: &Path, needed: u64) -> Result<()> {
    match available(folder) {
        Some(available) if available < needed => Err(full(needed, available)),
        _ => Ok(()),
    }
}

/// What is free on the disk of `folder`, bytes, where it is known.
pub(crate) fn available(folder: &Path) -> Option<u64> {
    let folder = fs::canonicalize(folder).ok()?;
    let disks = Disks::new_with_refreshed_list();
    let on = disks.iter().filter(|disk| folder.starts_with(disk.mount_point()));
    let disk = on.max_by_key(|disk| disk.mount_point().as_os_str().len());
    disk.map(sysinfo::Disk::available_space)
}

/// Why `place` could not be written.
pub(crate) fn unwritten(place: &Path, error: &io::Error) -> Error {
    let message = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "The models folder's disk is full. Make space, and go on.".to_owned()
        }
        _ => format!("{} cannot be written: {error}.", place.display()),
    };
    Error::new(Code::FileUnavailable, message).with("path", place.to_string_lossy())
}

fn full(needed: u64, available: u64) -> Error {
    let message = format!(
        "{:.1} GB are needed, and {:.1} GB are free on the models folder's disk. Make space first.",
        needed as f64 / 1e9,
        available as f64 / 1e9
    );
    Error::new(Code::FileUnavailable, message).with("needed", needed).with("available", available)
}
