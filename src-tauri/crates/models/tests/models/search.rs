//! Searching a hub, and hubs that answer nonsense.

use crate::download::sha256;
use crate::fixture;
use crate::hub::{COMMIT, HubServer, REPOSITORY};
use nopenai_domain::Code;
use nopenai_models::{Downloads, Hub, HubRepository, HubSort, Patience, Registry};
use nopenai_secrets::{Given, Origin, Secrets};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn hub(address: &str) -> Hub {
    let secrets = Secrets::new(Given::nothing(), "nopenai-test");
    let patience = Patience { idle: Duration::from_secs(2), ..Patience::default() };
    Hub::new(Some(address), secrets, patience)
}

#[tokio::test]
async fn a_search_tells_what_there_is() {
    let server = HubServer::start().await;
    server.add("a.gguf", vec![1], &sha256(&[1]));
    let found = hub(server.address()).search(" tiny & small ", HubSort::Likes).await.unwrap();
    let [model] = &found[..] else { panic!("{found:?}") };
    assert_eq!(model.repository, REPOSITORY);
    assert_eq!(model.licence.as_deref(), Some("apache-2.0"));
    assert_eq!((model.downloads, model.likes, model.gated), (Some(1234), Some(5), false));
    assert_eq!(model.changed_on.as_deref(), Some("2026-03-04"));
    assert_eq!(model.architecture.as_deref(), Some("llama"));
    assert_eq!(model.parameters, Some(134_515_008));
    let asked = server.all_asked();
    assert!(asked[0].path.contains("search=tiny+%26+small&filter=gguf&sort=likes"), "{asked:?}");
    assert_eq!(asked[0].header("authorization"), None);
    let none = hub(server.address()).search("other", HubSort::default()).await.unwrap();
    assert_eq!(none, []);
    let error = hub(server.address()).search(&"x".repeat(201), HubSort::default()).await;
    assert_eq!(error.unwrap_err().code, Code::InvalidInput);
}

/// A server that answers everything with `body`.
async fn server_of(body: Vec<u8>) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&body).await;
        }
    });
    address
}

#[tokio::test]
async fn nonsense_is_told_and_bounded() {
    let sound = format!(r#"{{"sha":"{COMMIT}","siblings":[]}}"#);
    for (body, part) in [
        ("<html>Sign in to the network</html>".to_owned(), "no listing"),
        ("{}".to_owned(), "no listing"),
        ("[".repeat(200_000), "no listing"),
        (r#"{"sha":"../../etc"}"#.to_owned(), "which revision"),
        ("x".repeat(17 << 20), "too long"),
    ] {
        let error = repository(&server_of(body.into_bytes()).await).await.unwrap_err();
        assert!(error.message.contains(part), "{part}: {error}");
        assert!(error.message.len() < 400);
    }
    assert_eq!(repository(&server_of(sound.into_bytes()).await).await.unwrap().offers, []);
}

async fn repository(address: &str) -> nopenai_domain::Result<HubRepository> {
    let models = tempfile::tempdir().unwrap();
    let (store, _data) = fixture::store();
    let registry = Registry::open(models.path(), store).await.unwrap();
    Downloads::open(registry, hub(address)).repository(REPOSITORY, None).await
}

#[tokio::test]
async fn names_of_strangers_lead_nowhere() {
    let hash = sha256(b"");
    let file = |name: &str| json!({ "rfilename": name, "lfs": { "sha256": hash, "size": 1 } });
    let bad = [
        "../evil.gguf",
        "a/../../evil.gguf",
        "a\\b.gguf",
        ".hidden.gguf",
        "a\u{202e}b.gguf",
        "a:b.gguf",
        "part-00001-of-00002.gguf",
        "mmproj-a.gguf",
        "model.bin",
    ];
    let mut siblings: Vec<_> = bad.iter().map(|name| file(name)).collect();
    siblings.push(json!({ "rfilename": "no-checksum.gguf", "size": 1 }));
    siblings.push(json!({ "rfilename": "short.gguf", "lfs": { "sha256": "abc", "size": 1 } }));
    siblings.push(json!({ "rfilename": "vast.gguf", "lfs": { "sha256": hash, "size": u64::MAX } }));
    siblings.push(file("sub/good.gguf"));
    let body = json!({ "sha": COMMIT, "siblings": siblings }).to_string();
    let found = repository(&server_of(body.into_bytes()).await).await.unwrap();
    let names: Vec<_> = found.offers.iter().map(|offer| offer.name.as_str()).collect();
    assert_eq!(names, ["good.gguf"]);
    assert_eq!(found.left_out, 12);
}

#[tokio::test]
async fn a_token_is_told_of_and_never_told() {
    let given = Given {
        folder: None,
        variable: Arc::new(|name| (name == "HF_TOKEN").then(|| "hf_secret".to_owned())),
    };
    let hub = Hub::new(None, Secrets::new(given, "nopenai-test"), Patience::default());
    let access = hub.access().await.unwrap();
    assert_eq!(access.address, "https://huggingface.co");
    assert_eq!(access.token, Some(Origin::Variable { name: "HF_TOKEN".to_owned() }));
    assert!(!format!("{access:?}").contains("hf_secret"));
    let error = hub.clear_token().await.unwrap_err();
    assert!(error.message.contains("HF_TOKEN"), "{error}");
}

const PROXIED: &str = "NOPENAI_TEST_PROXIED";

/// Asks the real hub; only ever with a proxy that leads nowhere.
#[tokio::test]
async fn asks_through_a_proxy() {
    if std::env::var_os(PROXIED).is_none() {
        return;
    }
    let secrets = Secrets::new(Given::nothing(), "nopenai-test");
    let hub = Hub::new(None, secrets, Patience::default());
    let error = hub.search("tiny", HubSort::default()).await.unwrap_err();
    assert_eq!(error.code, Code::Offline, "{error}");
}

#[tokio::test]
async fn the_proxy_of_the_environment_is_used() {
    let proxy = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let mut asking = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "search::asks_through_a_proxy"])
        .envs([(PROXIED, "1"), ("HTTPS_PROXY", address.as_str()), ("NO_PROXY", "")])
        .spawn()
        .unwrap();
    let (mut stream, _) = proxy.accept().await.unwrap();
    let mut request = [0; 512];
    let read = stream.read(&mut request).await.unwrap();
    let request = String::from_utf8_lossy(&request[..read]).into_owned();
    assert!(request.starts_with("CONNECT huggingface.co:443 "), "{request}");
    stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    drop(stream);
    assert!(asking.wait().unwrap().success());
}
