//! Against a real keyring daemon, on a session bus of its own, and without one.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use nopenai_domain::Code;
use nopenai_secrets::{Given, Name, Origin, Secret, Secrets};
use std::{env, fs, process::Command, sync::Arc};

const SESSION: &str = "NOPENAI_TEST_SESSION";
const TOKEN: Name = Name::new("test-token").or_variable("TEST_TOKEN");

/// Whether this is within a session of its own; outside, runs `test` in one,
/// with a keyring daemon or without.
fn within_session(test: &str, daemon: bool) -> bool {
    if env::var_os(SESSION).is_some() {
        return true;
    }
    let home = tempfile::tempdir().unwrap();
    // The daemon is there a moment after it says so.
    let script = if daemon {
        r#"printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null
        until dbus-send --session --print-reply --dest=org.freedesktop.DBus / \
            org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets | grep -q true
        do sleep 0.05; done; exec "$0" "$@""#
    } else {
        r#"exec "$0" "$@""#
    };
    let bus = home.path().join("bus.conf");
    fs::write(&bus, include_str!("../../../../tests/src/session-bus.conf")).unwrap();
    let mut session = Command::new("dbus-run-session");
    let ended = session
        .arg("--config-file")
        .arg(bus)
        .args(["--", "sh", "-c", script])
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(SESSION, "1")
        .env("HOME", home.path())
        .env("XDG_DATA_HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .status()
        .unwrap();
    assert!(ended.success(), "within the session: {ended}");
    false
}

fn secrets() -> Secrets {
    Secrets::new(Given::nothing(), "nopenai-test")
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

#[tokio::test]
async fn a_secret_is_kept_replaced_and_removed() {
    if !within_session("a_secret_is_kept_replaced_and_removed", true) {
        return;
    }
    assert_eq!(secrets().find(TOKEN).await.unwrap(), None);
    secrets().clear(TOKEN).await.unwrap();
    for text in ["hf_first", "hf_second, with ümläuts and 🔑"] {
        secrets().set(TOKEN, secret(&format!("  {text}\n"))).await.unwrap();
        let found = secrets().find(TOKEN).await.unwrap();
        assert_eq!(found, Some((Origin::Keyring, secret(text))));
    }
    let other = Name::new("other-token");
    assert_eq!(secrets().find(other).await.unwrap(), None);
    // Another program of the session can't take it for its own.
    let elsewhere = Secrets::new(Given::nothing(), "something-else");
    assert_eq!(elsewhere.find(TOKEN).await.unwrap(), None);
    secrets().clear(TOKEN).await.unwrap();
    assert_eq!(secrets().find(TOKEN).await.unwrap(), None);

    for bad in ["", "  ", "two\nlines", &"x".repeat(20_000)] {
        let error = secrets().set(TOKEN, secret(bad)).await.unwrap_err();
        assert_eq!(error.code, Code::InvalidInput, "{bad:?}");
    }
}

#[tokio::test]
async fn without_a_keyring_that_is_told() {
    if !within_session("without_a_keyring_that_is_told", false) {
        return;
    }
    let error = secrets().find(TOKEN).await.unwrap_err();
    assert_eq!(error.code, Code::KeyringUnavailable);
    assert!(error.message.contains("environment variable"), "{error}");
    let error = secrets().set(TOKEN, secret("hf_abc")).await.unwrap_err();
    assert_eq!(error.code, Code::KeyringUnavailable);
    assert!(!format!("{error:?}").contains("hf_abc"));
}

#[tokio::test]
async fn what_is_given_from_outside_comes_first_and_is_only_read() {
    let folder = tempfile::tempdir().unwrap();
    let of = |folder, variable: Option<&'static str>| {
        let variable = move |name: &str| {
            variable.filter(|asked| *asked == name).map(|_| "from a variable".to_owned())
        };
        Secrets::new(Given { folder, variable: Arc::new(variable) }, "nopenai-test")
    };
    for variable in ["TEST_TOKEN", "NOPENAI_SECRET_TEST_TOKEN"] {
        let (origin, found) = of(None, Some(variable)).find(TOKEN).await.unwrap().unwrap();
        assert_eq!(origin, Origin::Variable { name: variable.to_owned() });
        assert_eq!(found.expose(), "from a variable");
    }
    let path = folder.path().join("test-token");
    fs::write(&path, "from a file\n").unwrap();
    let both = of(Some(folder.path().to_owned()), Some("TEST_TOKEN"));
    let (origin, found) = both.find(TOKEN).await.unwrap().unwrap();
    assert_eq!(origin, Origin::File { path: path.display().to_string() });
    assert_eq!(found.expose(), "from a file");
    let error = both.set(TOKEN, secret("hf_abc")).await.unwrap_err();
    assert!(error.message.contains("test-token"), "{error}");
    assert_eq!(both.clear(TOKEN).await.unwrap_err().code, Code::InvalidInput);

    fs::write(&path, vec![b'x'; 20_000]).unwrap();
    assert_eq!(both.find(TOKEN).await.unwrap_err().code, Code::FileUnavailable);
}
