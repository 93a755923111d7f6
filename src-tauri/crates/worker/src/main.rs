//! The worker's executable.

use nopenai_domain::processor;
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(feature) = processor::missing_feature() {
        eprintln!("{}", processor::refusal(feature));
        return ExitCode::FAILURE;
    }
    start()
}

/// Kept out of `main`, whose code must run on any processor.
#[inline(never)]
fn start() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("--version") {
        println!("nopenai-worker {}", env!("CARGO_PKG_VERSION"));
        return ExitCode::SUCCESS;
    }
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::WARN)
        .with_ansi(false)
        .init();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let result = runtime
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(nopenai_worker::serve()));
    match result {
        // The engine's threads may still compute: leave without waiting for them.
        Ok(()) => std::process::exit(0),
        Err(error) => {
            tracing::error!("{error:#}");
            std::process::exit(1)
        }
    }
}
