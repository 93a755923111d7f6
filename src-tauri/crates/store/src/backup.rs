//! Copies of the database: made before each migration, and put back.

use crate::{Result, StoreError, connection, migration};
use nopenai_domain::{Clock, Timestamp};
use rusqlite::{Connection, backup::Backup};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// Pages copied at once.
const PAGES_AT_ONCE: i32 = 4096;

/// A copy that is not whole yet; what a killed process left of it is overwritten.
const PARTIAL: &str = "partial.db";

/// What opening an older database did to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// Its schema version before.
    pub from: u32,
    /// Its schema version now.
    pub to: u32,
    /// The copy of it as it was.
    pub backup: PathBuf,
}

/// Copies the database at `path`, of schema `version`, into `backups/` beside
/// it, and checks the copy.
pub fn before_migration(path: &Path, version: u32, clock: &dyn Clock) -> Result<PathBuf> {
    let folder = backups_of(path)?;
    let backup = free_name(&folder, &format!("studio-v{version}-{}", stamp(clock.now())?));
    let partial = folder.join(PARTIAL);
    copy(path, &partial)?;
    check(&partial, version)?;
    place(&partial, &backup)?;
    Ok(backup)
}

/// Puts `backup` in the place of the database at `database`, which no process
/// may have open, and returns where the replaced one is kept: below `backups/`
/// beside it, or `database` itself when there was none to replace. Whatever ends
/// the process on the way leaves one whole database in place, the replaced one
/// or the backup.
///
/// # Errors
/// [`StoreError::Foreign`], [`StoreError::Damaged`] or [`StoreError::Newer`]
/// for a backup that is not to be used; [`StoreError::File`] when it is not
/// there; [`StoreError::Sqlite`] when the database is in use. The database is
/// as it was then.
pub fn restore(database: &Path, backup: &Path, clock: &dyn Clock) -> Result<PathBuf> {
    let length = fs::metadata(backup).map_err(|error| file(backup, error))?.len();
    if length == 0 {
        return Err(StoreError::Foreign(backup.to_owned()));
    }
    let version = connection::inspect_whole(backup, migration::latest_version())?;
    let folder = backups_of(database)?;
    let incoming = with_suffix(database, "-restoring");
    copy(backup, &incoming)?;
    check(&incoming, version)?;
    let kept = keep(database, &folder, clock)?;
    place(&incoming, database)?;
    Ok(kept.unwrap_or_else(|| database.to_owned()))
}

/// Keeps the present database in `folder`, and leaves it without a log that a
/// database in its place would take for its own.
fn keep(database: &Path, folder: &Path, clock: &dyn Clock) -> Result<Option<PathBuf>> {
    let log = with_suffix(database, "-wal");
    let kept = free_name(folder, &format!("studio-replaced-{}", stamp(clock.now())?));
    match fs::metadata(database) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            remove(&log)?;
            return Ok(None);
        }
        Err(error) => return Err(file(database, error)),
    }
    // SQLite removes the log it is done with, one it can't read too.
    let kept_log = with_suffix(&kept, "-wal");
    if log.exists() {
        copy_bytes(&log, &kept_log)?;
    }
    match fold_log(database) {
        Ok(()) => remove(&kept_log)?,
        // What can still be read of it may be in its log.
        Err(StoreError::Sqlite(error)) if connection::is_damage(&error) => {}
        Err(error) => {
            remove(&kept_log)?;
            return Err(error);
        }
    }
    let partial = folder.join(PARTIAL);
    copy_bytes(database, &partial)?;
    place(&partial, &kept)?;
    remove(&log)?;
    remove(&with_suffix(database, "-shm"))?;
    Ok(Some(kept))
}

/// Brings what is in the log into the database itself. SQLite refuses while
/// another connection is open.
fn fold_log(database: &Path) -> Result<()> {
    let connection = Connection::open(database)?;
    connection.busy_timeout(Duration::from_secs(1))?;
    connection
        .pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get::<_, String>(0))?;
    Ok(())
}

/// SQLite's online backup: whole, whatever is being written meanwhile.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for leftover in [to.to_owned(), with_suffix(to, "-wal"), with_suffix(to, "-shm")] {
        remove(&leftover)?;
    }
    let source = connection::open_readable(from)?;
    let mut target = Connection::open(to)?;
    let backup = Backup::new(&source, &mut target)?;
    backup.run_to_completion(PAGES_AT_ONCE, Duration::ZERO, None)?;
    drop(backup);
    // One file, without a log beside it.
    target
        .pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get::<_, String>(0))?;
    Ok(())
}

/// Every page of a copy, and that it has the schema of what it was made from.
fn check(copy: &Path, version: u32) -> Result<()> {
    let found = connection::inspect_whole(copy, migration::latest_version())?;
    if found == version {
        return Ok(());
    }
    let detail = format!("the copy has schema {found} in place of {version}");
    Err(StoreError::Damaged { path: copy.to_owned(), detail })
}

fn place(from: &Path, to: &Path) -> Result<()> {
    File::open(from).and_then(|copy| copy.sync_all()).map_err(|error| file(from, error))?;
    fs::rename(from, to).map_err(|error| file(to, error))?;
    sync_folder(to.parent().unwrap_or(Path::new(".")))
}

fn copy_bytes(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).and_then(|_| File::open(to)?.sync_all()).map_err(|error| file(to, error))
}

/// Makes names in a folder survive a power cut; Windows does without.
fn sync_folder(folder: &Path) -> Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| file(folder, error))
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(file(path, error)),
        _ => Ok(()),
    }
}

fn backups_of(database: &Path) -> Result<PathBuf> {
    let folder = database.parent().unwrap_or(Path::new(".")).join("backups");
    fs::create_dir_all(&folder).map_err(|error| file(&folder, error))?;
    Ok(folder)
}

fn free_name(folder: &Path, stem: &str) -> PathBuf {
    let numbered = (2..).map(|number| format!("{stem}-{number}.db"));
    let mut names = std::iter::once(format!("{stem}.db")).chain(numbered);
    // The numbers don't end before a free one.
    let name = names.find(|name| !folder.join(name).exists()).unwrap_or_default();
    folder.join(name)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn stamp(moment: Timestamp) -> Result<String> {
    let connection = Connection::open_in_memory()?;
    let seconds = moment.0.div_euclid(1_000_000);
    Ok(connection.query_row(
        "SELECT strftime('%Y%m%dT%H%M%S', ?1, 'unixepoch')",
        [seconds],
        |row| row.get(0),
    )?)
}

fn file(path: &Path, error: io::Error) -> StoreError {
    StoreError::File { path: path.to_owned(), error }
}
