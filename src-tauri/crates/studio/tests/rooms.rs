//! The law of the rooms (docs/DEVELOPER_GUIDE.md): who may depend on whom.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use serde_json::Value;
use std::{collections::BTreeMap, process::Command};

/// Room → rooms it may use directly. The root package is `desktop`.
const MAY_USE: &[(&str, &[&str])] = &[
    ("desktop", &["studio"]),
    (
        "studio",
        &[
            "observability",
            "experiments",
            "hana",
            "inference",
            "models",
            "remote",
            "runtime",
            "secrets",
            "store",
            "protocol",
            "domain",
        ],
    ),
    ("observability", &["domain", "store"]),
    ("experiments", &["domain", "store"]),
    ("inference", &["domain", "store", "runtime", "models", "remote", "protocol", "template"]),
    ("hana", &["domain", "secrets", "store"]),
    ("models", &["domain", "secrets", "store"]),
    ("remote", &["domain", "secrets"]),
    ("runtime", &["domain", "protocol"]),
    ("secrets", &["domain"]),
    ("store", &["domain"]),
    ("protocol", &["domain"]),
    ("domain", &[]),
    ("template", &["domain"]),
    ("serving", &["protocol", "domain"]),
    ("worker", &["serving", "protocol", "template", "domain"]),
    ("worker-llama", &["serving", "protocol", "template", "domain"]),
    // The journeys make a store with a past before the application opens it.
    ("tests", &["domain", "store"]),
    ("xtask", &[]),
];

/// Crate → the only packages that may depend on it directly.
const ONLY: &[(&str, &[&str])] = &[
    ("tauri", &["desktop"]),
    ("mistralrs", &["worker"]),
    ("mistralrs-core", &[]),
    ("candle-core", &["worker"]),
    ("llama-cpp-2", &["worker-llama"]),
    ("llama-cpp-sys-2", &["worker-llama"]),
    ("odbc-api", &["hana"]),
    ("rusqlite", &["store"]),
    ("keyring", &["secrets"]),
    ("zbus", &["secrets"]),
];

/// Package → its direct dependencies for running (not for its tests).
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let room = |name: &Value| {
        let name = name.as_str().unwrap();
        name.strip_prefix("nopenai-").unwrap_or(name).to_owned()
    };
    let dependencies_of = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        all.filter(|dependency| dependency["kind"].is_null())
            .map(|dependency| room(&dependency["name"]))
            .collect()
    };
    let packages = metadata["packages"].as_array().unwrap();
    packages.iter().map(|package| (room(&package["name"]), dependencies_of(package))).collect()
}

#[test]
fn every_room_uses_only_what_it_may() {
    let dependencies = dependencies();
    let rooms: Vec<&String> = dependencies.keys().collect();
    for (room, uses) in &dependencies {
        let (_, may_use) = MAY_USE
            .iter()
            .find(|(name, _)| name == room)
            .unwrap_or_else(|| panic!("{room} is not in the law: add it, with what it may use"));
        for used in uses.iter().filter(|used| rooms.contains(used)) {
            assert!(may_use.contains(&used.as_str()), "{room} must not use {used}");
        }
    }
}

#[test]
fn heavy_crates_stay_in_their_rooms() {
    for (room, uses) in dependencies() {
        for (krate, rooms) in ONLY {
            if uses.iter().any(|used| used == krate) {
                assert!(rooms.contains(&room.as_str()), "{room} must not use {krate}");
            }
        }
    }
}
