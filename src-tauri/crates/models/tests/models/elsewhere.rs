//! Models that other applications have.

use crate::file::File;
use crate::fixture::{id, open};
use crate::folder::Folder;
use nopenai_models::ImportMethod;
use nopenai_models::elsewhere::{Application, FoundModel, Surroundings, find};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

const HASH: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

fn put(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// A home folder with a model of each application, as they lay them out.
fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let at = |path: &str| home.path().join(path);
    let gguf = File::llama().bytes();
    put(&at(".lmstudio/models/lab/tiny-GGUF/tiny-Q4_0.gguf"), &gguf);
    put(&at(".lmstudio/models/lab/tiny-GGUF/mmproj-tiny.gguf"), &gguf);
    put(&at(".cache/lm-studio/models/lab/old/broken.gguf"), b"<html>");

    put(&at(&format!(".ollama/models/blobs/sha256-{HASH}")), &gguf);
    let manifest = json!({ "layers": [
        { "mediaType": "application/vnd.ollama.image.license", "digest": format!("sha256:{}", "0".repeat(64)) },
        { "mediaType": "application/vnd.ollama.image.model", "digest": format!("sha256:{HASH}") },
    ]});
    let manifests = ".ollama/models/manifests/registry.ollama.ai/library";
    put(&at(&format!("{manifests}/tiny/1b")), manifest.to_string().as_bytes());
    let escaping = manifest.to_string().replace(HASH, "../../../../etc/passwd");
    put(&at(&format!("{manifests}/evil/latest")), escaping.as_bytes());
    put(&at(&format!("{manifests}/noise/latest")), b"[[[");

    let snapshot = at(".cache/huggingface/hub/models--lab--tiny-base/snapshots/0123");
    fs::create_dir_all(&snapshot).unwrap();
    Folder::llama().write(&snapshot);
    put(&at("jan/models/tiny-jan/model.gguf"), &gguf);
    home
}

fn surroundings(home: &Path) -> Surroundings {
    Surroundings { home: Some(home.to_owned()), ..Surroundings::default() }
}

fn found(home: &Path, models: &Path) -> Vec<FoundModel> {
    find(&surroundings(home), models)
}

#[tokio::test]
async fn each_is_found_inspected_and_linked() {
    let (home, models) = (home(), tempfile::tempdir().unwrap());
    let list = found(home.path(), models.path());
    let names: Vec<_> = list.iter().map(|model| (model.application, model.name.as_str())).collect();
    assert_eq!(
        names,
        [
            (Application::LmStudio, "broken.gguf"),
            (Application::LmStudio, "tiny-Q4_0.gguf"),
            (Application::Ollama, "tiny-1b.gguf"),
            (Application::HuggingFace, "tiny-base"),
            (Application::Jan, "tiny-jan.gguf"),
        ]
    );
    assert!(list[0].problem.as_ref().unwrap().message.contains("GGUF"));
    for model in &list[1..] {
        assert!(
            model.architecture.as_deref().is_some_and(|a| a.to_lowercase().starts_with("llama")),
            "{model:?}"
        );
    }
    assert!(list.iter().all(|model| model.size_bytes > 0 && !model.is_here));

    let opened = open(models.path()).await;
    let cancel = CancellationToken::new();
    for model in &list[1..] {
        let (path, name) = (PathBuf::from(&model.path), Some(model.name.as_str()));
        let linked =
            opened.import(&path, name, ImportMethod::Link, |_, _| {}, &cancel).await.unwrap();
        assert_eq!(linked.id, id(&model.name));
        assert!(linked.facts.is_some(), "{linked:?}");
        assert_eq!(linked.link_target.as_deref(), Some(model.path.as_str()));
        // The same again is no other.
        opened.import(&path, name, ImportMethod::Link, |_, _| {}, &cancel).await.unwrap();
    }
    let here: Vec<_> =
        found(home.path(), models.path()).iter().map(|model| model.is_here).collect();
    assert_eq!(here, [false, true, true, true, true]);
}

#[tokio::test]
async fn the_variables_of_applications_are_heeded() {
    let (home, models) = (home(), tempfile::tempdir().unwrap());
    let moved = tempfile::tempdir().unwrap();
    fs::rename(home.path().join(".ollama/models"), moved.path().join("ollama")).unwrap();
    fs::rename(home.path().join(".cache/huggingface"), moved.path().join("hf")).unwrap();
    let surroundings = Surroundings {
        ollama_models: Some(moved.path().join("ollama")),
        hf_home: Some(moved.path().join("hf")),
        ..surroundings(home.path())
    };
    let list = find(&surroundings, models.path());
    for application in [Application::Ollama, Application::HuggingFace] {
        assert!(list.iter().any(|model| model.application == application), "{application:?}");
    }
    assert_eq!(find(&Surroundings::default(), models.path()).len(), 0);
}

#[tokio::test]
async fn names_that_cannot_be_are_refused() {
    let (home, models) = (home(), tempfile::tempdir().unwrap());
    let opened = open(models.path()).await;
    let path = home.path().join(format!(".ollama/models/blobs/sha256-{HASH}"));
    for name in ["../evil.gguf", "a/b.gguf", ".hidden.gguf", ""] {
        let cancel = CancellationToken::new();
        let error = opened
            .import(&path, Some(name), ImportMethod::Link, |_, _| {}, &cancel)
            .await
            .unwrap_err();
        assert_eq!(error.details["field"], "name", "{name}");
    }
}
