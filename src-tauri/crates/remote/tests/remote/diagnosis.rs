//! The test button, and the list of models.

use crate::endpoint::{Endpoint, KEY, MODEL, Reply};
use crate::fixture::{model, remote};
use nopenai_domain::{Code, RemoteModel};
use nopenai_remote::{EndpointFinding, RemoteDiagnosis};
use nopenai_secrets::Secret;
use serde_json::{Value, json};
use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::net::TcpListener;

async fn diagnose(model: &RemoteModel, key: Option<&str>) -> RemoteDiagnosis {
    let key = key.map(|key| Secret::new(key.to_owned()));
    let diagnosis = remote(None).diagnose(model, key).await;
    assert!(!diagnosis.detail.contains("sk-"), "{diagnosis:?}");
    diagnosis
}

#[tokio::test]
async fn each_thing_that_can_be_wrong_is_told_apart() {
    let endpoint = Endpoint::start().await;
    let good = model(endpoint.address());
    let works = diagnose(&good, None).await;
    assert_eq!((works.finding, works.detail.as_str()), (EndpointFinding::Works, ""));
    assert!(works.answered_ms.is_some_and(|time| time > 0.0));

    let missing = RemoteModel { model: "gone".to_owned(), ..good.clone() };
    assert_eq!(diagnose(&missing, None).await.finding, EndpointFinding::ModelMissing);
    let astray = RemoteModel { base_url: endpoint.address().replace("/v1", "/v2"), ..good.clone() };
    assert_eq!(diagnose(&astray, None).await.finding, EndpointFinding::AddressWrong);
    for (status, finding) in [
        (403, EndpointFinding::NotAllowed),
        (429, EndpointFinding::TooMany),
        (502, EndpointFinding::ServerProblem),
        (302, EndpointFinding::Redirected),
    ] {
        endpoint.reply([Reply::status(status, &Value::Null)]);
        assert_eq!(diagnose(&good, None).await.finding, finding);
    }
    // Whoever tests wants to know, and not to wait.
    endpoint.reply([Reply::with_headers(429, "Retry-After: 30\r\n", &Value::Null)]);
    let busy = tokio::time::timeout(Duration::from_secs(5), diagnose(&good, None)).await.unwrap();
    assert_eq!(busy.finding, EndpointFinding::TooMany);
    assert!(busy.detail.contains("30 s"), "{busy:?}");
    endpoint.reply([Reply::raw(&["data: hello\n\n"])]);
    assert_eq!(diagnose(&good, None).await.finding, EndpointFinding::NotUnderstood);

    endpoint.want_key();
    assert_eq!(diagnose(&good, None).await.finding, EndpointFinding::KeyMissing);
    let wrong = diagnose(&good, Some("sk-wrong")).await;
    assert_eq!(wrong.finding, EndpointFinding::KeyWrong);
    assert!(wrong.detail.contains("Incorrect API key provided: Bearer …"), "{wrong:?}");
    assert_eq!(diagnose(&good, Some(KEY)).await.finding, EndpointFinding::Works);
}

#[tokio::test]
async fn a_host_that_is_not_there_is_told_apart_from_one_that_does_not_encrypt() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let nobody = diagnose(&model(&format!("http://127.0.0.1:{port}/v1")), None).await;
    assert_eq!(nobody.finding, EndpointFinding::HostUnreachable);
    assert_eq!(nobody.answered_ms, None);
    let plain = Endpoint::start().await;
    let plain = plain.address().replace("http://", "https://");
    assert_eq!(diagnose(&model(&plain), None).await.finding, EndpointFinding::TlsRefused);
}

#[tokio::test]
async fn the_models_of_an_endpoint_are_listed() {
    let endpoint = Endpoint::start().await;
    endpoint.want_key();
    let good = model(endpoint.address());
    let listed = remote(Some(KEY)).list(&good, None).await.unwrap();
    assert_eq!(listed, ["another", MODEL]);
    assert_eq!(endpoint.asked()[0].path, "/v1/models");
    let refused = remote(None).list(&good, None).await.unwrap_err();
    assert_eq!(refused.code, Code::AccessDenied);
    let astray = model(&endpoint.address().replace("/v1", ""));
    let missing = remote(Some(KEY)).list(&astray, None).await.unwrap_err();
    assert_eq!(missing.code, Code::NotFound);
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_key_is_in_no_log_however_much_is_logged() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let endpoint = Endpoint::start().await;
            let good = model(endpoint.address());
            assert_eq!(diagnose(&good, Some(KEY)).await.finding, EndpointFinding::Works);
            endpoint.reply([Reply::status(400, &json!({ "message": format!("by {KEY}") }))]);
            assert_eq!(diagnose(&good, Some(KEY)).await.finding, EndpointFinding::Refused);
            assert!(endpoint.asked().iter().all(|asked| asked.authorization.is_some()));
        });
    });
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("127.0.0.1"), "something is logged: {log}");
    assert!(!log.contains(KEY), "{log}");
}
