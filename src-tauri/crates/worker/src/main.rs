//! The worker's executable.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use nopenai_domain::processor;
use nopenai_worker::model::LoadedEngine;
use std::process::ExitCode;

/// Runs before every constructor: those of the libraries already use AVX.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[allow(unsafe_code)]
#[used]
#[unsafe(link_section = ".preinit_array")]
static REFUSE_OLDER_PROCESSORS: unsafe extern "C" fn() = processor::refuse_older;

fn main() -> ExitCode {
    nopenai_serving::run::<LoadedEngine>("nopenai-worker")
}
