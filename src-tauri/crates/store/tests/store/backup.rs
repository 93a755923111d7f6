//! Copies that are put back.

use crate::fixture::{Ticking, a_run, all, open, place, recorded};
use nopenai_domain::{Code, Error, RunId, RunQuery};
use nopenai_store::{latest_version, restore};
use rusqlite::Connection;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A database with one run, and a copy of it in the same folder.
async fn with_copy(path: &Path) -> (RunId, PathBuf) {
    let store = open(path).unwrap();
    let run = recorded(&store.history(), 1, "kept in the copy", "").await.id;
    drop(store);
    let copy = path.with_file_name("copy.db");
    fs::copy(path, &copy).unwrap();
    (run, copy)
}

async fn runs(path: &Path) -> Vec<RunId> {
    all(&open(path).unwrap().history(), &RunQuery::default(), 50).await
}

fn refused(path: &Path, backup: &Path) -> Error {
    let before = fs::read(path).unwrap();
    let error = Error::from(restore(path, backup, &Ticking::default()).unwrap_err());
    assert_eq!(fs::read(path).unwrap(), before, "the database is as it was");
    error
}

#[tokio::test]
async fn a_copy_takes_the_place_and_the_replaced_one_is_kept() {
    let (_folder, path) = place();
    let (old, copy) = with_copy(&path).await;
    let store = open(&path).unwrap();
    let new = recorded(&store.history(), 2, "only in the present one", "").await.id;
    // As a killed process leaves it: the last run is in the log only.
    std::mem::forget(store);
    assert!(fs::metadata(path.with_file_name("studio.db-wal")).unwrap().len() > 0);
    let crashed = path.with_file_name("crashed").join("studio.db");
    fs::create_dir(crashed.parent().unwrap()).unwrap();
    for suffix in ["", "-wal"] {
        let name = format!("studio.db{suffix}");
        fs::copy(path.with_file_name(&name), crashed.with_file_name(&name)).unwrap();
    }

    let kept = restore(&crashed, &copy, &Ticking::default()).unwrap();
    assert_eq!(runs(&crashed).await, [old]);
    let expected = crashed.with_file_name("backups").join("studio-replaced-19700101T000000.db");
    assert_eq!(kept, expected);
    let again = restore(&crashed, &kept, &Ticking::default()).unwrap();
    assert_ne!(again, kept, "nothing that is kept is overwritten");
    assert_eq!(runs(&crashed).await, [new, old]);
    assert!(copy.exists() && kept.exists());
}

#[tokio::test]
async fn a_database_in_use_is_not_replaced() {
    let (_folder, path) = place();
    let (_, copy) = with_copy(&path).await;
    let store = open(&path).unwrap();
    let run = recorded(&store.history(), 2, "a", "b").await;
    let error = Error::from(restore(&path, &copy, &Ticking::default()).unwrap_err());
    assert_eq!(error.code, Code::StoreUnavailable, "{error}");
    assert_eq!(store.history().get(run.id).await.unwrap(), run);
}

#[tokio::test]
async fn what_is_no_whole_copy_of_ours_is_refused() {
    let (_folder, path) = place();
    let (_, copy) = with_copy(&path).await;

    let missing = refused(&path, &path.with_file_name("missing.db"));
    assert_eq!(missing.code, Code::FileUnavailable);

    let other = path.with_file_name("other.db");
    fs::write(&other, "").unwrap();
    assert_eq!(refused(&path, &other).code, Code::StoreRefused);
    fs::write(&other, "Dear diary,\n".repeat(1000)).unwrap();
    assert_eq!(refused(&path, &other).code, Code::StoreRefused);
    fs::remove_file(&other).unwrap();
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert_eq!(refused(&path, &other).code, Code::StoreRefused);

    let mut bytes = fs::read(&copy).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xa5);
    fs::write(&other, bytes).unwrap();
    assert_eq!(refused(&path, &other).code, Code::StoreRefused);

    let newer = Connection::open(&copy).unwrap();
    newer.pragma_update(None, "user_version", latest_version() + 1).unwrap();
    drop(newer);
    let error = refused(&path, &copy);
    assert_eq!(error.code, Code::StoreRefused);
    assert!(error.message.contains("newer"), "{error}");
}

#[tokio::test]
async fn what_a_killed_restore_left_does_not_matter() {
    let (_folder, path) = place();
    let (old, copy) = with_copy(&path).await;
    let store = open(&path).unwrap();
    let new = recorded(&store.history(), 2, "a", "b").await.id;
    drop(store);
    // Killed while copying: half a copy, with a log of its own.
    let half = &fs::read(&copy).unwrap()[..5000];
    for leftover in ["studio.db-restoring", "studio.db-restoring-wal", "backups/partial.db"] {
        let leftover = path.with_file_name(leftover);
        fs::create_dir_all(leftover.parent().unwrap()).unwrap();
        fs::write(leftover, half).unwrap();
    }
    assert_eq!(runs(&path).await, [new, old], "the database is in its place");
    restore(&path, &copy, &Ticking::default()).unwrap();
    assert_eq!(runs(&path).await, [old]);
    assert!(!path.with_file_name("studio.db-restoring").exists());
    assert!(!path.with_file_name("studio.db-restoring-wal").exists());
    assert!(!path.with_file_name("backups/partial.db").exists());
}

#[tokio::test]
async fn a_damaged_or_missing_database_can_be_replaced() {
    let (_folder, path) = place();
    let (old, copy) = with_copy(&path).await;
    fs::write(&path, "Dear diary,\n".repeat(1000)).unwrap();
    fs::write(path.with_file_name("studio.db-wal"), "a log").unwrap();
    let kept = restore(&path, &copy, &Ticking::default()).unwrap();
    assert_eq!(fs::read(&kept).unwrap(), "Dear diary,\n".repeat(1000).as_bytes());
    assert_eq!(fs::read(format!("{}-wal", kept.display())).unwrap(), b"a log");
    assert_eq!(runs(&path).await, [old]);

    fs::remove_file(&path).unwrap();
    fs::write(path.with_file_name("studio.db-wal"), "a log without its database").unwrap();
    assert_eq!(restore(&path, &copy, &Ticking::default()).unwrap(), path);
    assert_eq!(runs(&path).await, [old]);
    assert!(open(&path).unwrap().history().start(a_run(9)).await.is_ok());
}
