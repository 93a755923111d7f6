//! Encryption: a server with a certificate, and every way in which it isn't
//! trusted or not wanted.

use crate::{
    fixture::Workstation,
    postgres::{PASSWORD, Postgres, SCHEMA},
    reached::of,
};
use nopenai_domain::{ConnectionProfile, SystemClock};
use nopenai_hana::{
    Connect, Diagnosis, Finding, Limits, Pool, SessionFactory, deploy, diagnose,
    sync::{Remote, Server},
};
use nopenai_store::sync::{ColumnType, Value};
use std::{path::Path, process::Command, sync::Arc};
use tempfile::TempDir;

fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// `NAME.pem` and `NAME.key`, signed by itself, for `localhost` alone.
fn certificate(folder: &Path, name: &str) {
    let (key, pem) = (format!("{name}.key"), format!("{name}.pem"));
    let new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", &key];
    let of = ["-out", &pem, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    openssl(folder, &[&new[..], &of].concat());
}

struct Encrypted {
    postgres: Postgres,
    files: TempDir,
}

impl Encrypted {
    fn start() -> Self {
        let files = tempfile::tempdir().unwrap();
        certificate(files.path(), "other");
        let postgres = Postgres::start_with(|folder| {
            certificate(folder, "server");
            for file in ["server.key", "server.pem"] {
                Postgres::hand_over(&folder.join(file));
            }
            std::fs::copy(folder.join("server.pem"), files.path().join("ca.pem")).unwrap();
            let at = folder.display();
            format!("-c ssl=on -c ssl_cert_file={at}/server.pem -c ssl_key_file={at}/server.key")
        });
        Self { postgres, files }
    }

    /// A profile that verifies the server, by a trust store of these files.
    fn profile(&self, trust_store: Option<&str>) -> ConnectionProfile {
        let path = |name: &str| self.files.path().join(name).display().to_string();
        ConnectionProfile {
            host: "localhost".to_owned(),
            tls: true,
            validate_certificate: true,
            trust_store: trust_store.map(path),
            ..self.postgres.profile()
        }
    }
}

fn found(profile: ConnectionProfile) -> Diagnosis {
    diagnose(&SessionFactory::new(of(profile, PASSWORD)))
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_go_encrypted_to_a_server_that_is_trusted() {
    let server = Encrypted::start();
    let profile = server.profile(Some("ca.pem"));
    assert_eq!(found(profile.clone()).finding, Finding::SchemaMissing, "it was reached");
    let factory = SessionFactory::new(of(profile.clone(), PASSWORD));
    let session = factory.connect().unwrap();
    deploy(&session, SCHEMA, &SystemClock).unwrap();
    assert_eq!(found(profile).finding, Finding::Ready);
    let encrypted = "SELECT CAST(ssl AS INT) FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let found = session.value(encrypted, &[], ColumnType::Integer).unwrap();
    assert_eq!(found, Some(Value::Integer(1)));

    let person = Workstation::new();
    person.save_mode("m", "m").await;
    let remote: Arc<dyn Server> = Arc::new(Remote::new(Pool::new(factory, Limits::default())));
    assert_eq!(person.sync(&remote).await.unwrap().pushed, 1);
}

#[test]
fn a_certificate_that_is_not_trusted_is_said_so() {
    let server = Encrypted::start();
    let wrong_host =
        ConnectionProfile { host: "127.0.0.1".to_owned(), ..server.profile(Some("ca.pem")) };
    let cases = [
        ("no trust store", server.profile(None)),
        ("another one's", server.profile(Some("other.pem"))),
        ("a file that isn't there", server.profile(Some("none.pem"))),
        ("another host's name", wrong_host),
    ];
    for (case, profile) in cases {
        let diagnosis = found(profile);
        assert_eq!(diagnosis.finding, Finding::CertificateNotTrusted, "{case}: {diagnosis:?}");
        assert!(diagnosis.advice.contains("not trusted") && !diagnosis.detail.is_empty());
    }
    // Encrypted, by whoever answers: what the person chose.
    let anybody = ConnectionProfile { validate_certificate: false, ..server.profile(None) };
    assert_eq!(found(anybody).finding, Finding::SchemaMissing);
}

#[test]
fn encryption_that_one_side_refuses_is_said_so() {
    let plain = Postgres::start();
    let encrypted = ConnectionProfile { tls: true, ..plain.profile() };
    assert_eq!(found(encrypted).finding, Finding::TlsRefused, "the server has none");
    drop(plain);

    let server = Encrypted::start();
    server.postgres.only_encrypted();
    let profile = ConnectionProfile { tls: false, ..server.profile(None) };
    assert_eq!(found(profile).finding, Finding::TlsRefused, "the server wants it");
    assert_eq!(found(server.profile(Some("ca.pem"))).finding, Finding::SchemaMissing);
}
