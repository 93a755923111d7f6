//! A process that is killed while it downloads, and a disk that is full.

use crate::download::sha256;
use crate::file::File;
use crate::fixture::{self, ids};
use crate::hub::{Fault, HubServer, REPOSITORY};
use nopenai_domain::Code;
use nopenai_models::{DownloadState, Downloads, Hub, Patience, Registry};
use nopenai_secrets::{Given, Secrets};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const FILE: &str = "tiny.gguf";
/// Name the models folder and the hub to the process that is to be killed.
const MODELS: &str = "NOPENAI_TEST_MODELS";
const HUB: &str = "NOPENAI_TEST_HUB";

async fn open(models: &Path, hub: &str) -> (Registry, Downloads, tempfile::TempDir) {
    let (store, data) = fixture::store();
    let registry = Registry::open(models, store).await.unwrap();
    let secrets = Secrets::new(Given::nothing(), "nopenai-test");
    let downloads =
        Downloads::open(registry.clone(), Hub::new(Some(hub), secrets, Patience::default()));
    (registry, downloads, data)
}

async fn run(downloads: &Downloads) -> nopenai_domain::Result<nopenai_models::Model> {
    downloads.run(FILE, |_, _| {}, &CancellationToken::new()).await
}

/// Downloads until it is killed. Without a hub it is named to no one and ends
/// at once.
#[tokio::test]
async fn downloads_until_it_is_killed() {
    let (Some(models), Ok(hub)) = (env::var_os(MODELS), env::var(HUB)) else { return };
    let (_registry, downloads, _data) = open(Path::new(&models), &hub).await;
    if downloads.list().is_empty() {
        downloads.add(REPOSITORY, None, Some(FILE)).await.unwrap();
    }
    run(&downloads).await.unwrap();
}

fn start(models: &Path, hub: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "download_kill::downloads_until_it_is_killed"])
        .env(MODELS, models)
        .env(HUB, hub)
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_it_is_listed_as_paused_and_goes_on() {
    let (hub, models) = (HubServer::start().await, tempfile::tempdir().unwrap());
    let mut content = File::llama().bytes();
    content.resize(content.len() + 4_000_000, 1);
    hub.add(FILE, content.clone(), &sha256(&content));
    let part = models.path().join(format!(".{FILE}.download/files/{FILE}.part"));
    let mut arrived = 0;
    for _ in 0..3 {
        hub.faults([Fault::Drip(20_000, Duration::from_millis(10))]);
        let mut child = start(models.path(), hub.address());
        let began = Instant::now();
        let reached = |bytes| fs::metadata(&part).is_ok_and(|part| part.len() > bytes);
        while !reached(arrived + 100_000) {
            assert!(began.elapsed() < Duration::from_secs(30), "nothing more arrives");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let (registry, downloads, _data) = open(models.path(), hub.address()).await;
        let [listed] = &downloads.list()[..] else { panic!("it is listed") };
        assert_eq!(listed.state, DownloadState::Paused);
        assert!(listed.done_bytes > arrived, "what had arrived is kept");
        assert_eq!(ids(&registry.list()), [] as [&str; 0], "nothing half is a model");
        arrived = listed.done_bytes;
    }
    let (_registry, downloads, _data) = open(models.path(), hub.address()).await;
    let model = run(&downloads).await.unwrap();
    assert!(model.facts.is_some());
    assert_eq!(fs::read(models.path().join(FILE)).unwrap(), content);
    assert_eq!(
        hub.asked().last().unwrap().header("range"),
        Some(format!("bytes={arrived}-").as_str())
    );
    assert_eq!(downloads.list(), []);
}

const DISK: &str = "NOPENAI_TEST_DISK";

/// The small disk, inside; outside, runs `test` inside and returns nothing.
#[cfg(target_os = "linux")]
fn small_disk(test: &str) -> Option<PathBuf> {
    if let Some(disk) = env::var_os(DISK) {
        return Some(disk.into());
    }
    let folder = tempfile::tempdir().unwrap();
    let inside = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c"])
        .arg(r#"mount -t tmpfs -o size=2m small "$NOPENAI_TEST_DISK" && exec "$0" "$@""#)
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(DISK, folder.path())
        .status()
        .unwrap();
    assert!(inside.success(), "inside the small disk: {inside}");
    None
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_gone_on_from() {
    let test = "download_kill::a_full_disk_is_told_and_gone_on_from";
    let Some(disk) = small_disk(test) else { return };
    let filler = disk.join("filler");
    fs::write(&filler, vec![0; 1_000_000]).unwrap();
    let hub = HubServer::start().await;
    let mut content = File::llama().bytes();
    content.resize(content.len() + 1_500_000, 1);
    hub.add(FILE, content.clone(), &sha256(&content));
    let (registry, downloads, _data) = open(&disk, hub.address()).await;
    downloads.add(REPOSITORY, None, Some(FILE)).await.unwrap();
    let error = run(&downloads).await.unwrap_err();
    assert_eq!(error.code, Code::FileUnavailable, "{error}");
    assert!(error.message.contains("full"), "{error}");
    let [failed] = &downloads.list()[..] else { panic!("it is listed") };
    assert_eq!(failed.state, DownloadState::Failed);
    assert!(failed.done_bytes > 0, "{failed:?}");
    assert_eq!(ids(&registry.list()), [] as [&str; 0]);

    fs::remove_file(filler).unwrap();
    run(&downloads).await.unwrap();
    assert_eq!(fs::read(disk.join(FILE)).unwrap(), content);
    let range = format!("bytes={}-", failed.done_bytes);
    assert_eq!(hub.asked().last().unwrap().header("range"), Some(range.as_str()));
}

#[tokio::test]
async fn what_is_larger_than_the_disk_is_refused_before_it_begins() {
    let (hub, models) = (HubServer::start().await, tempfile::tempdir().unwrap());
    hub.add_vast(FILE, 1 << 42, &sha256(b""));
    let (_registry, downloads, _data) = open(models.path(), hub.address()).await;
    let error = downloads.add(REPOSITORY, None, Some(FILE)).await.unwrap_err();
    assert_eq!(error.code, Code::FileUnavailable);
    assert_eq!(error.details["needed"], 1_u64 << 42);
    assert!(error.message.contains("GB"), "{error}");
    assert_eq!(fs::read_dir(models.path()).unwrap().count(), 0);
}
