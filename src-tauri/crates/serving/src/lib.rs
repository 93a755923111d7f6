//! The engine's side of the worker protocol: what every engine shares.
//!
//! A worker is a process with one model in it. [`run`] is its `main`: it
//! speaks the protocol on standard input and output and ends when its input
//! does. What computes is an [`Engine`]; how tokens are drawn, where an answer
//! is cut, when a prompt is too long, and what is told of it, is the same for
//! all of them.

mod answer;
mod engine;
mod load;
mod memory;
mod process;
mod room;
mod sampler;
mod session;
mod stdio;
mod stop;

pub use answer::Answer;
pub use engine::{End, Engine, Request};
pub use load::Progress;
pub use memory::{of_process, status_bytes};
pub use process::run;
pub use room::room;
pub use sampler::SeededSampler;

use nopenai_domain::{Code, Error};

/// A run's failure for a reason of the engine's own.
pub fn engine_failed(reason: impl std::fmt::Display) -> Error {
    Error::new(Code::EngineFailed, format!("The engine failed: {reason}"))
}
