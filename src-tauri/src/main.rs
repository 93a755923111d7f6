//! The window of nOpenai Studio: set-up, and the bridge from its commands to
//! the operations of `nopenai-studio`. Nothing else.
#![cfg_attr(windows, windows_subsystem = "windows")]

mod arguments;
mod bridge;
mod link;
mod native;
mod placement;
mod window;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use nopenai_studio::processor;
use std::process::ExitCode;

/// Runs before every constructor: those of the libraries already use AVX.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[allow(unsafe_code)]
#[used]
#[unsafe(link_section = ".preinit_array")]
static REFUSE_OLDER_PROCESSORS: unsafe extern "C" fn() = processor::refuse_older;

fn main() -> ExitCode {
    let arguments = match arguments::parse(std::env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}\n\n{}", arguments::USAGE);
            return ExitCode::from(2);
        }
    };
    if arguments.version {
        println!("nopenai-studio {}", env!("CARGO_PKG_VERSION"));
        return ExitCode::SUCCESS;
    }
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("NOPENAI_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")),
        )
        .init();
    let ended = match arguments.restore.clone() {
        Some(backup) => window::restore(arguments, &backup),
        None => window::run(arguments),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nOpenai Studio could not start: {error:#}");
            ExitCode::FAILURE
        }
    }
}
