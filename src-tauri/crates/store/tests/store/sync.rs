//! The change log, and what comes from the server.

use crate::fixture::{a_run, ended, new, number, open, place, recorded};
use nopenai_domain::{Mode, ModeId, ModelId, ParameterOverrides, Price, Timestamp, WorkstationId};
use nopenai_store::{
    Store,
    sync::{Change, Reconcile, ServerRow, Settled, TABLES, Value, Version, table},
};

fn a_mode(id: &str, name: &str) -> Mode {
    Mode {
        id: ModeId(id.to_owned()),
        name: name.to_owned(),
        description: "Wie?".to_owned(),
        model: None,
        parameters: ParameterOverrides::default(),
        shipped: false,
        changed: false,
    }
}

async fn pending(store: &Store) -> Vec<Change> {
    store.sync().pending(None, 10_000, usize::MAX).await.unwrap()
}

fn short(changes: &[Change]) -> Vec<(&str, &str, bool)> {
    changes.iter().map(|c| (c.table.local, c.key.as_str(), c.row.is_some())).collect()
}

async fn accept(store: &Store, changes: &[Change]) {
    let accepted =
        |c: &Change| Settled::Accepted { table: c.table, key: c.key.clone(), version: c.version };
    store.sync().settle(1, String::new(), changes.iter().map(accepted).collect()).await.unwrap();
}

fn server_row(name: &str, clock: i64, row: Option<Vec<Value>>, key: &str) -> ServerRow {
    let version = Version { clock, workstation: WorkstationId::generate() };
    ServerRow { table: table(name).unwrap(), key: key.to_owned(), version, row }
}

fn a_mode_row(id: &str, name: &str) -> Vec<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    vec![text(id), text(name), Value::Null, Value::Integer(0), text("x"), text("{}")]
}

fn a_set_row(id: &str, name: &str) -> Vec<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    let one = Value::Integer(1);
    vec![text(id), text(name), text(""), Value::Null, Value::Integer(0), one.clone(), one, text("")]
}

#[tokio::test]
async fn every_write_waits_to_be_sent_until_the_server_has_it() {
    let (_folder, store) = new();
    store.modes().save(a_mode("m", "One")).await.unwrap();
    let first = pending(&store).await;
    assert_eq!(short(&first), [("mode", "m", true)]);
    assert_eq!(first[0].row.as_ref().unwrap()[1], Value::Text("One".to_owned()));
    assert_eq!(first[0].base, None);
    assert_eq!(first[0].version.workstation, store.sync().workstation());

    // A change after it was read is not taken for sent; `REPLACE` keeps the base.
    store.modes().save(a_mode("m", "Two")).await.unwrap();
    accept(&store, &first).await;
    let second = pending(&store).await;
    assert_eq!(second[0].base, Some(first[0].version));
    assert!(second[0].version > first[0].version);
    accept(&store, &second).await;
    assert_eq!(pending(&store).await, []);

    store.modes().remove(ModeId("m".to_owned())).await.unwrap();
    let third = pending(&store).await;
    assert_eq!(short(&third), [("mode", "m", false)]);
    assert_eq!(third[0].base, Some(second[0].version));
}

#[tokio::test]
async fn a_run_is_for_others_when_it_has_ended_and_until_it_is_deleted() {
    let (_folder, store) = new();
    let history = store.history();
    let run = a_run(5);
    history.start(run.clone()).await.unwrap();
    assert_eq!(pending(&store).await, []);
    history.finish(ended(&run, "ما\u{0}")).await.unwrap();
    let id = run.id.to_string();
    assert_eq!(short(&pending(&store).await), [("prompt_history", id.as_str(), true)]);
    accept(&store, &pending(&store).await).await;

    history.rate(run.id, Some(4)).await.unwrap();
    assert_eq!(short(&pending(&store).await), [("prompt_history", id.as_str(), true)]);
    let deletion = history.delete(vec![run.id]).await.unwrap();
    assert_eq!(short(&pending(&store).await), [("prompt_history", id.as_str(), false)]);
    history.restore(deletion.deletion).await.unwrap();
    assert_eq!(short(&pending(&store).await), [("prompt_history", id.as_str(), true)]);
}

#[tokio::test]
async fn rows_from_before_have_the_oldest_version_once() {
    let (_folder, path) = place();
    let store = open(&path).unwrap();
    store.modes().save(a_mode("m", "One")).await.unwrap();
    store
        .write(|connection| {
            connection.execute_batch("DELETE FROM sync_row; DELETE FROM sync_table")?;
            Ok(())
        })
        .await
        .unwrap();
    let workstation = store.sync().workstation();
    drop(store);
    let store = open(&path).unwrap();
    let waiting = pending(&store).await;
    assert_eq!(short(&waiting), [("mode", "m", true)]);
    assert_eq!(waiting[0].version, Version { clock: 0, workstation });
    accept(&store, &waiting).await;
    drop(store);
    assert_eq!(pending(&open(&path).unwrap()).await, []);
}

#[tokio::test]
async fn keys_are_the_same_in_sql_and_here() {
    let (_folder, store) = new();
    let model = "a \"b\"\\ \u{1}\u{7f}\n/ü\u{1F600}.gguf";
    let price = Price {
        model: ModelId(model.to_owned()),
        from: Timestamp(-7),
        currency: "EUR".to_owned(),
        input_per_1k: 0.1,
        output_per_1k: 0.2,
    };
    store.prices().set(price).await.unwrap();
    let waiting = pending(&store).await;
    let [change] = &waiting[..] else { panic!("{waiting:?}") };
    let row = change.row.as_ref().unwrap();
    assert_eq!(change.table.key(row), change.key);
    assert_eq!(change.table.key_values(&change.key).unwrap(), row[..2]);
    let json = change.table.to_json(row);
    assert_eq!(&change.table.of_json(&json).unwrap(), row);
}

#[tokio::test]
async fn what_comes_is_taken_where_it_is_newer_and_leaves_no_change() {
    let (_folder, store) = new();
    let sync = store.sync();
    let row = server_row("mode", 50, Some(a_mode_row("m", "Theirs")), "m");
    assert_eq!(sync.apply(vec![row.clone()], Some("here".to_owned())).await.unwrap(), 1);
    assert_eq!(sync.apply(vec![row.clone()], None).await.unwrap(), 0, "twice is once");
    assert_eq!(pending(&store).await, []);
    assert_eq!(store.modes().list().await.unwrap()[0].name, "Theirs");

    // A change here is later than what was seen, whatever the clock says.
    store.modes().save(a_mode("m", "Mine")).await.unwrap();
    let mine = pending(&store).await;
    assert!(mine[0].version > row.version);
    assert_eq!(mine[0].base, Some(row.version));
    let newer = server_row("mode", 1_000, Some(a_mode_row("m", "Newer")), "m");
    assert_eq!(sync.apply(vec![newer.clone()], None).await.unwrap(), 0, "the server compares");
    let lost = Settled::Lost { version: mine[0].version, winner: newer.clone() };
    sync.settle(2, String::new(), vec![lost]).await.unwrap();
    assert_eq!(store.modes().list().await.unwrap()[0].name, "Newer");
    assert_eq!(pending(&store).await, []);

    let gone = server_row("mode", 1_001, None, "m");
    assert_eq!(sync.apply(vec![gone], None).await.unwrap(), 1);
    assert_eq!(store.modes().list().await.unwrap(), []);
    assert_eq!(pending(&store).await, []);
    // A server that forgot the deletion has a row again: the server is right.
    assert_eq!(sync.apply(vec![newer], None).await.unwrap(), 1);
}

#[tokio::test]
async fn a_run_of_a_colleague_is_found_in_the_history() {
    let (_folder, store) = new();
    let mine = recorded(&store.history(), 7, "Wer bist du?", "Niemand").await;
    let waiting = pending(&store).await;
    let mut theirs = waiting[0].row.clone().unwrap();
    let id = nopenai_domain::RunId::generate();
    theirs[0] = Value::Text(id.to_string());
    let row = server_row("prompt_history", 99, Some(theirs), &id.to_string());
    assert_eq!(store.sync().apply(vec![row], None).await.unwrap(), 1);
    let found = store.history().get(id).await.unwrap();
    assert_eq!(found.answer, "Niemand");
    let filter =
        nopenai_domain::RunFilter { search: Some("niemand".to_owned()), ..Default::default() };
    assert_eq!(store.history().count(filter).await.unwrap().count, 2);
    assert_eq!(number(&store, "SELECT count(DISTINCT position) FROM prompt_history").await, 2);
    assert_ne!(mine.id, id);
}

#[tokio::test]
async fn a_child_waits_for_its_parent_and_goes_with_it() {
    let (_folder, store) = new();
    let sync = store.sync();
    let set = "0190aaaa-0000-7000-8000-000000000001";
    let text = |text: &str| Value::Text(text.to_owned());
    let item = vec![text(set), 1.into(), 1.into(), text("?"), Value::Null, Value::Null];
    let key = format!("[\"{set}\",1,1]");
    let child = server_row("prompt_set_item", 10, Some(item), &key);
    assert_eq!(sync.apply(vec![child], None).await.unwrap(), 0);
    assert_eq!(sync.waiting().await.unwrap(), 1);
    let parent = server_row("prompt_set", 20, Some(a_set_row(set, "Set")), set);
    assert_eq!(sync.apply(vec![parent], None).await.unwrap(), 1);
    assert_eq!(sync.waiting().await.unwrap(), 0);
    assert_eq!(
        number(&store, "SELECT count(*) FROM prompt_set_item WHERE set_id LIKE '0190%'").await,
        1
    );
    assert_eq!(pending(&store).await, []);

    // The deletion of the parent alone: the child's is for the others to hear.
    let gone = server_row("prompt_set", 30, None, set);
    assert_eq!(sync.apply(vec![gone], None).await.unwrap(), 1);
    assert_eq!(short(&pending(&store).await), [("prompt_set_item", key.as_str(), false)]);
}

#[tokio::test]
async fn two_sets_of_one_name_get_two() {
    let earlier = "0190aaaa-0000-7000-8000-000000000001";
    let later = "0190aaaa-0000-7000-8000-0000deadbeef";
    for order in [[earlier, later], [later, earlier]] {
        let (_folder, store) = new();
        for (clock, id) in (1..).zip(order) {
            let row = server_row("prompt_set", clock, Some(a_set_row(id, "Sums")), id);
            assert_eq!(store.sync().apply(vec![row], None).await.unwrap(), 1);
        }
        let waiting = pending(&store).await;
        assert_eq!(short(&waiting), [("prompt_set", later, true)]);
        let name = &waiting[0].row.as_ref().unwrap()[1];
        assert_eq!(name, &Value::Text("Sums (deadbeef)".to_owned()));
        assert!(waiting[0].base.is_some());
    }
}

#[tokio::test]
async fn another_server_gets_what_was_written_here_and_a_restored_one_all() {
    let (_folder, store) = new();
    let sync = store.sync();
    store.modes().save(a_mode("mine", "Mine")).await.unwrap();
    accept(&store, &pending(&store).await).await;
    let theirs = server_row("mode", 50, Some(a_mode_row("theirs", "Theirs")), "theirs");
    sync.apply(vec![theirs], None).await.unwrap();
    assert_eq!(pending(&store).await, []);

    let mut after = Default::default();
    while let Some(end) = sync.prepare(Reconcile::New, after, 1).await.unwrap() {
        after = end;
    }
    assert_eq!(short(&pending(&store).await), [("mode", "mine", true)]);
    let all = sync.prepare(Reconcile::Restored, Default::default(), 100).await.unwrap();
    assert!(all.is_some());
    assert_eq!(pending(&store).await.len(), 2);
    assert!(pending(&store).await.iter().all(|change| change.base.is_none()));
}

#[tokio::test]
async fn what_a_full_pull_has_not_come_by_is_removed() {
    let (_folder, store) = new();
    let sync = store.sync();
    let rows = ["a", "b", "d"].map(|id| server_row("mode", 50, Some(a_mode_row(id, id)), id));
    sync.apply(rows.to_vec(), None).await.unwrap();
    store.modes().save(a_mode("c", "new here")).await.unwrap();
    sync.prepare(Reconcile::Expired, Default::default(), 100).await.unwrap();
    sync.apply(vec![rows[0].clone()], None).await.unwrap();
    let missing = sync.missing(100).await.unwrap();
    let keys: Vec<&str> = missing.iter().map(|(_, key)| key.as_str()).collect();
    assert_eq!(keys, ["b", "d"]);
    let found = missing.into_iter().map(|(table, key)| (table, key.clone(), key == "d"));
    sync.settle_missing(found.collect()).await.unwrap();
    let names: Vec<_> = store.modes().list().await.unwrap().into_iter().map(|m| m.id.0).collect();
    assert_eq!(names, ["a", "d", "c"], "d was written again meanwhile");
    assert_eq!(sync.missing(100).await.unwrap(), []);
    assert_eq!(short(&pending(&store).await), [("mode", "c", true)]);
}

#[tokio::test]
async fn a_row_that_cannot_be_sent_waits_for_its_next_change() {
    let (_folder, store) = new();
    let sync = store.sync();
    store.modes().save(a_mode("m", "One")).await.unwrap();
    let change = &pending(&store).await[0];
    let refused = Settled::Refused {
        table: change.table,
        key: change.key.clone(),
        version: change.version,
        problem: "too long".to_owned(),
    };
    sync.settle(0, String::new(), vec![refused]).await.unwrap();
    assert_eq!(pending(&store).await, []);
    assert_eq!(sync.problems(9).await.unwrap()[0].2, "too long");
    let counts = sync.counts().await.unwrap();
    let count = counts.iter().find(|count| count.table.local == "mode").unwrap();
    assert_eq!((count.pending, count.refused), (0, 1));
    store.modes().save(a_mode("m", "Two")).await.unwrap();
    assert_eq!(pending(&store).await.len(), 1);
    assert_eq!(sync.problems(9).await.unwrap(), []);
}

#[tokio::test]
async fn the_registration_names_columns_that_are_there() {
    let (_folder, store) = new();
    for table in TABLES {
        let columns = store
            .read(move |connection| {
                let mut statement =
                    connection.prepare(&format!("PRAGMA table_info({})", table.local))?;
                let rows = statement.query_map([], |row| {
                    let (name, kind): (String, String) = (row.get(1)?, row.get(2)?);
                    Ok((name, kind, row.get::<_, bool>(3)?, row.get::<_, i64>(5)?))
                })?;
                Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
            })
            .await
            .unwrap();
        for (index, column) in table.columns.iter().enumerate() {
            use nopenai_store::sync::ColumnType as Type;
            let found = columns.iter().find(|(name, ..)| name == column.name);
            let Some((name, kind, not_null, key)) = found else {
                panic!("{}.{}", table.local, column.name)
            };
            let expected = match column.kind {
                Type::Text(_) | Type::LongText => "TEXT",
                Type::Integer | Type::Flag => "INTEGER",
                Type::Real => "REAL",
            };
            assert_eq!(kind, expected, "{}.{name}", table.local);
            assert_eq!(*not_null, !column.nullable, "{}.{name}", table.local);
            let is_key = index < table.key;
            // prompt_history's own key is the run's position.
            assert!(table.local == "prompt_history" || is_key == (*key > 0), "{name}");
        }
        // What a person deleted for a moment, chats, and where endpoints are, are this workstation's.
        let private = ["deletion", "chat_id", "remote"];
        let derived: Vec<&str> = table.derived.iter().map(|(name, _)| *name).collect();
        let local: Vec<&String> = columns
            .iter()
            .map(|(name, ..)| name)
            .filter(|name| !table.columns.iter().any(|column| column.name == *name))
            .filter(|name| !derived.contains(&name.as_str()) && !private.contains(&name.as_str()))
            .collect();
        assert!(local.is_empty(), "{}: {local:?} is not synced", table.local);
    }
}
