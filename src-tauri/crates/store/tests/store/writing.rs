//! Writes, alone and together.

use crate::fixture;
use nopenai_store::{Store, StoreError};
use std::sync::mpsc;

/// Writes two rows, and fails after that when it is to.
async fn write_two(store: &Store, name: &'static str, fails: bool) -> Result<(), StoreError> {
    store
        .write(move |connection| {
            for end in ["a", "b"] {
                connection.execute(
                    "INSERT INTO sync_table (name) VALUES (?1)",
                    [format!("{name} {end}")],
                )?;
            }
            if fails { Err(StoreError::NotFound("what it needs".to_owned())) } else { Ok(()) }
        })
        .await
}

async fn written(store: &Store) -> Vec<String> {
    let sql = "SELECT name FROM sync_table WHERE name LIKE '% a' OR name LIKE '% b' ORDER BY name";
    let read = move |connection: &rusqlite::Connection| {
        let mut statement = connection.prepare(sql)?;
        let names = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(names)
    };
    store.write(read).await.unwrap()
}

#[tokio::test]
async fn a_write_that_fails_leaves_nothing_alone_and_among_others() {
    let (_folder, store) = fixture::new();
    let store = &store;
    assert!(write_two(store, "alone", true).await.is_err());
    assert_eq!(written(store).await, Vec::<String>::new());
    write_two(store, "after", false).await.unwrap();
    assert_eq!(written(store).await, ["after a", "after b"]);

    // The writer is held until three wait: they are committed together.
    let (go, held) = mpsc::channel::<()>();
    let hold = store.write(move |_| {
        held.recv().unwrap();
        Ok(())
    });
    let (_, one, two, three, ()) = tokio::join!(
        hold,
        write_two(store, "one", false),
        write_two(store, "two", true),
        write_two(store, "three", false),
        async { go.send(()).unwrap() },
    );
    assert!(one.is_ok() && two.is_err() && three.is_ok());
    let kept = ["after a", "after b", "one a", "one b", "three a", "three b"];
    assert_eq!(written(store).await, kept);
}

#[tokio::test]
async fn what_undoes_a_statement_is_kept_in_memory() {
    let (_folder, store) = fixture::new();
    let place = |connection: &rusqlite::Connection| {
        Ok(connection.pragma_query_value(None, "temp_store", |row| row.get::<_, i64>(0))?)
    };
    // https://www.sqlite.org/pragma.html#pragma_temp_store: 2 is MEMORY.
    assert_eq!(store.write(place).await.unwrap(), 2);
}
