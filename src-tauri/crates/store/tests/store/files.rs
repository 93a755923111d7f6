//! Files that are opened, refused, or can't be written.

use crate::fixture::{a_run, open, place};
use nopenai_domain::{Code, Error};
use rusqlite::Connection;
use std::{fs, path::Path};

/// Opening fails with `code`, and the file stays as it is.
fn refused(path: &Path, code: Code) -> Error {
    let before = fs::read(path).unwrap();
    let error = Error::from(open(path).err().expect("the file is refused"));
    assert_eq!(error.code, code, "{error}");
    assert!(error.message.contains("studio.db"), "{error}");
    assert_eq!(fs::read(path).unwrap(), before, "the file was changed");
    error
}

#[test]
fn files_that_are_not_ours_are_refused_and_left_alone() {
    let (_folder, path) = place();

    fs::write(&path, "Dear diary,\n".repeat(1000)).unwrap();
    refused(&path, Code::StoreRefused);

    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    refused(&path, Code::StoreRefused);
}

#[test]
fn a_newer_schema_is_refused_by_number() {
    let (_folder, path) = place();
    drop(open(&path).unwrap());
    let newer = nopenai_store::latest_version() + 1;
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", newer).unwrap();
    drop(connection);
    let error = refused(&path, Code::StoreRefused);
    assert!(error.message.contains(&format!("schema {newer}")), "{error}");
}

#[tokio::test]
async fn a_damaged_page_is_found_at_the_start() {
    let (_folder, path) = place();
    let store = open(&path).unwrap();
    for time in 0..200 {
        store.history().start(a_run(time)).await.unwrap();
    }
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    refused(&path, Code::StoreRefused);
}

#[test]
fn a_folder_that_cannot_be_written_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    fs::write(&file, "").unwrap();
    let error = Error::from(open(&file.join("s.db")).err().expect("a file is no folder"));
    assert_eq!(error.code, Code::StoreUnavailable, "{error}");
}
