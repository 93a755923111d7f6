//! The worker's executable.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use nopenai_domain::processor;
use std::process::ExitCode;

/// Runs before every constructor: those of the libraries already use AVX.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[allow(unsafe_code)]
#[used]
#[unsafe(link_section = ".preinit_array")]
static REFUSE_OLDER_PROCESSORS: unsafe extern "C" fn() = processor::refuse_older;

fn main() -> ExitCode {
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
