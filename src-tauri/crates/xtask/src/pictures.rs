//! `pictures`: what the guides show is what the end-to-end tests saw.

use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::path::Path;

/// Copies each picture that a guide names (`docs/images/NAME.png`) from where
/// the last end-to-end run left it (`target/e2e/NAME.png`).
pub fn take(workspace: &Workspace) -> Result<()> {
    let names = named(workspace)?;
    ensure!(!names.is_empty(), "no guide names a picture");
    for name in names {
        let from = workspace.target.join("e2e").join(&name);
        let to = workspace.root.join("docs/images").join(&name);
        std::fs::copy(&from, &to)
            .with_context(|| format!("{}: run `cargo xtask test` before", from.display()))?;
        println!("{name}");
    }
    Ok(())
}

fn named(workspace: &Workspace) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for guide in ["README.md", "docs/USER_GUIDE.md"] {
        let text = read(&workspace.root.join(guide))?;
        let pictures = text.split("images/").skip(1).filter_map(|rest| rest.split_once(".png"));
        names.extend(pictures.map(|(name, _)| format!("{name}.png")));
    }
    Ok(names)
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}
