//! SHA-256 in the background.

use crate::file::File;
use crate::fixture::{id, open, put, until};
use crate::folder::Folder;
use nopenai_models::{ModelList, Registry};
use sha2::{Digest, Sha256};
use std::fs;

fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

fn hash(list: &ModelList, name: &str) -> Option<String> {
    let model = list.models.iter().find(|model| model.id == id(name));
    model.and_then(|model| model.sha256.clone())
}

#[tokio::test]
async fn hashes_come_are_kept_and_follow_their_file() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "a.gguf");
    fs::write(folder.path().join("bad.gguf"), "x").unwrap();
    let opened = open(folder.path()).await;
    let mut list = opened.subscribe();
    let first = sha256(&File::llama().bytes());
    let hashed = until(&mut list, "hashed", |list| hash(list, "a.gguf").is_some()).await;
    assert_eq!(hash(&hashed, "a.gguf"), Some(first.clone()));
    assert_eq!(hash(&hashed, "bad.gguf"), None, "what can't run needs none");
    assert_eq!(hashed.models[0].hashing, None);

    // Kept over a restart: it is there at the first look.
    let again = Registry::open(folder.path(), opened.store.clone()).await.unwrap();
    assert_eq!(hash(&again.list(), "a.gguf"), Some(first.clone()));

    let mut other = File::llama();
    other.set("llama.context_length", crate::file::Value::U32(256));
    fs::write(folder.path().join("a.gguf"), other.bytes()).unwrap();
    let expected = Some(sha256(&other.bytes()));
    until(&mut list, "hashed anew", |list| hash(list, "a.gguf") == expected).await;
}

#[tokio::test]
async fn a_folders_hash_is_that_of_its_files_hashes() {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::llama();
    folder.write(&place.path().join("tiny"));
    let opened = open(place.path()).await;
    let mut list = opened.subscribe();
    let line = format!("{}  model.safetensors\n", sha256(&folder.weights()));
    let expected = Some(sha256(line.as_bytes()));
    until(&mut list, "hashed", |list| hash(list, "tiny") == expected).await;
}

#[tokio::test]
async fn progress_is_told_of_a_large_file() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path()).await;
    let mut list = opened.subscribe();
    let path = folder.path().join("large.gguf");
    let mut file = File::llama();
    // Half a gigabyte of nothing, which takes no space: seconds in a test's build.
    file.tensors.push(crate::file::Tensor::new("extra", crate::file::F32, &[1 << 14, 1 << 13]));
    fs::write(&path, file.bytes()).unwrap();
    let whole = fs::metadata(&path).unwrap().len() + (1 << 29) - (1 << 16);
    fs::File::options().write(true).open(&path).unwrap().set_len(whole).unwrap();
    let under_way = |list: &ModelList| list.models.iter().any(|model| model.hashing.is_some());
    let seen = until(&mut list, "progress", under_way).await;
    let progress = seen.models[0].hashing.unwrap();
    assert_eq!(progress.bytes_total, whole);
    assert!(progress.bytes_done > 0 && progress.bytes_done < whole, "{progress:?}");
}
