//! What axe-core (the field's accessibility checker) finds in the window.

use crate::desktop::Desktop;
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;

/// Checks by WCAG 2.2 A and AA, and by what browsers are known to need.
const CHECK: &str = "const done = arguments[arguments.length - 1];
    if (!window.axe) { (0, eval)(arguments[0]); }
    axe.run(document, {
        resultTypes: ['violations'],
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }).then(({ violations }) => done(violations), (error) => done(String(error)));";

/// The serious and critical findings in what is shown now, each as one line.
///
/// # Errors
/// When axe-core is not installed, or does not run in the window.
pub async fn findings(desktop: &Desktop) -> Result<Vec<String>> {
    let violations = desktop.script_async(CHECK, vec![axe()?.into()]).await?;
    let violations = violations.as_array().with_context(|| format!("axe: {violations}"))?;
    Ok(violations.iter().filter(|found| is_serious(found)).map(told).collect())
}

fn is_serious(found: &Value) -> bool {
    found["impact"] == "serious" || found["impact"] == "critical"
}

fn told(found: &Value) -> String {
    let nodes = found["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let places: Vec<_> = nodes
        .iter()
        .take(3)
        .map(|node| format!("{} ({})", node["html"], node["failureSummary"]))
        .collect();
    format!(
        "{}, {}, {} times: {}",
        found["id"].as_str().unwrap_or_default(),
        found["impact"].as_str().unwrap_or_default(),
        nodes.len(),
        places.join("; ")
    )
}

fn axe() -> Result<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file)
        .with_context(|| format!("{}: run `cargo xtask setup`", file.display()))
}
