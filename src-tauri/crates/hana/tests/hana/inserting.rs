//! Rows that the server has nothing of are inserted; all others are left to the
//! comparison, on a real PostgreSQL.

use crate::{
    fixture::Workstation,
    postgres::{Postgres, SCHEMA},
};
use nopenai_domain::{ModeId, ModelId, Price, SystemClock, Timestamp};
use nopenai_hana::{
    deploy,
    sync::{Batch, Place, Server, Source},
};
use std::{collections::BTreeMap, sync::Arc};

async fn set_price(person: &Workstation, model: &str, price: f64) {
    let price = Price {
        model: ModelId(model.to_owned()),
        from: Timestamp(7),
        currency: "EUR".to_owned(),
        input_per_1k: price,
        output_per_1k: 1.0,
    };
    person.store.prices().set(price).await.unwrap();
}

/// What waits of a person, as a batch for a server whose documents are so long.
async fn waiting(person: &Workstation, longest: usize) -> Batch {
    let changes = person.store.sync().pending(None, 100, 1 << 20).await.unwrap();
    Batch::new(changes, longest).unwrap()
}

/// A server with a row of another, a deletion of another, and one who wants to
/// send rows of both keys, and one more: modes have a text for a key, prices have
/// a text and a number.
async fn a_story(server: &Arc<dyn Server>) -> Workstation {
    let (one, two) = (Workstation::new(), Workstation::new());
    for key in ["deleted", "theirs"] {
        one.save_mode(key, "one").await;
        set_price(&one, key, 1.0).await;
    }
    one.sync(server).await.unwrap();
    one.store.modes().remove(ModeId("deleted".to_owned())).await.unwrap();
    one.store.prices().remove(ModelId("deleted".to_owned())).await.unwrap();
    one.sync(server).await.unwrap();
    for key in ["deleted", "theirs", "new"] {
        two.save_mode(key, "two").await;
        set_price(&two, key, 2.0).await;
    }
    two
}

fn deployed() -> (Postgres, Arc<dyn Server>) {
    let postgres = Postgres::start();
    deploy(&postgres.session(), SCHEMA, &SystemClock).unwrap();
    let remote = Arc::new(postgres.remote());
    (postgres, remote)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_server_has_nothing_of_is_inserted() {
    let (_postgres, server) = deployed();
    let two = a_story(&server).await;
    // In one document, and in one for each row.
    for longest in [1 << 20, 400] {
        let batch = waiting(&two, longest).await;
        assert_eq!(batch.parts.len(), 2);
        let mut transaction = server.begin().unwrap();
        for part in &batch.parts {
            assert_eq!(part.new.len(), 3);
            assert_eq!(part.documents.len() == 1, longest > 400, "{:?}", part.documents);
            assert!(!transaction.insert(part).unwrap(), "not all of {}", part.table.local);
            let keys: Vec<&str> = part.new.iter().map(|change| change.key.as_str()).collect();
            let found = transaction.versions(part.table, &keys).unwrap();
            for change in &part.new {
                let (version, deleted) = found[&change.key];
                let is_new = change.key.contains("new");
                assert_eq!(version == change.version, is_new, "{}", change.key);
                assert_eq!(deleted, change.key.contains("deleted"), "{}", change.key);
            }
        }
        drop(transaction);
        // Nothing of it is there when it isn't committed.
        let mut transaction = server.begin().unwrap();
        for part in &batch.parts {
            let keys: Vec<&str> = part.new.iter().map(|change| change.key.as_str()).collect();
            assert_eq!(transaction.versions(part.table, &keys).unwrap().len(), 2);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_inserted_is_compared_and_counted_with_what_was() {
    let (_postgres, server) = deployed();
    let two = a_story(&server).await;
    let cycle = two.sync(&server).await.unwrap();
    // Those of the other were overruled, being older; all are as the last one said.
    assert_eq!((cycle.pushed, cycle.conflicts, cycle.refused), (6, 4, 0));
    let three = Workstation::new();
    three.sync(&server).await.unwrap();
    let names: BTreeMap<String, String> = three
        .store
        .modes()
        .list()
        .await
        .unwrap()
        .into_iter()
        .map(|mode| (mode.id.0, mode.name))
        .collect();
    assert_eq!(names.len(), 3);
    assert!(names.values().all(|name| name == "two"), "{names:?}");
    for key in ["deleted", "theirs", "new"] {
        let price = three.store.prices().at(ModelId(key.to_owned()), Timestamp(9)).await.unwrap();
        assert_eq!(price.unwrap().input_per_1k, 2.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_unknown_to_the_sender_is_not_written_again() {
    let (_postgres, server) = deployed();
    let one = Workstation::new();
    one.save_mode("before", "one").await;
    one.sync(&server).await.unwrap();
    one.save_mode("m", "one").await;
    set_price(&one, "m", 1.0).await;
    let batch = waiting(&one, 1 << 20).await;
    let mut transaction = server.begin().unwrap();
    for part in &batch.parts {
        assert!(transaction.insert(part).unwrap());
    }
    let (own, at) = (one.store.sync().workstation(), Timestamp(1));
    transaction.commit("a token", own, at).unwrap();
    let number = server.head(0).unwrap().0.number;
    // It was never told, and sends all again: the rows stay of that commit.
    assert_eq!(one.sync(&server).await.unwrap().pushed, 2);
    let mut transaction = server.begin().unwrap();
    assert!(transaction.head().number > number);
    for part in &batch.parts {
        let found = transaction.versions(part.table, &[&part.new[0].key]).unwrap();
        assert_eq!(found[&part.new[0].key], (part.new[0].version, false));
    }
    drop(transaction);
    let place = Place { number, key: None };
    for part in &batch.parts {
        let source = Source::Table(part.table);
        assert_eq!(server.page(source, &place, i64::MAX, 9).unwrap().rows, []);
    }
}
