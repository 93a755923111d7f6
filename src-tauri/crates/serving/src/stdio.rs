//! The two ends of the protocol's pipe.

use tokio::fs::File;

/// The protocol's input.
pub fn input() -> tokio::io::Stdin {
    tokio::io::stdin()
}

/// The protocol's output: the process's standard output, taken away from it.
/// Whatever a library prints goes to the log instead of between two frames.
#[cfg(unix)]
pub fn take_output() -> anyhow::Result<File> {
    let pipe = rustix::io::dup(rustix::stdio::stdout())?;
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    Ok(File::from_std(pipe.into()))
}

/// The protocol's output.
#[cfg(not(unix))]
pub fn take_output() -> anyhow::Result<tokio::io::Stdout> {
    Ok(tokio::io::stdout())
}
