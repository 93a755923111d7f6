//! Notifications over a real store: kept, counted, told of.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use nopenai_domain::{Level, Notice, PageRequest, SystemClock, Topic};
use nopenai_observability::Notifications;
use nopenai_store::Store;
use std::sync::Arc;
use tempfile::TempDir;

fn notifications() -> (TempDir, Notifications) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("studio.db"), Arc::new(SystemClock)).unwrap();
    (folder, Notifications::new(store))
}

fn notice(level: Level, topic: Topic) -> Notice {
    Notice { level, topic, facts: serde_json::Map::new(), subject: None }
}

async fn topics(notifications: &Notifications, level: Option<Level>) -> Vec<Topic> {
    let request = PageRequest { limit: 10, after: None };
    let page = notifications.page(level, request).await.unwrap();
    page.items.into_iter().map(|notification| notification.topic).collect()
}

#[tokio::test]
async fn what_is_posted_is_kept_told_of_and_counted() {
    let (_folder, notifications) = notifications();
    let (mut posted, unread) = (notifications.posted(), notifications.unread());
    notifications.post(notice(Level::Error, Topic::RunFailed)).await;
    notifications.post(notice(Level::Info, Topic::RunsExported)).await;
    let told = posted.recv().await.unwrap();
    assert_eq!((told.level, told.topic, told.read), (Level::Error, Topic::RunFailed, false));
    assert_eq!(*unread.borrow(), 2);
    assert_eq!(topics(&notifications, None).await, [Topic::RunsExported, Topic::RunFailed]);
    assert_eq!(topics(&notifications, Some(Level::Error)).await, [Topic::RunFailed]);

    notifications.read(told.id).await.unwrap();
    assert_eq!(*unread.borrow(), 1, "the later one is unread still");
    notifications.dismiss(vec![told.id]).await.unwrap();
    assert_eq!(topics(&notifications, None).await, [Topic::RunsExported]);
    notifications.dismiss_all(Some(Level::Warning)).await.unwrap();
    assert_eq!(*unread.borrow(), 1);
    notifications.dismiss_all(None).await.unwrap();
    assert_eq!((*unread.borrow(), topics(&notifications, None).await.len()), (0, 0));
}
