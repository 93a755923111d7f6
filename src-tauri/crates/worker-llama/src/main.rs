//! The executable of the worker with llama.cpp.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use nopenai_domain::processor;
use nopenai_worker_llama::{LlamaEngine, requantize};
use std::process::ExitCode;

/// Runs before every constructor: those of the libraries already use AVX.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[allow(unsafe_code)]
#[used]
#[unsafe(link_section = ".preinit_array")]
static REFUSE_OLDER_PROCESSORS: unsafe extern "C" fn() = processor::refuse_older;

/// Speaks the worker protocol; or, as `requantize FROM TO FORM`, writes a
/// model's file anew.
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["requantize", from, to, form] = words[..] {
        return match requantize(from, to, form) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error:#}");
                ExitCode::FAILURE
            }
        };
    }
    nopenai_serving::run::<LlamaEngine>("nopenai-worker-llama")
}
