//! Models from elsewhere on the machine.

use crate::file::{F32, File, Tensor};
use crate::fixture::{Opened, id, ids, open, put};
use crate::folder::Folder;
use nopenai_domain::{Code, Error};
use nopenai_models::{ImportMethod, Model};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

struct Places {
    models: TempDir,
    elsewhere: TempDir,
    opened: Opened,
}

impl Places {
    async fn new() -> Self {
        let (models, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        put(elsewhere.path(), "a.gguf");
        Folder::llama().write(&elsewhere.path().join("tiny"));
        let opened = open(models.path()).await;
        Self { models, elsewhere, opened }
    }

    async fn import(&self, name: &str, method: ImportMethod) -> Result<Model, Error> {
        let path = self.elsewhere.path().join(name);
        self.opened.import(&path, None, method, |_, _| {}, &CancellationToken::new()).await
    }

    /// What is in the models folder, hidden things too.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.models.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[tokio::test]
async fn a_copy_stays_when_the_original_goes() {
    let places = Places::new().await;
    let mut told = Vec::new();
    let path = places.elsewhere.path().join("a.gguf");
    let progress = |done, total| told.push((done, total));
    let cancel = CancellationToken::new();
    let model =
        places.opened.import(&path, None, ImportMethod::Copy, progress, &cancel).await.unwrap();
    assert_eq!((model.id.clone(), model.link_target), (id("a.gguf"), None));
    let size = File::llama().bytes().len() as u64;
    assert_eq!(told.first(), Some(&(0, size)));
    assert!(told.iter().all(|(done, total)| done <= total), "{told:?}");
    fs::remove_file(path).unwrap();
    assert_eq!(fs::read(places.opened.path(&model.id).unwrap()).unwrap(), File::llama().bytes());

    let folder = places.import("tiny", ImportMethod::Copy).await.unwrap();
    assert!(folder.facts.is_some(), "{folder:?}");
    assert_eq!(places.names(), ["a.gguf", "tiny"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_takes_no_space() {
    let places = Places::new().await;
    for name in ["a.gguf", "tiny"] {
        let model = places.import(name, ImportMethod::Link).await.unwrap();
        let target = places.elsewhere.path().join(name);
        assert_eq!(model.link_target.as_deref(), target.to_str());
        assert!(model.facts.is_some());
        assert!(fs::symlink_metadata(places.models.path().join(name)).unwrap().is_symlink());
    }
    // The same again is no other.
    assert!(places.import("a.gguf", ImportMethod::Link).await.is_ok());
    assert!(places.import("a.gguf", ImportMethod::Copy).await.is_ok());
    assert_eq!(places.names(), ["a.gguf", "tiny"]);
}

#[tokio::test]
async fn what_was_taken_off_the_list_comes_back_by_import() {
    let places = Places::new().await;
    put(places.models.path(), "b.gguf");
    let path = places.models.path().join("b.gguf");
    let cancel = CancellationToken::new();
    let import = || places.opened.import(&path, None, ImportMethod::Copy, |_, _| {}, &cancel);
    import().await.unwrap();
    places.opened.remove(&id("b.gguf"), false).await.unwrap();
    import().await.unwrap();
    assert_eq!(ids(&places.opened.list()), ["b.gguf"]);
}

#[tokio::test]
async fn what_cannot_be_a_model_is_refused_and_nothing_is_left() {
    let places = Places::new().await;
    let elsewhere = places.elsewhere.path();
    fs::write(elsewhere.join("pickle.bin"), "x").unwrap();
    fs::write(elsewhere.join("notes.txt"), "x").unwrap();
    fs::write(elsewhere.join("page.gguf"), "<html>").unwrap();
    fs::write(elsewhere.join("alone.safetensors"), "x").unwrap();
    fs::create_dir(elsewhere.join("empty")).unwrap();
    let cases = [
        ("pickle.bin", Code::UnsupportedModel, "pickle"),
        ("notes.txt", Code::UnsupportedModel, "no model file"),
        ("page.gguf", Code::UnsupportedModel, "not a GGUF file"),
        ("alone.safetensors", Code::UnsupportedModel, "config.json"),
        ("empty", Code::UnsupportedModel, "holds no model"),
        ("none.gguf", Code::FileUnavailable, "cannot be read"),
    ];
    for (name, code, part) in cases {
        for method in [ImportMethod::Link, ImportMethod::Copy] {
            let error = places.import(name, method).await.expect_err(name);
            assert_eq!(error.code, code, "{error}");
            assert!(error.message.contains(part), "{}", error.message);
        }
    }
    let cancel = CancellationToken::new();
    let relative = places
        .opened
        .import(Path::new("a.gguf"), None, ImportMethod::Copy, |_, _| {}, &cancel)
        .await
        .unwrap_err();
    assert_eq!(relative.details["field"], "path");
    assert_eq!(places.names(), [""; 0]);
}

#[tokio::test]
async fn a_name_that_is_taken_is_left_alone() {
    let places = Places::new().await;
    fs::write(places.models.path().join("a.gguf"), "other").unwrap();
    let error = places.import("a.gguf", ImportMethod::Copy).await.unwrap_err();
    assert_eq!((error.code, &error.details["name"]), (Code::AlreadyExists, &"a.gguf".into()));
    assert_eq!(fs::read_to_string(places.models.path().join("a.gguf")).unwrap(), "other");
}

#[tokio::test]
async fn a_cancelled_copy_leaves_nothing() {
    let places = Places::new().await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    for name in ["a.gguf", "tiny"] {
        let path = places.elsewhere.path().join(name);
        let import = places.opened.import(&path, None, ImportMethod::Copy, |_, _| {}, &cancel);
        assert_eq!(import.await.unwrap_err().code, Code::Cancelled);
    }
    assert_eq!(places.names(), [""; 0]);
}

#[tokio::test]
async fn what_a_killed_copy_left_behind_is_replaced() {
    let places = Places::new().await;
    fs::write(places.models.path().join(".a.gguf.importing"), "half").unwrap();
    fs::create_dir(places.models.path().join(".tiny.importing")).unwrap();
    places.import("a.gguf", ImportMethod::Copy).await.unwrap();
    places.import("tiny", ImportMethod::Copy).await.unwrap();
    assert_eq!(places.names(), ["a.gguf", "tiny"]);
}

#[tokio::test]
async fn a_copy_without_space_is_refused_with_figures() {
    let places = Places::new().await;
    let path = places.elsewhere.path().join("vast.gguf");
    let mut file = File::llama();
    // 256 TB, of which the file system stores next to nothing.
    file.tensors.push(Tensor::new("extra", F32, &[1 << 23, 1 << 23]));
    let bytes = file.bytes();
    fs::write(&path, &bytes).unwrap();
    let whole = bytes.len() as u64 - (1 << 16) + (1 << 48);
    let set = fs::File::options().write(true).open(&path).unwrap().set_len(whole);
    if set.is_err() {
        // The file system has no files of this size.
        return;
    }
    let error = places.import("vast.gguf", ImportMethod::Copy).await.unwrap_err();
    assert_eq!(error.code, Code::FileUnavailable, "{error}");
    assert_eq!(error.details["needed"], whole);
    assert!(error.message.contains("link the model instead"), "{}", error.message);
    assert_eq!(places.names(), [""; 0]);
}

#[tokio::test]
async fn a_models_folder_that_is_gone_is_said() {
    let places = Places::new().await;
    fs::remove_dir(places.models.path()).unwrap();
    let error = places.import("a.gguf", ImportMethod::Copy).await.unwrap_err();
    assert_eq!(error.code, Code::FileUnavailable, "{error}");
    assert!(error.message.contains("cannot be written"), "{}", error.message);
}
