//! What axe-core (the field's accessibility checker) finds in the window.

use crate::desktop::Desktop;
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;

/// Checks by WCAG 2.2 A and AA, and by what browsers are known to need.
const CHECK: &str = "const done = arguments[0];
    axe.run(document, {
        resultTypes: ['violations'],
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }).then(({ violations }) => done(violations), (error) => done(String(error)));";

/// What OpenUI5 1.152 renders so, which an application can't change: the rule,
/// a part of the element, and why nobody is kept from anything.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "aria-required-children",
        "role=\"grid\"",
        "the header above a table's row actions stands in no row of its own",
    ),
    ("aria-required-parent", "-noDataCnt", "the text of an empty table is a cell without a row"),
    ("label-title-only", "aria-labelledby=", "its label is there for screen readers only"),
    ("aria-valid-attr-value", "-message-sr", "an error is announced when its popup opens"),
];

/// The serious and critical findings in what is shown now, each as one line.
///
/// # Errors
/// When axe-core is not installed, or does not run in the window.
pub async fn findings(desktop: &Desktop) -> Result<Vec<String>> {
    // The page's own policy forbids it to evaluate a text, as it should.
    if desktop.script("return !!window.axe", vec![]).await? == false {
        desktop.script(&axe()?, vec![]).await?;
    }
    let violations = desktop.script_async(CHECK, vec![]).await?;
    let violations = violations.as_array().with_context(|| format!("axe: {violations}"))?;
    Ok(violations.iter().filter(|found| is_serious(found)).filter_map(told).collect())
}

fn is_serious(found: &Value) -> bool {
    found["impact"] == "serious" || found["impact"] == "critical"
}

fn told(found: &Value) -> Option<String> {
    let rule = found["id"].as_str().unwrap_or_default();
    let nodes = found["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let unknown: Vec<_> = nodes.iter().filter(|node| !is_known(rule, node)).collect();
    let places: Vec<_> = unknown
        .iter()
        .take(3)
        .map(|node| format!("{} ({})", node["html"], node["failureSummary"]))
        .collect();
    let count = unknown.len();
    (count > 0)
        .then(|| format!("{rule}, {}, {count} times: {}", found["impact"], places.join("; ")))
}

fn is_known(rule: &str, node: &Value) -> bool {
    let element =
        format!("{}{}", node["html"].as_str().unwrap_or_default(), node["failureSummary"]);
    KNOWN.iter().any(|(known, part, _)| *known == rule && element.contains(part))
}

fn axe() -> Result<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file)
        .with_context(|| format!("{}: run `cargo xtask setup`", file.display()))
}
