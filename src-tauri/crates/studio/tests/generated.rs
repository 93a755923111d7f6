//! docs/openapi.json is made from the operations, and so are the interface's
//! types. `cargo xtask generate` writes both.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use nopenai_studio::{openapi_document, operations};
use std::{collections::BTreeSet, fs};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/openapi.json");

#[test]
fn openapi_is_current() {
    let document = serde_json::to_string_pretty(&openapi_document()).unwrap() + "\n";
    if std::env::var_os("NOPENAI_GENERATE").is_some() {
        fs::write(FILE, &document).unwrap();
    }
    let stored = fs::read_to_string(FILE).unwrap_or_default();
    assert!(stored == document, "docs/openapi.json is stale: run `cargo xtask generate`");
}

#[test]
fn every_operation_has_a_name_a_route_and_a_description_of_its_own() {
    let mut names = BTreeSet::new();
    let mut routes = BTreeSet::new();
    let document = openapi_document();
    for entry in operations::all() {
        assert!(names.insert(entry.name), "{} is declared twice", entry.name);
        let method = format!("{:?}", entry.route.method).to_lowercase();
        assert!(
            routes.insert((method.clone(), entry.route.path)),
            "{} has no route of its own",
            entry.name
        );
        let operation = &document["paths"][entry.route.path][&method];
        assert_eq!(operation["operationId"], entry.name);
        assert!(operation["description"].as_str().unwrap().len() > 10, "{}", entry.name);
        assert_eq!(operations::find(entry.name).unwrap().name, entry.name);
    }
    assert!(names.len() >= 12);
}
