//! Downloads from a hub that behaves badly: each ends in a verified model or in
//! a clear error, and nothing half is ever listed.

use crate::file::File;
use crate::fixture::{self, ids};
use crate::folder::Folder;
use crate::hub::{COMMIT, Fault, HubServer, REPOSITORY};
use nopenai_domain::{Code, Error};
use nopenai_models::{Download, DownloadState, Downloads, Hub, Model, Patience, Registry};
use nopenai_secrets::{Given, Secrets};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

const FILE: &str = "tiny-Q4_0.gguf";

const QUICK: Patience =
    Patience { idle: Duration::from_millis(400), pause: Duration::from_millis(5), attempts: 3 };

pub fn sha256(content: &[u8]) -> String {
    format!("{:x}", Sha256::digest(content))
}

/// A hub with one model, and an application that has none yet.
struct Scene {
    hub: HubServer,
    models: TempDir,
    _data: TempDir,
    registry: Registry,
    downloads: Downloads,
    content: Vec<u8>,
}

/// A GGUF file with so many bytes that it comes in many pieces.
fn content() -> Vec<u8> {
    let mut content = File::llama().bytes();
    content.resize(content.len() + 300_000, 1);
    content
}

fn hub_client(address: &str, token: Option<&'static str>) -> Hub {
    let variable = move |name: &str| token.filter(|_| name == "HF_TOKEN").map(str::to_owned);
    let given = Given { folder: None, variable: Arc::new(variable) };
    Hub::new(Some(address), Secrets::new(given, "nopenai-test"), QUICK)
}

impl Scene {
    async fn new() -> Self {
        Self::with_token(None).await
    }

    async fn with_token(token: Option<&'static str>) -> Self {
        let (hub, models) = (HubServer::start().await, tempfile::tempdir().unwrap());
        let content = content();
        hub.add(FILE, content.clone(), &sha256(&content));
        let (store, data) = fixture::store();
        let registry = Registry::open(models.path(), store).await.unwrap();
        let downloads = Downloads::open(registry.clone(), hub_client(hub.address(), token));
        Self { hub, models, _data: data, registry, downloads, content }
    }

    async fn fetch(&self) -> Result<Model, Error> {
        let added = self.downloads.add(REPOSITORY, None, Some(FILE)).await?;
        assert_eq!(added.state, DownloadState::Paused);
        self.run().await
    }

    async fn run(&self) -> Result<Model, Error> {
        self.downloads.run(FILE, |_, _| {}, &CancellationToken::new()).await
    }

    /// The model is whole, and nothing else is left.
    fn is_whole(&self) {
        assert_eq!(fs::read(self.models.path().join(FILE)).unwrap(), self.content);
        assert_eq!(names(self.models.path()), [FILE]);
        assert_eq!(self.downloads.list(), []);
    }

    /// Nothing is listed as a model, and the download is kept with its reason.
    fn is_failed(&self) -> Download {
        assert_eq!(ids(&self.registry.list()), [] as [&str; 0]);
        assert!(!self.models.path().join(FILE).exists());
        let [download] = &self.downloads.list()[..] else { panic!("one download is listed") };
        assert_eq!(download.state, DownloadState::Failed);
        assert!(download.problem.is_some());
        download.clone()
    }

    fn part(&self) -> PathBuf {
        self.models.path().join(format!(".{FILE}.download/files/{FILE}.part"))
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_model_comes_whole_verified_and_pinned() {
    let scene = Scene::new().await;
    let repository = scene.downloads.repository(REPOSITORY, None).await.unwrap();
    assert_eq!(repository.revision, COMMIT);
    assert_eq!(repository.licence.as_deref(), Some("apache-2.0"));
    let [offer] = &repository.offers[..] else { panic!("{repository:?}") };
    assert_eq!(offer.sha256.as_deref(), Some(sha256(&scene.content).as_str()));
    assert_eq!((offer.size_bytes, offer.is_here), (scene.content.len() as u64, false));

    let mut told = Vec::new();
    scene.downloads.add(REPOSITORY, Some(COMMIT), Some("*q4_0.gguf")).await.unwrap();
    let stop = CancellationToken::new();
    let model =
        scene.downloads.run(FILE, |done, total| told.push((done, total)), &stop).await.unwrap();
    assert_eq!(model.id.0, FILE);
    assert!(model.facts.is_some(), "{model:?}");
    let total = scene.content.len() as u64;
    assert_eq!((told.first(), told.last()), (Some(&(0, total)), Some(&(total, total))));
    assert!(told.is_sorted(), "{told:?}");
    scene.is_whole();
    let asked = scene.hub.asked();
    assert!(asked.iter().all(|asked| asked.path.contains(COMMIT)), "{asked:?}");

    // It is not fetched twice.
    let error = scene.fetch().await.unwrap_err();
    assert_eq!(error.code, Code::AlreadyExists);
    assert!(scene.downloads.repository(REPOSITORY, None).await.unwrap().offers[0].is_here);
}

#[tokio::test]
async fn a_connection_that_is_cut_anywhere_is_gone_on_from() {
    let size = content().len();
    for at in [1, 2, 999, 65_536, size / 2, size - 1] {
        let scene = Scene::new().await;
        scene.hub.faults([Fault::Cut(at), Fault::Cut(1), Fault::Cut(0)]);
        scene.fetch().await.unwrap_or_else(|error| panic!("cut at {at}: {error}"));
        scene.is_whole();
        let ranges: Vec<_> = scene
            .hub
            .asked()
            .iter()
            .map(|asked| asked.header("range").map(str::to_owned))
            .collect();
        assert_eq!(ranges[0], None);
        assert_eq!(ranges[1].as_deref(), Some(format!("bytes={at}-").as_str()));
        assert_eq!(scene.hub.asked()[1].header("if-range"), Some(format!("\"{size}\"").as_str()));
    }
}

#[tokio::test]
async fn a_connection_that_is_always_cut_at_the_same_place_ends() {
    let scene = Scene::new().await;
    scene.hub.faults((0..50).map(|_| Fault::Cut(0)));
    let error = scene.fetch().await.unwrap_err();
    assert_eq!(error.code, Code::Offline, "{error}");
    assert_eq!(scene.hub.asked().len(), 3);
    scene.is_failed();

    // A person resumes it later.
    scene.hub.faults([]);
    scene.run().await.unwrap();
    scene.is_whole();
}

#[tokio::test]
async fn a_hub_without_ranges_starts_anew_and_ends() {
    let scene = Scene::new().await;
    scene.hub.faults([Fault::Cut(5000), Fault::IgnoreRange]);
    scene.fetch().await.unwrap();
    scene.is_whole();
}

#[tokio::test]
async fn lies_about_the_length_are_told() {
    let size = content().len();
    for (stated, attempts) in [(size + 1, 1), (size - 1, 1), (0, 1)] {
        let scene = Scene::new().await;
        scene.hub.faults((0..9).map(|_| Fault::StateLength(stated)));
        let error = scene.fetch().await.unwrap_err();
        assert_eq!(error.code, Code::FileUnavailable, "{stated}: {error}");
        assert!(error.message.contains(&size.to_string()), "{error}");
        assert_eq!(scene.hub.asked().len(), attempts);
        scene.is_failed();
    }
    let scene = Scene::new().await;
    scene.hub.faults([Fault::SendMore(10)]);
    let error = scene.fetch().await.unwrap_err();
    assert!(error.message.contains("more"), "{error}");
    assert_eq!(scene.is_failed().done_bytes, 0, "what is of no use is thrown away");
}

#[tokio::test]
async fn content_that_changes_between_attempts_is_noticed() {
    let scene = Scene::new().await;
    let mut other = scene.content.clone();
    other[1000] ^= 1;
    scene.hub.faults([Fault::Cut(2000), Fault::Change(other)]);
    let error = scene.fetch().await.unwrap_err();
    assert!(error.message.contains("checksum"), "{error}");
    let asked = scene.hub.asked();
    assert_eq!(asked[1].header("range"), Some("bytes=2000-"));
    assert_eq!(asked.last().unwrap().header("range"), None, "it began anew");
    assert_eq!(scene.is_failed().done_bytes, 0);
}

#[tokio::test]
async fn pieces_that_do_not_belong_together_are_fetched_anew() {
    let scene = Scene::new().await;
    scene.downloads.add(REPOSITORY, None, Some(FILE)).await.unwrap();
    // Of another content, and without a validator to ask by.
    fs::write(scene.part(), vec![9; 5000]).unwrap();
    scene.run().await.unwrap();
    scene.is_whole();
    let ranges: Vec<_> =
        scene.hub.asked().iter().map(|asked| asked.header("range").map(str::to_owned)).collect();
    assert_eq!(ranges, [Some("bytes=5000-".to_owned()), None]);
}

#[tokio::test]
async fn what_is_not_what_the_listing_states_is_thrown_away() {
    let scene = Scene::new().await;
    scene.hub.add(FILE, scene.content.clone(), &sha256(b"something else"));
    let error = scene.fetch().await.unwrap_err();
    assert_eq!(error.code, Code::FileUnavailable);
    assert!(error.message.contains("checksum"), "{error}");
    assert_eq!(scene.is_failed().done_bytes, 0);
    assert!(!scene.part().exists());
}

#[tokio::test]
async fn redirects_are_followed_only_within_the_hub() {
    let elsewhere = HubServer::start().await;
    for (target, part) in [
        (format!("{}/x", elsewhere.address()), "another port"),
        ("http://example.com/x".to_owned(), "another host"),
        ("https://hf.co.evil.example/x".to_owned(), "another host"),
        ("http://cdn-lfs.hf.co/x".to_owned(), "unencrypted"),
        ("file:///etc/passwd".to_owned(), "another host"),
    ] {
        let scene = Scene::with_token(Some("hf_good")).await;
        scene.hub.faults([Fault::Redirect(target.clone())]);
        let error = scene.fetch().await.unwrap_err();
        assert!(error.message.contains(part), "{target}: {error}");
        scene.is_failed();
    }
    assert_eq!(elsewhere.all_asked().len(), 0, "nothing went there, and no token");

    let scene = Scene::new().await;
    let there = format!("/{REPOSITORY}/resolve/main/{FILE}?again");
    scene.hub.faults([Fault::Redirect(there.clone()), Fault::Redirect(there.clone())]);
    scene.fetch().await.unwrap();
    scene.is_whole();

    let scene = Scene::new().await;
    scene.hub.faults((0..20).map(|_| Fault::Redirect(there.clone())));
    let error = scene.fetch().await.unwrap_err();
    assert!(error.message.contains("more than 5 times"), "{error}");
    assert_eq!(scene.hub.asked().len(), 6);
    scene.is_failed();
}

#[tokio::test]
async fn a_slow_drip_ends_and_silence_is_tried_again() {
    let scene = Scene::new().await;
    let pause = Duration::from_millis(100);
    scene.hub.faults([Fault::Drip(60_000, pause)]);
    scene.fetch().await.unwrap();
    scene.is_whole();

    let scene = Scene::new().await;
    scene.hub.faults([Fault::Cut(100), Fault::Silence(Duration::from_secs(5))]);
    let start = Instant::now();
    scene.fetch().await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(4), "silence is not waited out");
    scene.is_whole();
}

#[tokio::test]
async fn a_hub_that_is_busy_is_waited_for_as_it_asks() {
    let scene = Scene::new().await;
    scene.hub.faults([Fault::Status(429, "Retry-After: 1\r\n"), Fault::Status(503, "")]);
    let start = Instant::now();
    scene.fetch().await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1));
    scene.is_whole();

    let scene = Scene::new().await;
    scene.hub.faults([Fault::Status(429, "Retry-After: 86400\r\n")]);
    let error = scene.fetch().await.unwrap_err();
    assert_eq!(error.code, Code::Offline);
    assert!(error.message.contains("86400"), "{error}");
    scene.is_failed();
}

#[tokio::test]
async fn refusals_are_told_in_words() {
    for (status, headers, code, part) in [
        (401, "", Code::AccessDenied, "give a token"),
        (401, "X-Error-Code: GatedRepo\r\n", Code::AccessDenied, "licence"),
        (403, "X-Error-Code: GatedRepo\r\n", Code::AccessDenied, "licence"),
        (403, "X-Error-Message: Not for you\r\n", Code::AccessDenied, "Not for you"),
        (404, "", Code::NotFound, "does not have"),
        (418, "", Code::FileUnavailable, "418"),
    ] {
        let scene = Scene::new().await;
        scene.hub.faults([Fault::Status(status, headers)]);
        let error = scene.fetch().await.unwrap_err();
        assert_eq!(error.code, code, "{status}: {error}");
        assert!(error.message.contains(part), "{status}: {error}");
        assert_eq!(scene.hub.asked().len(), 1, "it is not tried again");
        scene.is_failed();
    }
}

#[tokio::test]
async fn a_gated_model_takes_a_token() {
    let scene = Scene::new().await;
    scene.hub.gate();
    assert!(scene.downloads.repository(REPOSITORY, None).await.unwrap().gated);
    let error = scene.fetch().await.unwrap_err();
    assert_eq!(error.code, Code::AccessDenied);
    assert!(error.message.contains("token"), "{error}");

    let scene = Scene::with_token(Some("hf_bad")).await;
    scene.hub.gate();
    let error = scene.fetch().await.unwrap_err();
    assert!(error.message.contains("licence"), "{error}");
    assert!(!error.message.contains("hf_bad"));

    let scene = Scene::with_token(Some("hf_good")).await;
    scene.hub.gate();
    scene.fetch().await.unwrap();
    scene.is_whole();
}

#[tokio::test]
async fn a_hub_that_is_not_there_is_told() {
    let scene = Scene::new().await;
    let models = tempfile::tempdir().unwrap();
    let (store, _data) = fixture::store();
    let registry = Registry::open(models.path(), store).await.unwrap();
    let gone = hub_client("http://127.0.0.1:9", None);
    let downloads = Downloads::open(registry.clone(), gone.clone());
    for error in [
        downloads.add(REPOSITORY, None, Some(FILE)).await.unwrap_err(),
        gone.search("tiny", Default::default()).await.unwrap_err(),
    ] {
        assert_eq!(error.code, Code::Offline);
        assert!(error.message.contains("127.0.0.1"), "{error}");
    }
    let refused = hub_client("http://hub.example", None);
    let error = refused.search("tiny", Default::default()).await.unwrap_err();
    assert_eq!(error.code, Code::InvalidInput);
    assert!(error.message.contains("HF_ENDPOINT"), "{error}");

    let error = scene.downloads.add("no/such", None, None).await.unwrap_err();
    assert_eq!(error.code, Code::NotFound);
    let error = scene.downloads.add(REPOSITORY, None, Some("other.gguf")).await.unwrap_err();
    assert!(error.message.contains("other.gguf"), "{error}");
    for bad in ["", "a", "../../x", "a/b/c", "a/b?x=/"] {
        let error = scene.downloads.add(bad, None, None).await.unwrap_err();
        assert_eq!(error.code, Code::InvalidInput, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_rests_goes_on_and_is_cancelled() {
    let scene = Scene::new().await;
    let slow = || Fault::Drip(5_000, Duration::from_millis(50));
    scene.hub.faults([slow()]);
    scene.downloads.add(REPOSITORY, None, Some(FILE)).await.unwrap();
    let downloads = scene.downloads.clone();
    let running =
        tokio::spawn(
            async move { downloads.run(FILE, |_, _| {}, &CancellationToken::new()).await },
        );
    let mut list = scene.downloads.subscribe();
    list.wait_for(|list| list.iter().any(|download| download.done_bytes > 0)).await.unwrap();
    assert_eq!(scene.run().await.unwrap_err().code, Code::Busy);
    scene.downloads.pause(FILE).await.unwrap();
    assert_eq!(running.await.unwrap().unwrap_err().code, Code::Cancelled);
    let [rests] = &scene.downloads.list()[..] else { panic!("it is listed") };
    assert_eq!((rests.state, rests.problem.as_ref()), (DownloadState::Paused, None));
    assert_eq!(rests.done_bytes, fs::metadata(scene.part()).unwrap().len());
    assert!(rests.done_bytes > 0 && rests.done_bytes < rests.total_bytes);
    assert_eq!(ids(&scene.registry.list()), [] as [&str; 0]);

    scene.run().await.unwrap();
    let range = format!("bytes={}-", rests.done_bytes);
    assert_eq!(scene.hub.asked().last().unwrap().header("range"), Some(range.as_str()));
    scene.is_whole();

    let scene = Scene::new().await;
    scene.hub.faults([slow()]);
    scene.downloads.add(REPOSITORY, None, Some(FILE)).await.unwrap();
    let downloads = scene.downloads.clone();
    let running =
        tokio::spawn(
            async move { downloads.run(FILE, |_, _| {}, &CancellationToken::new()).await },
        );
    let mut list = scene.downloads.subscribe();
    list.wait_for(|list| list.iter().any(|download| download.done_bytes > 0)).await.unwrap();
    scene.downloads.remove(FILE).await.unwrap();
    assert_eq!(running.await.unwrap().unwrap_err().code, Code::Cancelled);
    assert_eq!(names(scene.models.path()), [] as [&str; 0], "nothing is left");
    assert_eq!(scene.downloads.remove(FILE).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn a_folder_of_safetensors_comes_as_one() {
    let scene = Scene::new().await;
    let source = tempfile::tempdir().unwrap();
    Folder::llama().write(source.path());
    for name in names(source.path()) {
        let content = fs::read(source.path().join(&name)).unwrap();
        if name.ends_with("safetensors") {
            scene.hub.add(&name, content.clone(), &sha256(&content));
        } else {
            scene.hub.add_small(&name, content.clone(), &git(&content));
        }
    }
    scene.hub.add("pytorch_model.bin", vec![0; 10], &sha256(&[0; 10]));
    let repository = scene.downloads.repository(REPOSITORY, None).await.unwrap();
    assert_eq!(repository.left_out, 1, "the pickle");
    scene.hub.faults([Fault::None, Fault::Cut(3)]);
    let added = scene.downloads.add(REPOSITORY, None, None).await.unwrap();
    assert_eq!(added.name, "tiny-GGUF");
    let stop = CancellationToken::new();
    let model = scene.downloads.run(&added.name, |_, _| {}, &stop).await.unwrap();
    assert!(model.facts.is_some(), "{model:?}");
    let folder = scene.models.path().join("tiny-GGUF");
    assert_eq!(names(&folder), names(source.path()));
    for name in names(&folder) {
        assert_eq!(
            fs::read(folder.join(&name)).unwrap(),
            fs::read(source.path().join(&name)).unwrap()
        );
    }
    assert_eq!(names(scene.models.path()), ["tiny-GGUF"]);
}

/// As `git hash-object` computes it.
fn git(content: &[u8]) -> String {
    use sha1::Sha1;
    let mut hash = Sha1::new();
    hash.update(format!("blob {}\0", content.len()));
    hash.update(content);
    format!("{:x}", hash.finalize())
}

#[tokio::test]
async fn a_plan_that_leads_out_of_its_folder_is_left_alone() {
    let scene = Scene::new().await;
    scene.downloads.add(REPOSITORY, None, Some(FILE)).await.unwrap();
    let plan = scene.models.path().join(format!(".{FILE}.download/plan.json"));
    let text = fs::read_to_string(&plan).unwrap();
    let reopen = || Downloads::open(scene.registry.clone(), hub_client(scene.hub.address(), None));
    assert_eq!(reopen().list().len(), 1);
    for (from, to) in
        [(FILE, "../evil.gguf"), (REPOSITORY, "../../x"), (COMMIT, "../.."), ("{", "[")]
    {
        fs::write(&plan, text.replace(from, to)).unwrap();
        assert_eq!(reopen().list(), [], "{to}");
    }
}
