//! The process that does mathematics. It speaks the worker protocol on its
//! standard input and output and ends when its input does.

mod engine;
mod generate;
pub mod load;
mod sampler;
mod stdio;

pub use engine::serve;
