use crate::file::{File, Value};
use crate::fixture::{id, ids, open, put, store, until};
use nopenai_domain::Code;
use nopenai_models::{ModelList, Registry};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

fn problem(list: &ModelList) -> Option<Code> {
    list.problem.as_ref().map(|problem| problem.code)
}

#[tokio::test]
async fn a_folder_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("a/b/c/d")).unwrap();
    fs::create_dir_all(root.join(".cache")).unwrap();
    put(root, "one.gguf");
    put(root, "TWO.GGUF");
    put(root, "a/b/c/deep.gguf");
    put(root, "a/b/c/d/deeper.gguf");
    put(root, ".hidden.gguf");
    put(root, ".cache/hidden.gguf");
    put(root, "readme.txt");
    put(root, "weights.bin");
    put(root, "big-00002-of-00003.gguf");
    put(root, "whole-00001-of-00001.gguf");
    fs::write(root.join("page.gguf"), "<html>").unwrap();
    fs::create_dir(root.join("folder.gguf")).unwrap();

    let list = open(root).await.list();
    assert_eq!(list.folder, root.to_str().unwrap());
    assert_eq!(list.problem, None);
    assert_eq!(
        ids(&list),
        [
            "TWO.GGUF",
            "a/b/c/deep.gguf",
            "big-00002-of-00003.gguf",
            "one.gguf",
            "page.gguf",
            "weights.bin",
            "whole-00001-of-00001.gguf",
        ]
    );
    let says = |id: &str| {
        let mut models = list.models.iter();
        let model = models.find(|model| model.id.0 == id).unwrap();
        assert!(model.facts.is_some() != model.problem.is_some());
        model.problem.as_ref().map(|problem| problem.message.clone())
    };
    for id in ["one.gguf", "TWO.GGUF", "a/b/c/deep.gguf", "whole-00001-of-00001.gguf"] {
        assert_eq!(says(id), None);
    }
    assert!(says("weights.bin").unwrap().contains("pickles"));
    assert!(says("big-00002-of-00003.gguf").unwrap().contains("part 2 of 3"));
    assert!(says("page.gguf").unwrap().contains("not a GGUF file"));

    let deep = &list.models[1];
    assert_eq!((deep.name.as_str(), deep.file.as_str()), ("deep", "deep.gguf"));
    assert_eq!(deep.size_bytes, File::llama().bytes().len() as u64);
    assert!(deep.modified_at.0 > 0);
}

#[cfg(unix)]
#[tokio::test]
async fn links_to_files_are_followed_and_links_to_folders_are_not() {
    use std::os::unix::fs::symlink;
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = folder.path();
    put(elsewhere.path(), "blob");
    symlink(elsewhere.path().join("blob"), root.join("linked.gguf")).unwrap();
    symlink(root, root.join("loop")).unwrap();
    symlink("nowhere", root.join("dangling.gguf")).unwrap();
    symlink("/dev/zero", root.join("endless.gguf")).unwrap();

    let registry = open(root).await;
    let list = registry.list();
    assert_eq!(ids(&list), ["dangling.gguf", "linked.gguf"]);
    let dangling = list.models[0].problem.as_ref().unwrap();
    assert!(dangling.message.contains("nowhere, which does not exist"), "{}", dangling.message);
    let target = elsewhere.path().join("blob");
    assert_eq!(list.models[1].link_target.as_deref(), target.to_str());
    assert!(registry.path(&id("linked.gguf")).is_ok());
}

#[tokio::test]
async fn models_of_the_same_name_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "x.Q4_0.gguf");
    put(folder.path(), "x.Q8_0.gguf");
    put(folder.path(), "y.gguf");
    let list = open(folder.path()).await.list();
    let names: Vec<_> = list.models.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["x.Q4_0.gguf", "x.Q8_0.gguf", "y"]);
}

#[tokio::test]
async fn only_what_passed_has_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("models");
    fs::create_dir_all(root.join("sub")).unwrap();
    put(folder.path(), "outside.gguf");
    put(&root, "sub/good.gguf");
    fs::write(root.join("bad.gguf"), "x").unwrap();
    let registry = open(&root).await;

    let good = id("sub/good.gguf");
    assert_eq!(registry.path(&good).unwrap(), root.join("sub").join("good.gguf"));
    assert_eq!(registry.get(&good).unwrap().name, "good");
    assert!(registry.get(&id("bad.gguf")).unwrap().problem.is_some());
    let code = |name: &str| registry.path(&id(name)).unwrap_err().code;
    assert_eq!(code("bad.gguf"), Code::UnsupportedModel);
    let outside = folder.path().join("outside.gguf");
    for name in ["../outside.gguf", "sub/../../outside.gguf", "", ".", "/", "none.gguf"] {
        assert_eq!(code(name), Code::NotFound, "{name}");
    }
    assert_eq!(code(outside.to_str().unwrap()), Code::NotFound);

    // Changed since it was inspected, and then gone.
    fs::write(root.join("sub/good.gguf"), "x").unwrap();
    assert_eq!(code("sub/good.gguf"), Code::UnsupportedModel);
    fs::remove_file(root.join("sub/good.gguf")).unwrap();
    assert_eq!(code("sub/good.gguf"), Code::NotFound);
}

#[tokio::test]
async fn files_that_come_go_and_move_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let registry = open(root).await;
    let mut list = registry.subscribe();
    assert!(list.borrow().models.is_empty());

    put(root, "a.gguf");
    until(&mut list, "added", |list| ids(list) == ["a.gguf"]).await;
    fs::rename(root.join("a.gguf"), root.join("b.gguf")).unwrap();
    until(&mut list, "renamed", |list| ids(list) == ["b.gguf"]).await;
    fs::create_dir_all(root.join("new/er")).unwrap();
    put(root, "new/er/c.gguf");
    until(&mut list, "in new folders", |list| ids(list) == ["b.gguf", "new/er/c.gguf"]).await;
    put(root, "new/er/d.gguf");
    until(&mut list, "in a known folder", |list| list.models.len() == 3).await;
    fs::remove_dir_all(root.join("new")).unwrap();
    until(&mut list, "folders removed", |list| ids(list) == ["b.gguf"]).await;
    fs::remove_file(root.join("b.gguf")).unwrap();
    until(&mut list, "removed", |list| list.models.is_empty()).await;
}

#[tokio::test]
async fn a_file_being_copied_heals() {
    let folder = tempfile::tempdir().unwrap();
    let registry = open(folder.path()).await;
    let mut list = registry.subscribe();
    let bytes = File::llama().bytes();
    let mut file = fs::File::create(folder.path().join("a.gguf")).unwrap();
    file.write_all(&bytes[..bytes.len() / 2]).unwrap();

    let half = until(&mut list, "half", |list| !list.models.is_empty()).await;
    let problem = half.models[0].problem.clone().expect("half a file");
    assert!(problem.message.contains("still being copied"), "{}", problem.message);
    assert!(problem.details.contains_key("missing_bytes"));
    file.write_all(&bytes[bytes.len() / 2..]).unwrap();
    drop(file);
    until(&mut list, "whole", |list| list.models[0].facts.is_some()).await;
    assert!(registry.path(&id("a.gguf")).is_ok());
}

#[tokio::test]
async fn other_contents_of_the_same_size_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "a.gguf");
    let registry = open(folder.path()).await;
    let mut list = registry.subscribe();
    let mut other = File::llama();
    other.set("llama.context_length", Value::U32(256));
    fs::write(folder.path().join("a.gguf"), other.bytes()).unwrap();
    until(&mut list, "replaced", |list| {
        let facts = list.models.first().and_then(|model| model.facts.as_ref());
        facts.and_then(|facts| facts.context_length) == Some(256)
    })
    .await;
}

#[tokio::test]
async fn a_folder_may_go_and_come_back() {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("models");
    let registry = open(&root).await;
    let mut list = registry.subscribe();
    assert_eq!(problem(&registry.list()), Some(Code::FolderUnavailable));
    let error = registry.get(&id("a.gguf")).unwrap_err();
    assert_eq!(error.code, Code::FolderUnavailable);
    assert!(error.message.contains("does not exist"), "{}", error.message);

    for _ in 0..2 {
        fs::create_dir(&root).unwrap();
        put(&root, "a.gguf");
        until(&mut list, "appeared", |list| ids(list) == ["a.gguf"] && list.problem.is_none())
            .await;
        put(&root, "b.gguf");
        until(&mut list, "watched again", |list| list.models.len() == 2).await;
        fs::remove_dir_all(&root).unwrap();
        until(&mut list, "gone", |list| {
            list.models.is_empty() && problem(list) == Some(Code::FolderUnavailable)
        })
        .await;
    }
}

#[tokio::test]
async fn a_folder_replaced_at_once_is_watched_on() {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("models");
    fs::create_dir(&root).unwrap();
    put(&root, "a.gguf");
    let registry = open(&root).await;
    let mut list = registry.subscribe();
    fs::rename(&root, parent.path().join("old")).unwrap();
    fs::create_dir(&root).unwrap();
    put(&root, "b.gguf");
    until(&mut list, "replaced", |list| ids(list) == ["b.gguf"]).await;
    put(&root, "c.gguf");
    until(&mut list, "watched on", |list| ids(list) == ["b.gguf", "c.gguf"]).await;
}

#[tokio::test]
async fn a_file_in_the_folders_place_is_said() {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("models");
    fs::write(&root, "x").unwrap();
    let registry = open(&root).await;
    let error = registry.list().problem.expect("no folder");
    assert_eq!(error.code, Code::FolderUnavailable);
    assert!(error.message.contains("is not a folder"), "{}", error.message);
    fs::remove_file(&root).unwrap();
    fs::create_dir(&root).unwrap();
    let mut list = registry.subscribe();
    until(&mut list, "a folder now", |list| list.problem.is_none()).await;
}

/// Runs as nobody where the tests run as root, whom no permission stops. Linux
/// gives each thread its own rights, and threads begun here inherit them.
#[cfg(target_os = "linux")]
fn without_rights<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    use rustix::process::{Gid, Uid, geteuid};
    let run = move || {
        if geteuid().is_root() {
            let (user, group) = (Uid::from_raw(65_534), Gid::from_raw(65_534));
            rustix::thread::set_thread_res_gid(group, group, group).unwrap();
            rustix::thread::set_thread_res_uid(user, user, user).unwrap();
        }
        work()
    };
    std::thread::spawn(run).join().unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_may_not_be_read_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("models");
    fs::create_dir(&root).unwrap();
    put(&root, "secret.gguf");
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode));
    allow(parent.path(), 0o755).unwrap();
    allow(&root.join("secret.gguf"), 0o000).unwrap();
    allow(&root, 0o000).unwrap();

    let folder = root.clone();
    let (store, _data) = store();
    let opened = move || futures::executor::block_on(Registry::open(folder, store)).unwrap();
    let runtime = tokio::runtime::Handle::current();
    let registry = without_rights(move || {
        let _within = runtime.enter();
        opened()
    });
    let error = registry.list().problem.expect("not readable");
    assert_eq!(error.code, Code::FolderUnavailable);
    assert!(error.message.contains("may not be read"), "{}", error.message);

    let mut list = registry.subscribe();
    allow(&root, 0o755).unwrap();
    let found = until(&mut list, "folder readable", |list| list.problem.is_none()).await;
    let problem = found.models[0].problem.clone().expect("file not readable");
    assert!(problem.message.contains("cannot be read"), "{}", problem.message);
    allow(&root.join("secret.gguf"), 0o644).unwrap();
    until(&mut list, "file readable", |list| list.models[0].facts.is_some()).await;
}

#[tokio::test]
async fn the_watching_ends_with_the_last_clone() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path()).await;
    let mut list = opened.subscribe();
    let clone = opened.registry.clone();
    drop(opened);
    put(folder.path(), "a.gguf");
    until(&mut list, "watched by the clone", |list| list.models.len() == 1).await;
    drop(clone);
    let ended = tokio::time::timeout(Duration::from_secs(10), async {
        while list.changed().await.is_ok() {}
    });
    ended.await.expect("the watching ends");
}
