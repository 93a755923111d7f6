//! What a person does with models: names, taking off the list, bringing back.

use crate::file::{File, Value};
use crate::fixture::{id, ids, open, put, until};
use crate::folder::Folder;
use nopenai_domain::Code;
use nopenai_models::Registry;
use std::fs;

#[tokio::test]
async fn a_persons_name_is_kept_and_can_be_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "a.gguf");
    let opened = open(folder.path()).await;
    let named = opened.rename(&id("a.gguf"), Some(" Mine ".to_owned())).await.unwrap();
    assert_eq!((named.name.as_str(), named.alias.as_deref()), ("Mine", Some("Mine")));
    assert_eq!(opened.list().models[0].name, "Mine");
    let wrong = opened.rename(&id("a.gguf"), Some("\n".to_owned())).await.unwrap_err();
    assert_eq!(wrong.code, Code::InvalidInput);
    let none = opened.rename(&id("b.gguf"), None).await.unwrap_err();
    assert_eq!(none.code, Code::NotFound);

    let again = Registry::open(folder.path(), opened.store.clone()).await.unwrap();
    assert_eq!(again.list().models[0].name, "Mine");
    let unnamed = again.rename(&id("a.gguf"), None).await.unwrap();
    assert_eq!((unnamed.name.as_str(), unnamed.alias), ("a", None));
}

#[tokio::test]
async fn what_is_taken_off_the_list_can_come_back() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "a.gguf");
    put(folder.path(), "b.gguf");
    let opened = open(folder.path()).await;
    opened.remove(&id("a.gguf"), false).await.unwrap();
    assert_eq!(ids(&opened.list()), ["b.gguf"]);
    assert_eq!(opened.path(&id("a.gguf")).unwrap_err().code, Code::NotFound);
    assert!(folder.path().join("a.gguf").exists());
    let again = Registry::open(folder.path(), opened.store.clone()).await.unwrap();
    assert_eq!(ids(&again.list()), ["b.gguf"]);

    let restored = opened.restore(&id("a.gguf")).await.unwrap();
    assert_eq!(restored.id, id("a.gguf"));
    assert_eq!(ids(&opened.list()), ["a.gguf", "b.gguf"]);

    // Another file under the same name is another model.
    opened.remove(&id("a.gguf"), false).await.unwrap();
    let mut other = File::llama();
    other.set("llama.context_length", Value::U32(256));
    fs::write(folder.path().join("a.gguf"), other.bytes()).unwrap();
    until(&mut opened.subscribe(), "another", |list| ids(list) == ["a.gguf", "b.gguf"]).await;
}

#[tokio::test]
async fn files_are_deleted_when_that_is_wanted_and_only_the_models_own() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    put(root, "a.gguf");
    Folder::llama().write(&root.join("tiny"));
    Folder::llama().write(&root.join("shared"));
    fs::write(root.join("shared/my notes.txt"), "mine").unwrap();
    let opened = open(root).await;
    for name in ["a.gguf", "tiny", "shared"] {
        opened.remove(&id(name), true).await.unwrap();
    }
    assert_eq!(ids(&opened.list()), [""; 0]);
    assert!(!root.join("a.gguf").exists() && !root.join("tiny").exists());
    assert_eq!(fs::read_to_string(root.join("shared/my notes.txt")).unwrap(), "mine");
    assert!(!root.join("shared/model.safetensors").exists());
    assert_eq!(opened.restore(&id("a.gguf")).await.unwrap_err().code, Code::NotFound);
}

#[cfg(unix)]
#[tokio::test]
async fn of_a_link_only_the_link_is_deleted() {
    use std::os::unix::fs::symlink;
    let (place, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put(elsewhere.path(), "a.gguf");
    Folder::llama().write(&elsewhere.path().join("tiny"));
    for name in ["a.gguf", "tiny"] {
        symlink(elsewhere.path().join(name), place.path().join(name)).unwrap();
    }
    let opened = open(place.path()).await;
    for name in ["a.gguf", "tiny"] {
        opened.remove(&id(name), true).await.unwrap();
        assert!(fs::symlink_metadata(place.path().join(name)).is_err());
    }
    assert!(elsewhere.path().join("a.gguf").exists());
    assert!(elsewhere.path().join("tiny/model.safetensors").exists());
}

#[tokio::test]
async fn another_folder_takes_the_first_ones_place() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put(first.path(), "a.gguf");
    put(second.path(), "b.gguf");
    let opened = open(first.path()).await;
    let mut list = opened.subscribe();
    opened.set_folder(second.path());
    let now = until(&mut list, "the second", |list| ids(list) == ["b.gguf"]).await;
    assert_eq!(now.folder, second.path().to_string_lossy());
    put(second.path(), "c.gguf");
    until(&mut list, "watched", |list| ids(list) == ["b.gguf", "c.gguf"]).await;
    assert_eq!(opened.path(&id("c.gguf")).unwrap(), second.path().join("c.gguf"));
}
