//! The window of nOpenai Studio: set-up, and the bridge from its commands to
//! the operations of `nopenai-studio`. Nothing else.
#![cfg_attr(windows, windows_subsystem = "windows")]

mod arguments;
mod bridge;
mod window;

use nopenai_studio::processor;
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
    match window::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nOpenai Studio could not start: {error:#}");
            ExitCode::FAILURE
        }
    }
}
