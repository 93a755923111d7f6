//! A registry, and waiting for what it finds.

use crate::file::File;
use nopenai_domain::{ModelId, SystemClock};
use nopenai_models::{ModelList, Registry};
use nopenai_store::Store;
use std::fs;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;

pub type List = watch::Receiver<Arc<ModelList>>;

/// A registry with a database of its own.
pub struct Opened {
    pub registry: Registry,
    pub store: Store,
    _data: TempDir,
}

impl Deref for Opened {
    type Target = Registry;

    fn deref(&self) -> &Registry {
        &self.registry
    }
}

pub async fn open(folder: impl AsRef<Path>) -> Opened {
    let (store, data) = store();
    let registry = Registry::open(folder, store.clone()).await.unwrap();
    Opened { registry, store, _data: data }
}

pub fn store() -> (Store, TempDir) {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(&data.path().join("studio.db"), Arc::new(SystemClock)).unwrap();
    (store, data)
}

/// Waits until the list is as expected. Polling a folder takes up to 2 s, and
/// quiet is waited for; the rest is patience with a slow machine.
pub async fn until(list: &mut List, what: &str, is: impl Fn(&ModelList) -> bool) -> Arc<ModelList> {
    let seen = async {
        let found = list.wait_for(|list| is(list)).await;
        Arc::clone(&found.expect("the registry watches"))
    };
    let found = tokio::time::timeout(Duration::from_secs(20), seen).await;
    let Ok(found) = found else { panic!("not seen: {what}; {:#?}", list.borrow()) };
    assert!(found.models.iter().all(|m| m.facts.is_some() != m.problem.is_some()));
    found
}

pub fn ids(list: &ModelList) -> Vec<&str> {
    list.models.iter().map(|model| model.id.0.as_str()).collect()
}

pub fn id(id: &str) -> ModelId {
    ModelId(id.to_owned())
}

pub fn put(folder: &Path, name: &str) {
    fs::write(folder.join(name), File::llama().bytes()).unwrap();
}
