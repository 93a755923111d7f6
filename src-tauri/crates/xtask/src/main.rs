//! The commands people type: `cargo xtask COMMAND`.

mod bench;
mod command;
mod debian;
mod digest;
mod gemma;
mod generate;
mod node;
mod pictures;
mod pip;
mod run;
mod setup;
mod soak;
mod starter;
mod test;
mod ui;
mod workspace;

use anyhow::{Result, bail};
use std::process::ExitCode;
use workspace::Workspace;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  setup              install what running and testing need, and the starter model
  run                set up, build and open the window; without a display, open it
                     on a virtual one, ask the starter model and print its answer
  test               everything that CI checks
  bench engine       our worker against mistral.rs called directly, and each runtime
                     against llama.cpp's llama-bench (NOPENAI_LLAMA_BENCH)
  bench startup      how soon the window is ready, and what it weighs
  bench store        the history with a million runs: written, searched, paged
  bench sync         the exchange with a team's database against other ways to load
  soak sync          200 rounds of kills and cut connections while rows are exchanged
  soak sync-million  a first exchange of 1,000,000 rows, killed and cut on the way
  soak engine        500 runs that are cancelled, killed and unloaded
  soak models        10,000 damaged models inspected, those that pass given to a worker
  hana-sql           every statement for SAP HANA, one a line
  generate           write docs/openapi.json and the UI's types from the operations
  generate --check   fail if one of them is stale
  pictures           copy the guides' pictures from the last end-to-end run

How the figures of `bench` are taken: docs/BENCHMARKS.md.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[&str]) -> Result<()> {
    if let [] | ["help" | "--help" | "-h"] = words {
        println!("{USAGE}");
        return Ok(());
    }
    let workspace = Workspace::find()?;
    match words {
        ["setup"] => setup::everything(&workspace),
        ["run"] => run::run(&workspace),
        ["test"] => test::test(&workspace),
        ["bench", "engine"] => bench::engine(&workspace),
        ["bench", "startup"] => bench::startup(&workspace),
        ["bench", "store"] => bench::store(&workspace),
        ["bench", "sync"] => bench::sync(&workspace),
        ["soak", "sync"] => soak::sync(&workspace),
        ["soak", "sync-million"] => soak::sync_million(&workspace),
        ["soak", "engine"] => soak::engine(&workspace),
        ["soak", "models"] => soak::models(&workspace),
        ["hana-sql"] => bench::hana_sql(&workspace),
        ["generate"] => generate::write(&workspace),
        ["pictures"] => pictures::take(&workspace),
        ["generate", "--check"] => generate::check(&workspace),
        _ => bail!("unknown command `{}`\n\n{USAGE}", words.join(" ")),
    }
}
