//! What a worker's executable does.

use crate::{Engine, session};
use std::process::ExitCode;
use tracing::{Level, Subscriber};
use tracing_subscriber::{
    Layer, filter::LevelFilter, layer::SubscriberExt, registry::LookupSpan, util::SubscriberInitExt,
};

/// Serves the studio with an engine until it hangs up; with the argument
/// `--version` says which `program` this is. Warnings and errors go to standard
/// error.
pub fn run<E: Engine>(program: &str) -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("--version") {
        println!("{program} {}", env!("CARGO_PKG_VERSION"));
        return ExitCode::SUCCESS;
    }
    tracing_subscriber::registry().with(log()).init();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let result = runtime
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(session::serve::<E>()));
    match result {
        // The engine's threads may still compute: leave without waiting for them.
        Ok(()) => std::process::exit(0),
        Err(error) => {
            tracing::error!("{error:#}");
            std::process::exit(1)
        }
    }
}

fn log<S: Subscriber + for<'a> LookupSpan<'a>>() -> impl Layer<S> {
    tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_filter(LevelFilter::from_level(Level::WARN))
}
