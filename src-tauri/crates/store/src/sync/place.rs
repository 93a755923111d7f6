//! Where a database lies: a copy of it elsewhere is another workstation, since two
//! writers of one identity would be taken for one.

use crate::Result;
use nopenai_domain::WorkstationId;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use std::{fs, path::Path};

/// Where a database lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The machine; empty where it can't be told.
    machine: String,
    /// The file's path.
    path: String,
    /// The file's number in its file system; absent where it has none.
    file: Option<u64>,
}

impl Place {
    /// Where the database at `path` lies.
    pub fn of(path: &Path) -> Self {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        Self { machine: machine(), path: path.to_string_lossy().into_owned(), file: file(&path) }
    }

    /// Whether a database that was there and is here can be the same one: it was
    /// moved, or put back from a backup, but not copied.
    fn can_be(&self, before: &Self) -> bool {
        let is_moved = self.file.is_some() && self.file == before.file;
        self.machine == before.machine && (self.path == before.path || is_moved)
    }
}

/// `systemd`'s identifier of the installation, which a copied disk has too.
fn machine() -> String {
    let files = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
    let found = files.iter().find_map(|file| fs::read_to_string(file).ok());
    found.unwrap_or_default().trim().to_owned()
}

#[cfg(unix)]
fn file(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|found| std::os::unix::fs::MetadataExt::ino(&found))
}

#[cfg(not(unix))]
fn file(_: &Path) -> Option<u64> {
    None
}

/// Notes where the database lies now. One that was copied gets another identity:
/// what it has is from then on the work of the workstation it is a copy of.
pub fn settle(connection: &Connection, place: &Place) -> Result<()> {
    let found: Option<(String, Option<String>)> = connection
        .query_row("SELECT workstation, place FROM sync_state", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((workstation, before)) = found else { return Ok(()) };
    let before: Option<Place> = before.and_then(|json| serde_json::from_str(&json).ok());
    if before.as_ref() == Some(place) {
        return Ok(());
    }
    let transaction = connection.unchecked_transaction()?;
    if before.is_some_and(|before| !place.can_be(&before)) {
        transaction.execute(
            "UPDATE sync_row SET workstation = coalesce(workstation, ?1), base_workstation = \
             CASE WHEN base_clock IS NULL THEN NULL ELSE coalesce(base_workstation, ?1) END",
            [&workstation],
        )?;
        let another = WorkstationId::generate().to_string();
        tracing::info!(workstation, another, "this database is a copy");
        transaction.execute("UPDATE sync_state SET workstation = ?1", [another])?;
    }
    let json = crate::value::json(place)?;
    transaction.execute("UPDATE sync_state SET place = ?1", params![json])?;
    transaction.commit()?;
    Ok(())
}
