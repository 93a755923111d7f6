//! Profiles that are right, and the ways in which they are not: each has its
//! finding, and what to do.

use crate::{
    postgres::{PASSWORD, Postgres, SCHEMA},
    reached::of,
};
use nopenai_domain::{ConnectionProfile, SystemClock};
use nopenai_hana::{
    Class, Credentials, Diagnosis, Finding, Session, SessionFactory, deploy, diagnose,
    dialect::{Diagnostic, Hana, PostgreSql},
    find_driver,
};
use std::{net::TcpListener, path::Path};

fn finding(profile: ConnectionProfile, password: &str) -> Finding {
    found(profile, password).finding
}

fn found(profile: ConnectionProfile, password: &str) -> Diagnosis {
    let diagnosis = diagnose(&SessionFactory::new(of(profile, password)));
    assert!(!diagnosis.detail.contains(PASSWORD), "{}", diagnosis.detail);
    assert_eq!(diagnosis.advice.is_empty(), diagnosis.finding == Finding::Ready);
    diagnosis
}

#[test]
fn a_test_of_a_profile_says_what_is_wrong() {
    let postgres = Postgres::start();
    let profile = || postgres.profile();
    assert_eq!(finding(profile(), PASSWORD), Finding::SchemaMissing);
    let superuser = ConnectionProfile { user: "postgres".to_owned(), ..profile() };
    assert_eq!(finding(superuser, PASSWORD), Finding::PasswordWrong, "it has no password");
    assert_eq!(finding(profile(), "wrong"), Finding::PasswordWrong);
    assert_eq!(finding(profile(), ""), Finding::PasswordWrong);

    let other = ConnectionProfile { database: "none".to_owned(), ..profile() };
    assert_eq!(finding(other, PASSWORD), Finding::DatabaseMissing);
    let encrypted = ConnectionProfile { tls: true, ..profile() };
    assert_eq!(finding(encrypted, PASSWORD), Finding::TlsRefused);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = ConnectionProfile { port, ..profile() };
    assert_eq!(finding(nobody, PASSWORD), Finding::HostUnreachable);
    let nowhere = ConnectionProfile { host: "nowhere.invalid".to_owned(), ..profile() };
    assert_eq!(finding(nowhere, PASSWORD), Finding::HostUnreachable);

    deploy(&postgres.session(), SCHEMA, &SystemClock).unwrap();
    let ready = found(profile(), PASSWORD);
    assert_eq!(ready.finding, Finding::Ready);
    assert!(ready.server.unwrap().starts_with("PostgreSQL 1"));

    // A user who may only look, and one who may not even do that.
    let schema = SCHEMA.replace('"', "\"\"");
    postgres.sql_in("team", "CREATE ROLE reads LOGIN PASSWORD 'r'");
    postgres.sql_in("team", &format!("GRANT USAGE ON SCHEMA \"{schema}\" TO reads"));
    postgres.sql_in("team", &format!("GRANT SELECT ON ALL TABLES IN SCHEMA \"{schema}\" TO reads"));
    let reads = ConnectionProfile { user: "reads".to_owned(), ..profile() };
    assert_eq!(finding(reads, "r"), Finding::NoPrivilege);
    postgres.sql_in("team", "CREATE ROLE locked NOLOGIN PASSWORD 'l'");
    let locked = ConnectionProfile { user: "locked".to_owned(), ..profile() };
    assert_eq!(finding(locked, "l"), Finding::UserLocked);

    // A newer application has been here.
    let newer = format!("INSERT INTO \"{schema}\".schema_version VALUES (99, 1, 'newer')");
    postgres.sql_in("team", &newer);
    assert_eq!(finding(profile(), PASSWORD), Finding::SchemaNewer);
    let refused = deploy(&postgres.session(), SCHEMA, &SystemClock).unwrap_err();
    assert_eq!(refused.class, Class::Newer);
}

#[test]
fn a_server_that_is_not_one_is_said_so() {
    // It takes the connection and says nothing, or something else.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = std::io::Write::write_all(&mut stream.unwrap(), b"HTTP/1.1 400 No\r\n\r\n");
        }
    });
    let diagnosis = found(Postgres::profile_at(port), PASSWORD);
    assert!(matches!(diagnosis.finding, Finding::HostUnreachable | Finding::Failed));
}

#[test]
fn a_driver_that_is_missing_or_none_is_named() {
    let mut profile = Postgres::profile_at(5432);
    profile.driver = Some("/nowhere/libodbcHDB.so".to_owned());
    let error = find_driver(&profile, None).unwrap_err();
    assert_eq!(error.class, Class::DriverMissing);
    assert!(error.message.contains("/nowhere/libodbcHDB.so"));

    let hana = ConnectionProfile {
        kind: nopenai_domain::ServerKind::Hana,
        driver: None,
        ..profile.clone()
    };
    let error = find_driver(&hana, Some(Path::new("/home/me"))).unwrap_err();
    assert!(error.message.contains("/home/me/sap/hdbclient/libodbcHDB"), "{error}");

    // A file that is no driver.
    let file = tempfile::NamedTempFile::new().unwrap();
    profile.driver = Some(file.path().display().to_string());
    let driver = find_driver(&profile, None).unwrap();
    let password = nopenai_secrets::Secret::new("p".to_owned());
    let error = Session::open(&Credentials { profile, password, driver }).err().unwrap();
    assert_eq!(error.class, Class::DriverMissing, "{error}");
}

/// Every native number of SAP HANA that we know, and what it leads to.
#[test]
fn every_hana_error_has_its_class() {
    let class = |native: i32, message: &str| {
        let message = message.to_owned();
        let diagnostic = Diagnostic { native, state: "HY000".to_owned(), message };
        diagnostic.classified(&Hana).class
    };
    let of = |natives: &[i32]| -> Vec<Class> {
        let mut classes: Vec<Class> = natives.iter().map(|native| class(*native, "x")).collect();
        classes.dedup();
        classes
    };
    assert_eq!(of(&[-10709, -10807, -10735, 597, 1888, 18]), [Class::Connection]);
    assert_eq!(of(&[16, 129, 131, 132, 133, 138, 142, 143, 145, 146, 149]), [Class::Transaction]);
    assert_eq!(of(&[4, 613]), [Class::Busy]);
    let never = [
        10, 139, 257, 258, 259, 260, 261, 266, 274, 288, 289, 301, 339, 362, 397, 414, 415, 416,
        461, 462,
    ];
    for native in never {
        assert!(!class(native, "x").is_transient(), "{native}");
        assert!(!class(native, "x").ends_connection(), "{native}");
    }
    assert_eq!(class(10, "authentication failed"), Class::PasswordWrong);
    assert_eq!(class(414, "user is forced to change password"), Class::PasswordExpired);
    assert_eq!(of(&[415, 416]), [Class::UserLocked]);
    assert_eq!(class(258, "insufficient privilege"), Class::NoPrivilege);
    assert_eq!(of(&[259, 362]), [Class::Missing]);
    assert_eq!(of(&[288, 289]), [Class::Exists]);
    assert_eq!(of(&[301, 461]), [Class::Constraint]);
    assert_eq!(of(&[274, 339]), [Class::Value]);
    let words = [
        (
            "Connection failed (RTE:[89006] System call 'connect' failed, rc=111:Connection refused)",
            Class::Unreachable,
        ),
        (
            "Connection failed (RTE:[300015] SSL certificate validation failed: host name)",
            Class::CertificateNotTrusted,
        ),
        ("Connection failed (RTE:[300010] Cannot create SSL context)", Class::TlsRefused),
        ("Connection failed (RTE:[89013] Socket closed by peer)", Class::Connection),
    ];
    for (message, expected) in words {
        assert_eq!(class(-10709, message), expected, "{message}");
    }
}

#[test]
fn every_postgresql_state_has_its_class() {
    let class = |state: &str, message: &str| {
        let (state, message) = (state.to_owned(), message.to_owned());
        Diagnostic { native: 1, state, message }.classified(&PostgreSql).class
    };
    let states = [
        ("28P01", Class::PasswordWrong),
        ("42501", Class::NoPrivilege),
        ("25006", Class::NoPrivilege),
        ("3F000", Class::Missing),
        ("42P01", Class::Missing),
        ("42P07", Class::Exists),
        ("40001", Class::Transaction),
        ("40P01", Class::Transaction),
        ("53300", Class::Busy),
        ("53100", Class::Busy),
        ("57P01", Class::Connection),
        ("57P03", Class::Busy),
        ("08006", Class::Connection),
        ("57014", Class::Cancelled),
        ("23505", Class::Constraint),
        ("22001", Class::Value),
        ("22P05", Class::Value),
        ("IM002", Class::DriverMissing),
    ];
    for (state, expected) in states {
        assert_eq!(class(state, "x"), expected, "{state}");
    }
    let words = "server closed the connection unexpectedly";
    assert_eq!(class("HY000", words), Class::Connection);
    assert_eq!(class("08S01", words), Class::Connection);
}
